"""All files of an archive, one after the other, within bounds and without a way out of it.

What an archive may become is bounded as in :mod:`.expansion`. Links, devices, absolute paths,
paths with ``..`` and two files of one path are refused, and so is what is encrypted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.packages.broken_archives import refuse_broken_archive
from devpi_artifactory_compat.packages.expansion import expand
from devpi_artifactory_compat.packages.expansion import expansion_limit
from devpi_artifactory_compat.packages.tar_archive import TAR_BLOCK
from devpi_artifactory_compat.packages.tar_archive import TarMember
from devpi_artifactory_compat.packages.tar_archive import tar_members
from devpi_artifactory_compat.packages.zip_archive import zip_infos
from typing import BinaryIO
import re
import stat
import zipfile


__all__ = ["ARCHIVE_TYPES", "ArchivedFile", "archived_files"]

ARCHIVE_TYPES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")

MAX_FILES = 10_000
MAX_DEPTH = 64
MAX_NAME_BYTES = 255

_CHUNK_SIZE = 256 * 1024
_ENCRYPTED = 0x1
_DRIVE = re.compile("[A-Za-z]:")


@dataclass(frozen=True)
class ArchivedFile:
    """``path`` is relative and clean; ``chunks`` are to be read before the next file is asked for.

    Reading them may raise InvalidUpload.
    """

    path: str
    chunks: Iterator[bytes]


def archived_files(file: BinaryIO, filename: str) -> Iterator[ArchivedFile]:
    """The files in an archive, which must be seekable; folders without files are passed over.

    Raises InvalidUpload with the reason at the first thing that is refused.
    """
    if not filename.lower().endswith(ARCHIVE_TYPES):
        raise InvalidUpload(
            f"'{filename}' is no archive of a known type: {', '.join(ARCHIVE_TYPES)}."
        )
    is_zip = filename.lower().endswith(".zip")
    found = _zip_files(file, filename) if is_zip else _tar_files(file, filename)
    taken = _Taken()
    with refuse_broken_archive(filename):
        for archived in found:
            taken.add(archived.path)
            yield archived


class _Taken:
    """The paths so far."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, path: str) -> None:
        parts = path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        if path in self._files or path in self._folders or self._files.intersection(above):
            raise InvalidUpload(f"The archive holds {path[:300]!a} more than once.")
        if len(self._files) == MAX_FILES:
            raise InvalidUpload(f"The archive holds more than {MAX_FILES} files: that is refused.")
        self._files.add(path)
        self._folders.update(above)


def _tar_files(file: BinaryIO, filename: str) -> Iterator[ArchivedFile]:
    data = expand(file, filename.lower())
    for member in tar_members(data):
        if member.is_folder:
            continue
        path = _clean(member.path)
        if not member.is_file:
            raise InvalidUpload(f"{path[:300]!a} in the archive is a link or a device.")
        yield ArchivedFile(path, _tar_chunks(member, filename))
    data.drain()


def _tar_chunks(member: TarMember, filename: str) -> Iterator[bytes]:
    with refuse_broken_archive(filename):
        left = member.size
        while left:
            chunk = member.data.read(min(left, _CHUNK_SIZE))
            if not chunk:
                raise EOFError("it ends in the middle of a member")
            left -= len(chunk)
            yield chunk
        member.data.skip(-member.size % TAR_BLOCK)


def _zip_files(file: BinaryIO, filename: str) -> Iterator[ArchivedFile]:
    room = _Room(expansion_limit(file))
    file.seek(0)
    with zip_infos(file, filename) as (archive, infos):
        for info in infos:
            if info.is_dir():
                continue
            path = _clean(info.filename)
            mode = stat.S_IFMT(info.external_attr >> 16)
            if mode not in {0, stat.S_IFREG}:
                raise InvalidUpload(f"{path[:300]!a} in the archive is a link or a device.")
            if info.flag_bits & _ENCRYPTED:
                raise InvalidUpload(f"{path[:300]!a} in the archive is encrypted.")
            yield ArchivedFile(path, _zip_chunks(archive, info, room, filename))


class _Room:
    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise InvalidUpload(
                f"The archive expands to more than {self._limit} bytes: that is refused."
            )


def _zip_chunks(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: _Room, filename: str
) -> Iterator[bytes]:
    with refuse_broken_archive(filename), archive.open(info) as member:
        while chunk := member.read(_CHUNK_SIZE):
            room.take(len(chunk))
            yield chunk


def _clean(path: str) -> str:
    """The path without ``.`` segments. Raises InvalidUpload for one that leads elsewhere."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InvalidUpload(f"The path {path[:300]!a} in the archive is not UTF-8.") from None
    parts = [part for part in path.split("/") if part != "."]
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts or "\\" in path:
        raise InvalidUpload(f"The path {path[:300]!a} leads out of the archive: that is refused.")
    if not parts or "" in parts:
        raise InvalidUpload(f"The archive holds a file without a name: {path[:300]!a}.")
    if len(parts) > MAX_DEPTH:
        raise InvalidUpload(f"The path {path[:300]!a} is deeper than {MAX_DEPTH} folders.")
    if any(len(part.encode()) > MAX_NAME_BYTES for part in parts):
        raise InvalidUpload(
            f"The path {path[:300]!a} has a name of more than {MAX_NAME_BYTES} bytes."
        )
    return "/".join(parts)
