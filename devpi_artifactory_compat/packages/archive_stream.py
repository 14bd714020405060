"""Archives made while they are sent: no more than a piece of a file is ever in memory."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from typing import cast
import tarfile
import zipfile


PIECE_SIZE = 256 * 1024

#: by what the client asks for: the mode of a tar archive, or zip
ARCHIVE_TYPES = ("zip", "tar", "tar.gz", "tgz")

#: the earliest time that a zip archive can hold
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file to be archived; ``open`` is called when its turn comes, and the file closed after."""

    name: str
    size: int
    modified: datetime
    open: Callable[[], BinaryIO]


class _Pieces:
    """What an archive writes, to be taken out piece by piece."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> Iterator[bytes]:
        if self._written:
            data = bytes(self._written)
            self._written.clear()
            yield data


def archive_stream(members: Iterable[Member], archive_type: str) -> Iterator[bytes]:
    """The bytes of a zip, tar or gzipped tar archive; ``archive_type`` is one of ARCHIVE_TYPES."""
    pieces = _Pieces()
    if archive_type == "zip":
        yield from _zip(members, pieces)
    else:
        yield from _tar(members, pieces, "w|" if archive_type == "tar" else "w|gz")
    yield from pieces.take()


def _zip(members: Iterable[Member], pieces: _Pieces) -> Iterator[bytes]:
    # packages are compressed already: trying again would cost much and gain nothing
    with zipfile.ZipFile(cast("BinaryIO", pieces), "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            time = max(member.modified.timetuple()[:6], _ZIP_EPOCH)
            info = zipfile.ZipInfo(member.name, date_time=time)
            info.external_attr = 0o644 << 16
            with (
                member.open() as source,
                archive.open(info, "w", force_zip64=member.size >= zipfile.ZIP64_LIMIT) as target,
            ):
                while data := source.read(PIECE_SIZE):
                    target.write(data)
                    yield from pieces.take()
            yield from pieces.take()


def _tar(members: Iterable[Member], pieces: _Pieces, mode: str) -> Iterator[bytes]:
    stream = cast("BinaryIO", pieces)
    with tarfile.open(mode=mode, fileobj=stream, format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.size = member.size
            info.mtime = int(member.modified.timestamp())
            info.mode = 0o644
            with member.open() as source:
                yield from _tar_member(archive, info, source, pieces)


def _tar_member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, source: BinaryIO, pieces: _Pieces
) -> Iterator[bytes]:
    """As ``addfile``, which would write the whole file before anything can be sent."""
    archive.addfile(info)
    target = cast("BinaryIO", archive.fileobj)
    left = info.size
    while left > 0 and (data := source.read(min(PIECE_SIZE, left))):
        target.write(data)
        left -= len(data)
        yield from pieces.take()
    if left:
        raise EOFError(f"{info.name} ends {left} bytes too early.")
    padding = -info.size % tarfile.BLOCKSIZE
    target.write(b"\0" * padding)
    archive.offset += info.size + padding
