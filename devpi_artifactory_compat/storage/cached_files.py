"""What a remote repository downloads, given to devpi as its own mirror would have stored it."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.filenames import version_of
from devpi_artifactory_compat.packages.generated_properties import generated_properties
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.arriving import remove_leftovers
from devpi_artifactory_compat.repositories.remote_ports import ReceivedFile
from devpi_artifactory_compat.storage import blobs
from devpi_artifactory_compat.storage.records import Arrival
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import timestamp
from devpi_artifactory_compat.storage.urls import public_url
from devpi_common.url import URL
from devpi_server.filestore import Digests
from devpi_server.filestore import MutableFileEntry
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
import time


#: who brought a file that nobody uploaded
CACHE_USER = "anonymous"

#: beside the indexes of users in devpi's file store, whose names cannot begin with a plus sign:
#: on the same file system, so that a complete download is moved and not copied
DOWNLOADS_DIRECTORY = Path("+files", "+downloads")

#: a download that is under way is written to more often
LEFTOVER_SECS = 24 * 60 * 60.0


def new_file(xom: XOM) -> ArrivingFile:
    directory = xom.config.server_path / DOWNLOADS_DIRECTORY
    remove_leftovers(directory, older_than=time.time() - LEFTOVER_SECS)
    return ArrivingFile(directory)


class CachedFiles:
    """The files of one mirror."""

    def __init__(self, xom: XOM, user: str, index: str) -> None:
        self._xom = xom
        self._user = user
        self._index = index
        self._records = Records(xom, user, index)

    def save(
        self,
        path: str,
        upstream: UpstreamFile,
        project: NormalizedName | None,
        received: ReceivedFile,
    ) -> None:
        """In a transaction of its own, which is short: nothing is read or copied in it.

        Raises UpstreamError when the mirror is gone.
        """
        with self._xom.keyfs.write_transaction():
            # the index may be gone since the download began
            stage = self._xom.model.getstage(self._user, self._index)
            if not isinstance(stage, MirrorStage):
                raise UpstreamError(f"The repository of '{upstream.filename}' was removed.")
            if project is None:
                self._keep_plain(path, upstream, received)
                return
            entry = self._store(stage, upstream, project, received)
            self._keep(path, upstream, project, entry, received)

    def _keep_plain(self, path: str, upstream: UpstreamFile, received: ReceivedFile) -> None:
        """A file of no project: devpi only holds its bytes."""
        now = time.time()
        with received.file.open() as file:
            entry = blobs.store_blob(
                self._xom,
                user=self._user,
                index=self._index,
                filename=upstream.filename,
                sha256=received.checksums.sha256,
                file=file,
                source=received.file.path,
            )
        record = Record(
            path=path,
            project="",
            filename=upstream.filename,
            entry=entry,
            size=received.size,
            md5=received.checksums.md5,
            sha1=received.checksums.sha1,
            sha256=received.checksums.sha256,
            created=now,
            created_by=CACHE_USER,
            modified=timestamp(received.modified) or now,
            modified_by=CACHE_USER,
            state=ArtifactState.GENERIC.value,
            url=public_url(upstream.url),
        )
        self._records.save_record(record)

    def _store(
        self,
        stage: MirrorStage,
        upstream: UpstreamFile,
        project: NormalizedName,
        received: ReceivedFile,
    ) -> MutableFileEntry:
        """Give the file to devpi as its own mirror would have stored it."""
        link = devpi_link(upstream)
        entry = self._xom.filestore.maplink(link, stage.username, stage.index, project)
        set_content(entry, upstream, received)
        show_link(stage, project, upstream, entry, hash_spec=link.hash_spec)
        return entry

    def _keep(
        self,
        path: str,
        upstream: UpstreamFile,
        project: NormalizedName,
        entry: MutableFileEntry,
        received: ReceivedFile,
    ) -> None:
        now = time.time()
        metadata = received.metadata
        is_wheel = upstream.filename.endswith(".whl")
        record = Record(
            path=path,
            project=project,
            filename=upstream.filename,
            entry=entry.relpath,
            size=received.size,
            md5=received.checksums.md5,
            sha1=received.checksums.sha1,
            sha256=received.checksums.sha256,
            created=now,
            created_by=CACHE_USER,
            modified=timestamp(upstream.upload_time) or now,
            modified_by=CACHE_USER,
            properties=_properties(upstream, project, metadata),
            url=public_url(upstream.url),
        )
        self._records.keep(
            Arrival(
                record=record,
                shelf_key=path,
                version=entry.version or "",
                requires_python=upstream.requires_python,
                sidecars={".metadata": metadata.raw} if metadata and is_wheel else {},
            )
        )


def _properties(
    upstream: UpstreamFile, project: NormalizedName, metadata: CoreMetadata | None
) -> Properties:
    if metadata is not None:
        return generated_properties(metadata.name, metadata.version, metadata.fields)
    version = version_of(upstream.filename, project)
    if version is None:
        return {}
    python = upstream.requires_python
    fields = {} if python is None else {"requires_python": python}
    return generated_properties(project, version, fields)


def set_content(entry: MutableFileEntry, upstream: UpstreamFile, received: ReceivedFile) -> None:
    """Give devpi the received file itself, or a copy where that is not possible."""
    modified = upstream.upload_time
    give = partial(
        entry.file_set_content,
        last_modified=None if modified is None else format_datetime(modified, usegmt=True),
        hash_spec=entry._hash_spec,  # noqa: SLF001 - as devpi's own streaming does
        hashes=Digests(sha256=received.checksums.sha256),
    )
    with received.file.open() as file:
        blobs.give(give, file, received.file.path)


@dataclass(frozen=True, kw_only=True)
class CachedRelease:
    """A file that was in a cache; ``last_modified`` is devpi's, in the form of HTTP."""

    url: str
    filename: str
    project: NormalizedName
    sha256: str
    last_modified: str | None
    requires_python: str | None
    yanked: str | None


def adopt(
    xom: XOM, stage: MirrorStage, release: CachedRelease, *, file: BinaryIO, source: Path | None
) -> str:
    """Give devpi a file that another server has downloaded; devpi's path of it.

    ``source`` is where the file lies, if it may be linked there.
    """
    upstream = UpstreamFile(
        url=release.url,
        filename=release.filename,
        hashes={"sha256": release.sha256},
        requires_python=release.requires_python,
        yanked=release.yanked,
    )
    link = devpi_link(upstream)
    entry = xom.filestore.maplink(link, stage.username, stage.index, release.project)
    set_content = partial(
        entry.file_set_content,
        last_modified=release.last_modified,
        hashes=Digests(sha256=release.sha256),
    )
    blobs.give(set_content, file, source)
    show_link(stage, release.project, upstream, entry, hash_spec=link.hash_spec)
    return str(entry.relpath)


def show_link(
    stage: MirrorStage,
    project: NormalizedName,
    upstream: UpstreamFile,
    entry: MutableFileEntry,
    *,
    hash_spec: str | None,
) -> None:
    """List a file on devpi's own page of its project."""
    make_known(stage, project)
    known = stage.key_projsimplelinks(project).get_mutable()
    href = entry.relpath + (f"#{hash_spec}" if hash_spec else "")
    if any(known_href == href for _key, known_href in known.get("links", ())):
        return
    # devpi empties this record when a page is refreshed
    known.setdefault("serial", -1)
    known.setdefault("links", []).append((upstream.filename, href))
    known.setdefault("requires_python", []).append(upstream.requires_python)
    known.setdefault("yanked", []).append(True if upstream.yanked == "" else upstream.yanked)
    stage.key_projsimplelinks(project).set(known)


def make_known(stage: MirrorStage, project: NormalizedName) -> None:
    """Let devpi know the project, so that it lists it and deletes it with the index."""
    links = stage.key_projsimplelinks(project)
    if not links.exists():
        links.set({"links": [], "requires_python": [], "yanked": [], "serial": -1})
    stage.add_project_name(project)


def devpi_link(upstream: UpstreamFile) -> URL:
    """The upstream's link as devpi's mirrors write it: no credentials, the best hash behind."""
    url = URL(upstream.url).replace(username=None, password=None)
    for algorithm in ("sha256", "md5"):
        if algorithm in upstream.hashes:
            return url.replace(fragment=f"{algorithm}={upstream.hashes[algorithm]}")
    return url
