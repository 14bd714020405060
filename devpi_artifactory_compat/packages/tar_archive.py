"""The PKG-INFO of a source distribution that is a tar archive.

The archive is walked here and not by tarfile, because tarfile reads an extended header at once,
whatever size it claims, and takes negative sizes. Each header block is still decoded by tarfile.
Links are never followed, names are only compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.packages.broken_archives import MAX_MEMBERS
from devpi_artifactory_compat.packages.broken_archives import MAX_METADATA_SIZE
from devpi_artifactory_compat.packages.broken_archives import refuse_broken_archive
from devpi_artifactory_compat.packages.expansion import ExpandedFile
from devpi_artifactory_compat.packages.expansion import expand
from typing import BinaryIO
import tarfile


__all__ = ["TAR_BLOCK", "TarMember", "is_sdist_metadata", "read_sdist_tar", "tar_members"]

#: the data of a member is filled up to a multiple of this
TAR_BLOCK = tarfile.BLOCKSIZE
_END_MARKER = bytes(TAR_BLOCK)
_MAX_EXTENDED_HEADER = 1024 * 1024
_MAX_PAX_LENGTH_DIGITS = 8

_PAX_HEADERS = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_EXTENDED_HEADERS = (
    *_PAX_HEADERS,
    tarfile.XGLTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def is_sdist_metadata(path: str) -> bool:
    """Whether a member is the ``PKG-INFO`` in the one directory of a source distribution."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return len(parts) == 2 and parts[1] == "PKG-INFO"  # noqa: PLR2004  # directory and file


def read_sdist_tar(file: BinaryIO, filename: str) -> bytes | None:
    """The first ``<directory>/PKG-INFO`` of the archive, None when there is none.

    The file is read to its end in any case: InvalidUpload when it is cut off or damaged, when
    it expands to too much, and when PKG-INFO is no regular file or too large.
    """
    with refuse_broken_archive(filename):
        expanded = expand(file, filename)
        # A plain tar has no checksum over all: only its own end marker tells that it is whole.
        found = _find(tar_members(expanded), to_the_end=filename.endswith(".tar"))
        expanded.drain()
    return found


@dataclass(frozen=True)
class TarMember:
    """A member whose data comes next in the file."""

    path: str
    size: int
    is_file: bool
    is_folder: bool
    data: ExpandedFile

    def read(self) -> bytes:
        if not self.is_file:
            raise InvalidUpload(f"{self.path!a} is not a regular file.")
        if self.size > MAX_METADATA_SIZE:
            raise InvalidUpload(f"{self.path!a} is larger than {MAX_METADATA_SIZE} bytes.")
        return _read_exactly(self.data, self.size)


def _find(members: Iterator[TarMember], *, to_the_end: bool) -> bytes | None:
    found = None
    for member in members:
        if found is None and is_sdist_metadata(member.path):
            found = member.read()
            if not to_the_end:
                break
        else:
            member.data.skip(member.size)
        member.data.skip(-member.size % TAR_BLOCK)
    return found


def tar_members(data: ExpandedFile) -> Iterator[TarMember]:
    """Each member; its data, and what fills that up, is to be read before the next is asked for.

    Raises InvalidUpload, and what damage raises: see ``broken_archives``.
    """
    path, size = None, None
    for _ in range(MAX_MEMBERS):
        info = _next_header(data)
        if info is None:
            return
        if info.type in _EXTENDED_HEADERS:
            payload = _extended_header(data, info.size)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                path = _text(payload.partition(b"\0")[0])
            elif info.type in _PAX_HEADERS:
                path, size = _pax_path_and_size(payload)
            continue
        yield TarMember(
            path=info.name if path is None else path,
            size=_data_size(info, size),
            is_file=info.isreg(),
            is_folder=info.isdir(),
            data=data,
        )
        path, size = None, None
    raise InvalidUpload(f"The archive holds more than {MAX_MEMBERS} files.")


def _next_header(data: ExpandedFile) -> tarfile.TarInfo | None:
    """None at the end marker; the end of the data without one is damage."""
    block = data.read(TAR_BLOCK)
    if block == _END_MARKER:
        return None
    if len(block) < TAR_BLOCK:
        raise EOFError("it ends without an end marker")
    info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    if info.size < 0:
        raise tarfile.ReadError("a member has a negative size")
    if info.type == tarfile.GNUTYPE_SPARSE:
        raise InvalidUpload("The archive holds sparse files: that is refused.")
    return info


def _data_size(info: tarfile.TarInfo, pax_size: int | None) -> int:
    """Links, directories and devices have no data, whatever their header says."""
    if not info.isreg() and info.type in tarfile.SUPPORTED_TYPES:
        return 0
    return info.size if pax_size is None else pax_size


def _extended_header(data: ExpandedFile, size: int) -> bytes:
    if size > _MAX_EXTENDED_HEADER:
        raise InvalidUpload("The archive holds a header that is too large.")
    payload = _read_exactly(data, size)
    data.skip(-size % TAR_BLOCK)
    return payload


def _read_exactly(data: ExpandedFile, size: int) -> bytes:
    found = data.read(size)
    if len(found) < size:
        raise EOFError("it ends in the middle of a member")
    return found


def _pax_path_and_size(payload: bytes) -> tuple[str | None, int | None]:
    """POSIX.1-2001: records ``LENGTH KEYWORD=VALUE`` and a line feed, LENGTH counts it all."""
    values: dict[bytes, bytes] = {}
    at = 0
    while at < len(payload) and payload[at]:
        digits, space, _ = payload[at : at + _MAX_PAX_LENGTH_DIGITS + 1].partition(b" ")
        length = int(digits) if space and digits.isdigit() else 0
        record = payload[at + len(digits) + 1 : at + length]
        keyword, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise tarfile.ReadError("an extended header is malformed")
        values[keyword] = value[:-1]
        at += length
    if any(keyword.startswith(b"GNU.sparse") for keyword in values):
        raise InvalidUpload("The archive holds sparse files: that is refused.")
    path, size = values.get(b"path"), values.get(b"size")
    if size is not None and not (size.isdigit() and len(size) < len(str(2**64))):
        raise tarfile.ReadError("an extended header states no valid size")
    return None if path is None else _text(path), None if size is None else int(size)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
