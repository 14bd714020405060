"""Files that a remote repository does not hold: fetched, checked, passed on, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.metadata import read_metadata
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.following import HELD_BACK
from devpi_artifactory_compat.repositories.following import PIECE_SIZE
from devpi_artifactory_compat.repositories.following import SLACK_SECS
from devpi_artifactory_compat.repositories.following import Download
from devpi_artifactory_compat.repositories.following import Reader
from devpi_artifactory_compat.repositories.remote_ports import ReceivedFile
from devpi_artifactory_compat.repositories.remote_ports import RemoteCache
from devpi_artifactory_compat.repositories.remote_ports import Upstream
from devpi_artifactory_compat.repositories.promises import check_promises
from devpi_artifactory_compat.repositories.verification import Verification
from typing import BinaryIO
import hashlib
import io


class FileFetch:
    """One file of an upstream, for one request; of a project, whose distributions are looked at."""

    def __init__(
        self,
        config: RepositoryConfig,
        cache: RemoteCache,
        upstream: Upstream,
        *,
        path: str,
        file: UpstreamFile,
        project: NormalizedName | None,
    ) -> None:
        self._config = config
        self._cache = cache
        self._upstream = upstream
        self._path = path
        self._file = file
        self._project = project

    def content(self) -> Content:
        keeps = self._config.get_bool("storeArtifactsLocally")
        return Content(
            filename=self._file.filename,
            size=self._file.size,
            modified=self._file.upload_time,
            checksums=self._file.hashes,
            stream=self._follow if keeps else self._pass_on,
            store=self._keep if keeps else self._collect,
            # what is not kept is no artifact here
            note_download=self._cache.download_note(self._path) if keeps else None,
        )

    def metadata(self) -> bytes | None:
        """The metadata inside a wheel; None when it has none that can be used."""
        content = self.content()
        assert content.store is not None
        stored = content.store()
        assert stored.open is not None
        with stored.open() as wheel:
            return wheel_metadata(self._file.filename, wheel)

    # shared by all who want it at the same time

    def _find(self) -> Reader | Content:
        # only one request at a time finds out that nobody fetches the file
        with self._cache.lock(self._path):
            reader = self._cache.follow_download(self._path)
            if reader is not None:
                return reader
            # it may have come since this request began
            self._cache.refresh()
            stored = self._cache.content(self._path)
            if stored is not None:
                return stored
            patience = self._config.get_int("socketTimeoutMillis") / 1000 + SLACK_SECS
            return self._cache.start_download(self._path, self._fetch, patience=patience)

    def _follow(self) -> Stream:
        found = self._find()
        if isinstance(found, Reader):
            return Stream(size=found.size(), chunks=found)
        return Stream(size=found.size, chunks=_pieces(found))

    def _keep(self) -> Content:
        found = self._find()
        return self._kept(found) if isinstance(found, Reader) else found

    def _kept(self, reader: Reader) -> Content:
        """What the download of a reader has stored."""
        reader.wait()
        self._cache.refresh()
        found = self._cache.content(self._path)
        if found is None:
            raise UpstreamError(f"'{self._file.filename}' could not be kept.")
        return found

    def _fetch(self, download: Download) -> None:
        """In the thread of the download."""
        stream = self._open()
        verification = Verification(self._file, stream.size)
        download.begin(stream.size)
        for chunk in stream.chunks:
            verification.update(chunk)
            download.write(chunk)
        checksums, size = verification.finish()
        received = ReceivedFile(
            file=download.file,
            size=size,
            checksums=checksums,
            metadata=self._look_at(download.file, size),
            modified=stream.modified,
        )
        self._cache.save_file(self._path, self._file, self._project, received)

    def _look_at(self, file: ArrivingFile, size: int) -> CoreMetadata | None:
        """The metadata in a file that is as it was promised. Raises UpstreamError."""
        if self._project is None:
            return None
        with file.open() as body:
            check_promises(self._file, body, size=size)
            body.seek(0)
            return distribution_metadata(self._file.filename, body)

    def _open(self) -> Stream:
        stream = self._ask()
        if stream is None:
            raise ArtifactNotFound(self._config.key, self._path)
        return stream

    def _ask(self) -> Stream | None:
        return self._upstream.open(self._file.url)

    # for this request alone, and not kept

    def _pass_on(self) -> Stream:
        stream = self._open()
        return Stream(size=stream.size, chunks=self._checked(stream))

    def _checked(self, stream: Stream) -> Iterator[bytes]:
        verification = Verification(self._file, stream.size)
        held = bytearray()
        for chunk in stream.chunks:
            verification.update(chunk)
            held += chunk
            ready = len(held) - HELD_BACK
            if ready > 0:
                yield bytes(held[:ready])
                del held[:ready]
        verification.finish()
        if held:
            yield bytes(held)

    def _collect(self) -> Content:
        return self._collected(self._open())

    def _collected(self, stream: Stream) -> Content:
        verification = Verification(self._file, stream.size)
        target = self._cache.new_file()
        try:
            for chunk in stream.chunks:
                verification.update(chunk)
                target.write(chunk)
            checksums, size = verification.finish()
            self._look_at(target, size)
            body = target.open()
        finally:
            target.discard()
        return Content(
            filename=self._file.filename,
            size=size,
            modified=self._file.upload_time,
            checksums={
                "md5": checksums.md5,
                "sha1": checksums.sha1,
                "sha256": checksums.sha256,
            },
            open=lambda: body,
        )


def _pieces(content: Content) -> Iterator[bytes]:
    assert content.open is not None
    with content.open() as body:
        while piece := body.read(PIECE_SIZE):
            yield piece


def distribution_metadata(filename: str, file: BinaryIO) -> CoreMetadata | None:
    """The metadata inside a distribution; None for other files, and for one that has none."""
    try:
        return read_metadata(file, parse_distribution(filename))
    except InvalidUpload:
        # the upstream's file is passed on as it is: judging it is for installers
        return None


def wheel_metadata(filename: str, file: BinaryIO) -> bytes | None:
    """The metadata inside a wheel; None for other files, and for a wheel that has none."""
    metadata = distribution_metadata(filename, file) if filename.endswith(".whl") else None
    return None if metadata is None else metadata.raw


def small_content(filename: str, body: bytes) -> Content:
    """A body in memory."""
    return Content(
        filename=filename,
        size=len(body),
        modified=None,
        checksums={"sha256": hashlib.sha256(body).hexdigest()},
        open=lambda: io.BytesIO(body),
    )
