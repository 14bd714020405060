"""Compressed files read forwards, with a bound on how much they may become.

An archive may expand to 200 times its own size, to 256 MiB in any case, and never to more than
8 GiB: above what source distributions reach, below what stops a server.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.packages.broken_archives import MAX_MEMBERS
from typing import BinaryIO
from typing import Protocol
import bz2
import lzma
import os
import zlib


__all__ = ["MAX_EXPANDED_SIZE", "ExpandedFile", "expand", "expansion_limit"]

MAX_EXPANDED_SIZE = 8 * 1024**3
_ALWAYS_ALLOWED_SIZE = 256 * 1024**2
_MAX_RATIO = 200

# small, because what follows a compressed stream in a chunk is copied for each stream
_CHUNK_SIZE = 64 * 1024
_GZIP_FORMAT = 16 + zlib.MAX_WBITS

#: a header of xz may ask for a dictionary of 4 GiB; the highest preset (-9) needs 65 MiB
_XZ_MEMORY = 128 * 1024**2


class ExpandedFile:
    """The bytes of a file after decompression, read forwards only."""

    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self._expanded = 0
        self._buffer = memoryview(b"")

    def read(self, size: int) -> bytes:
        """The next bytes: fewer than ``size`` only where the file ends."""
        pieces = []
        while size and self._fill():
            pieces.append(self._take(size))
            size -= len(pieces[-1])
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        """Go forwards; raises EOFError when the file ends before."""
        while size:
            if not self._fill():
                raise EOFError("it ends in the middle of a member")
            size -= len(self._take(size))

    def drain(self) -> None:
        """Read to the end, so that the checksums at the end are compared."""
        while self._fill():
            self._take(len(self._buffer))

    def _fill(self) -> bool:
        while not self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._expanded += len(chunk)
            if self._expanded > self._limit:
                raise InvalidUpload(
                    f"The archive expands to more than {self._limit} bytes: that is refused."
                )
            self._buffer = memoryview(chunk)
        return True

    def _take(self, size: int) -> bytes:
        taken = self._buffer[:size]
        self._buffer = self._buffer[size:]
        return bytes(taken)


def expand(file: BinaryIO, filename: str) -> ExpandedFile:
    """The content of a ``.tar.gz``, ``.tgz``, ``.tar.bz2``, ``.tar.xz`` or ``.tar`` from its start.

    Reading raises EOFError, OSError, lzma.LZMAError or zlib.error where the file is damaged or cut
    off, and InvalidUpload where it would expand to too much.
    """
    limit = expansion_limit(file)
    file.seek(0)
    if filename.endswith((".tar.gz", ".tgz")):
        chunks = _decompressed(file, _GzipMember)
    elif filename.endswith(".tar.bz2"):
        chunks = _decompressed(file, _Bzip2Member)
    elif filename.endswith(".tar.xz"):
        chunks = _decompressed(file, _XzMember)
    else:
        chunks = iter(lambda: file.read(_CHUNK_SIZE), b"")
    return ExpandedFile(chunks, limit)


def expansion_limit(file: BinaryIO) -> int:
    """How many bytes an archive may become."""
    size = file.seek(0, os.SEEK_END)
    return min(MAX_EXPANDED_SIZE, max(_ALWAYS_ALLOWED_SIZE, size * _MAX_RATIO))


class _Member(Protocol):
    """One compressed stream; a file may hold several, one after the other."""

    @property
    def finished(self) -> bool: ...

    @property
    def unused(self) -> bytes:
        """What follows the stream."""

    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes) -> bytes:
        """At most one chunk of output."""


class _GzipMember:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP_FORMAT)

    @property
    def finished(self) -> bool:
        return self._stream.eof

    @property
    def unused(self) -> bytes:
        return self._stream.unused_data

    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    def decompress(self, data: bytes) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, _CHUNK_SIZE)


class _Bzip2Member:
    def __init__(self) -> None:
        self._stream = bz2.BZ2Decompressor()

    @property
    def finished(self) -> bool:
        return self._stream.eof

    @property
    def unused(self) -> bytes:
        return self._stream.unused_data

    def needs_input(self) -> bool:
        return self._stream.needs_input

    def decompress(self, data: bytes) -> bytes:
        return self._stream.decompress(data, _CHUNK_SIZE)


class _XzMember:
    def __init__(self) -> None:
        self._stream = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    @property
    def finished(self) -> bool:
        return self._stream.eof

    @property
    def unused(self) -> bytes:
        return self._stream.unused_data

    def needs_input(self) -> bool:
        return self._stream.needs_input

    def decompress(self, data: bytes) -> bytes:
        return self._stream.decompress(data, _CHUNK_SIZE)


def _decompressed(file: BinaryIO, member_type: Callable[[], _Member]) -> Iterator[bytes]:
    data = file.read(_CHUNK_SIZE)
    for _ in range(MAX_MEMBERS):
        member = member_type()
        while not member.finished:
            if member.needs_input() and not data:
                data = file.read(_CHUNK_SIZE)
                if not data:
                    raise EOFError("the compressed data ends too early")
            yield member.decompress(data)
            data = b""
        data = _without_padding(file, member.unused)
        if not data:
            return
    raise InvalidUpload(f"The archive consists of more than {MAX_MEMBERS} compressed streams.")


def _without_padding(file: BinaryIO, data: bytes) -> bytes:
    """Zero bytes may follow compressed data, as on tapes; the first other bytes."""
    while True:
        data = data.lstrip(b"\0")
        if data:
            return data
        data = file.read(_CHUNK_SIZE)
        if not data:
            return b""
