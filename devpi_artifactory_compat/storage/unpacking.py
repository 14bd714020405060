"""The files of an archive on their way into a repository, each as a file of its own."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.packages.archived_files import ArchivedFile
from devpi_artifactory_compat.packages.hashing import FileHasher
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.storage.cached_files import DOWNLOADS_DIRECTORY
from devpi_server.main import XOM
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class UnpackedFile:
    """``path`` is that in the archive, ``source`` where the bytes lie."""

    path: str
    source: Path
    size: int
    checksums: Checksums


@contextmanager
def unpacked(xom: XOM, archived: Iterable[ArchivedFile]) -> Iterator[list[UnpackedFile]]:
    """All files, on the file system of devpi's, until this is left.

    Raises InvalidUpload when the archive holds what is refused.
    """
    directory = xom.config.server_path / DOWNLOADS_DIRECTORY
    arriving: list[ArrivingFile] = []
    try:
        files = []
        for one in archived:
            arriving.append(ArrivingFile(directory))
            files.append(_unpack(one, arriving[-1]))
        yield files
    finally:
        for one_file in arriving:
            one_file.discard()


def _unpack(archived: ArchivedFile, arriving: ArrivingFile) -> UnpackedFile:
    hasher = FileHasher()
    for chunk in archived.chunks:
        hasher.update(chunk)
        arriving.write(chunk)
    # an archive holds more files than a process may have open
    arriving.complete()
    digests = hasher.digests()
    return UnpackedFile(
        path=archived.path,
        source=arriving.path,
        size=digests.size,
        checksums=digests.checksums,
    )
