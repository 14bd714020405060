"""Files as answers: whole, in ranges, conditional, or on their way from an upstream."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.packages.filenames import content_type
from devpi_server.log import threadlog
from devpi_artifactory_compat.views.downloader import downloader
from pyramid.request import Request
from pyramid.response import Response
from functools import partial
from typing import BinaryIO
from urllib.parse import quote
from waitress.channel import ClientDisconnected


CHUNK_SIZE = 128 * 1024

#: called when the first byte of a file is on its way
Begun = Callable[[], None]

_HEADERS = {"md5": "X-Checksum-Md5", "sha1": "X-Checksum-Sha1", "sha256": "X-Checksum-Sha256"}


def file_response(request: Request, content: Content) -> Response:
    """The answer to GET and HEAD of a file.

    Raises:
        ArtifactNotFound, UpstreamError: before the first byte is sent.
    """
    if content.open is None and _needs_stored(request, content):
        assert content.store is not None
        content = content.store()
    if content.open is None:
        return _streamed(request, content)
    response = _response(content)
    _simplify_range(request, content.size or 0)
    response.app_iter = FileBody(content, _noted(request, content))
    response.content_length = content.size
    response.accept_ranges = "bytes"
    response.conditional_response = True
    return response


def _noted(request: Request, content: Content) -> Begun:
    """Counts the download; who downloads is found out here, where devpi can still be asked."""
    if content.note_download is None or request.method != "GET":
        return _nothing
    return partial(content.note_download, downloader(request))


def _nothing() -> None:
    """What is not counted."""


def _needs_stored(request: Request, content: Content) -> bool:
    """A part of a file, or its size, can be told only once the whole is here."""
    return request.range is not None or (request.method == "HEAD" and content.size is None)


def _response(content: Content) -> Response:
    response = Response(content_type=content_type(content.filename), charset=None)
    for algorithm, header in _HEADERS.items():
        if algorithm in content.checksums:
            response.headers[header] = content.checksums[algorithm]
    if "sha256" in content.checksums:
        response.etag = content.checksums["sha256"]
    if content.modified is not None:
        response.last_modified = content.modified
    # a name may get other content: caches ask before they serve
    response.cache_control = "public, no-cache"
    response.content_disposition = disposition(content.filename)
    return response


def disposition(filename: str) -> str:
    """RFC 6266: a plain name for old clients, the exact one for the others."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _streamed(request: Request, content: Content) -> Response:
    response = _response(content)
    response.accept_ranges = "bytes"
    if request.method == "HEAD":
        response.content_length = content.size
        return response
    assert content.stream is not None
    stream = content.stream()
    # the first piece is taken here, where a failure can still become an answer
    first = next(stream.chunks, b"")
    begun = _noted(request, content)
    response.app_iter = StreamBody(request.path, first, stream.chunks, begun)
    response.content_length = stream.size
    return response


def _simplify_range(request: Request, size: int) -> None:
    """RFC 9110 14: a suffix longer than the file means the file; several ranges may be refused.

    WebOb would answer the first by 416 and take the first range of the second for the whole.
    """
    wanted = request.range
    several = "," in request.headers.get("Range", "")
    if wanted is not None and (several or (wanted.start < 0 and -wanted.start >= size)):
        del request.range


class FileBody:
    """An open file as a body; closed with the answer.

    ``begun`` is called when it is read from its start: not for HEAD, nor for a 304.
    """

    def __init__(self, content: Content, begun: Begun) -> None:
        assert content.open is not None
        self._file: BinaryIO = content.open()
        self._begun = begun

    def __iter__(self) -> Iterator[bytes]:
        self._begun()
        return self._pieces(None)

    def app_iter_range(self, start: int, stop: int) -> FileBodyPart:
        """WebOb's way to ask for a range."""
        self._file.seek(start)
        begun = _nothing if start else self._begun
        return FileBodyPart(self._pieces(stop - start), self._file, begun)

    def _pieces(self, left: int | None) -> Iterator[bytes]:
        while left is None or left > 0:
            piece = self._file.read(CHUNK_SIZE if left is None else min(CHUNK_SIZE, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            yield piece

    def close(self) -> None:
        self._file.close()


class BrokenOff(ClientDisconnected):
    """An answer that had begun when its file turned out to be broken, or did not come.

    waitress closes the connection, so that the client sees that it does not have all, and takes
    this for no fault of the server's.
    """


class StreamBody:
    """A file on its way as a body; a client that goes away ends its own part of it only.

    ``path`` says in the log whose answer was broken off.
    """

    def __init__(self, path: str, first: bytes, rest: Iterator[bytes], begun: Begun) -> None:
        self._path = path
        self._first = first
        self._rest = rest
        self._begun = begun

    def __iter__(self) -> Iterator[bytes]:
        self._begun()
        yield self._first
        try:
            yield from self._rest
        except UpstreamError as exc:
            threadlog.warning("The answer to GET %s was broken off: %s", self._path, exc)
            raise BrokenOff(str(exc)) from exc

    def close(self) -> None:
        close = getattr(self._rest, "close", None)
        if close is not None:
            close()


class FileBodyPart:
    """A part of an open file as a body; closes the file with the answer."""

    def __init__(self, pieces: Iterator[bytes], file: BinaryIO, begun: Begun) -> None:
        self._pieces = pieces
        self._file = file
        self._begun = begun

    def __iter__(self) -> Iterator[bytes]:
        self._begun()
        return self._pieces

    def close(self) -> None:
        self._file.close()
