"""The bodies of upstreams' answers, expanded piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import UpstreamError
import httpx
import zlib


#: the most that one step of expanding gives, in bytes: a gzip bomb is noticed while it is small
PIECE_SIZE = 256 * 1024

_PLAIN = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})
_GZIP_FORMAT = 16 + zlib.MAX_WBITS


def encoding_of(response: httpx.Response) -> str:
    """The Content-Encoding; empty for none."""
    encoding: str = response.headers.get("content-encoding", "").strip().lower()
    return "" if encoding in _PLAIN else encoding


def expanded(response: httpx.Response) -> Iterator[bytes]:
    """A body in small pieces, without its compression.

    Raises UpstreamError for a compression that was not asked for and for one that is broken, and
    what reading from the network raises.
    """
    encoding = encoding_of(response)
    if not encoding:
        return response.iter_raw()
    if encoding not in _GZIP:
        raise UpstreamError(f"The upstream answered with the compression {encoding[:40]!a}.")
    return gunzip(response.iter_raw())


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Expand gzip data, also several streams one after the other.

    Raises UpstreamError where the data is broken or ends too early.
    """
    stream = None
    for chunk in chunks:
        data = chunk
        while data:
            stream = stream or zlib.decompressobj(_GZIP_FORMAT)
            yield from _inflate(stream, data)
            data = stream.unused_data
            if stream.eof:
                # zero bytes may follow
                data, stream = data.lstrip(b"\0"), None
    if stream is not None:
        raise UpstreamError("The upstream's gzip data ends too early.")


def _inflate(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    """What the data expands to, up to the end of the stream."""
    while True:
        try:
            piece = stream.decompress(data, PIECE_SIZE)
        except zlib.error as exc:
            raise UpstreamError(f"The upstream's gzip data is broken: {exc}.") from exc
        if piece:
            yield piece
        data = stream.unconsumed_tail
        if stream.eof or (not data and len(piece) < PIECE_SIZE):
            return
