"""Answers of any length that are complete before the first byte is sent.

They are written to a file while the transaction is open, so that a client that reads slowly holds
nothing but that file, and a failure can still become an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.views.pages import takes_gzip
from pyramid.request import Request
from pyramid.response import Response
from tempfile import SpooledTemporaryFile
from typing import IO
import gzip


#: shorter answers stay in memory, in bytes
IN_MEMORY = 256 * 1024

_GZIP_LEVEL = 5
_CHUNK_SIZE = 128 * 1024


def spooled_response(
    request: Request, chunks: Iterable[bytes], *, content_type: str, charset: str | None = None
) -> Response:
    """The chunks as a body, compressed for who can take it."""
    packed = takes_gzip(request)
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the answer
    try:
        _write(file, chunks, packed=packed)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    response = Response(content_type=content_type, charset=charset)
    response.app_iter = _Body(file)
    response.content_length = size
    response.vary = ("Accept-Encoding",)
    if packed:
        response.content_encoding = "gzip"
    return response


def _write(file: IO[bytes], chunks: Iterable[bytes], *, packed: bool) -> None:
    if not packed:
        file.writelines(chunks)
        return
    with gzip.GzipFile(
        filename="", fileobj=file, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0
    ) as target:
        for chunk in chunks:
            target.write(chunk)


class _Body:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK_SIZE):
            yield chunk

    def close(self) -> None:
        self._file.close()
