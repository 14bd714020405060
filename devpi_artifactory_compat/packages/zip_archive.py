"""Single files out of wheels, eggs and zipped source distributions.

Only the central directory and the wanted member are read. Reading is bounded: a directory above
16 MiB, a member above the limit for metadata, and compression methods that cannot be expanded
piece by piece are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.packages.broken_archives import MAX_MEMBERS
from devpi_artifactory_compat.packages.broken_archives import MAX_METADATA_SIZE
from devpi_artifactory_compat.packages.broken_archives import refuse_broken_archive
from typing import BinaryIO
import os
import zipfile


__all__ = ["ZipMembers", "open_zip", "zip_infos"]

_MAX_DIRECTORY_SIZE = 16 * 1024 * 1024
_LOCAL_HEADER_SIZE = 30
_READABLE_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))


class ZipMembers:
    """The files of an open zip archive; made by :func:`open_zip`."""

    def __init__(self, archive: zipfile.ZipFile, filename: str) -> None:
        self._archive = archive
        self._filename = filename

    def names(self) -> Iterator[str]:
        """The paths of all members in the order of the directory."""
        return iter(info.filename for info in self._archive.infolist())

    def read(self, path: str) -> bytes | None:
        """The bytes of one member, None when there is none of that path."""
        found = [info for info in self._archive.infolist() if info.filename == path]
        if not found:
            return None
        if len(found) > 1:
            raise InvalidUpload(f"{self._filename} holds {path} more than once.")
        if found[0].file_size > MAX_METADATA_SIZE:
            raise InvalidUpload(
                f"{path} in {self._filename} is larger than {MAX_METADATA_SIZE} bytes."
            )
        if found[0].compress_type not in _READABLE_METHODS:
            raise InvalidUpload(
                f"{path} in {self._filename} is neither stored nor deflated: "
                "no other compression method is accepted."
            )
        with refuse_broken_archive(self._filename), self._archive.open(found[0]) as member:
            # one byte more than allowed, so that the end is reached and the CRC is checked
            return member.read(MAX_METADATA_SIZE + 1)


@contextmanager
def zip_infos(
    file: BinaryIO, filename: str
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """A zip archive whose directory is whole and fits the file, with all its members.

    Each of them can be read piece by piece.
    """
    with refuse_broken_archive(filename):
        archive = zipfile.ZipFile(_BoundedReads(file))
    with archive:
        _check_directory(archive, filename)
        for info in archive.infolist():
            if info.compress_type not in _READABLE_METHODS:
                raise InvalidUpload(
                    f"{info.filename!a} in {filename} is neither stored nor deflated: "
                    "no other compression method is accepted."
                )
        yield archive, archive.infolist()


@contextmanager
def open_zip(file: BinaryIO, filename: str) -> Iterator[ZipMembers]:
    """The members of a zip archive whose directory is whole and fits the file."""
    with refuse_broken_archive(filename):
        archive = zipfile.ZipFile(_BoundedReads(file))
    with archive:
        _check_directory(archive, filename)
        yield ZipMembers(archive, filename)


def _check_directory(archive: zipfile.ZipFile, filename: str) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise InvalidUpload(f"{filename} holds more than {MAX_MEMBERS} files.")
    for info in members:
        end = info.header_offset + _LOCAL_HEADER_SIZE + info.compress_size
        if info.header_offset < 0 or end > archive.start_dir:
            raise InvalidUpload(
                f"{filename} is a broken or truncated archive: {info.filename!a} lies outside it."
            )


class _BoundedReads:
    """A seekable file that refuses to be read in pieces larger than a directory may be.

    zipfile reads the central directory at once, whatever size the archive says it has.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        limit = _MAX_DIRECTORY_SIZE if size < 0 else size
        if limit > _MAX_DIRECTORY_SIZE:
            raise InvalidUpload("The directory of the zip archive is too large.")
        return self._file.read(limit)
