"""The bodies of upload requests, taken apart in a stream and within limits.

Three forms are in use: ``multipart/form-data``; the same with bare line feeds, as the
``register`` command of distutils sends it; and ``application/x-www-form-urlencoded``.
"""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import TooLarge
from devpi_artifactory_compat.packages.form_parts import FormLimits
from devpi_artifactory_compat.packages.form_parts import FormParts
from devpi_artifactory_compat.packages.form_parts import decode_field
from itertools import chain
from multipart import MultipartError  # type: ignore[import-untyped]  # ships no types
from multipart import ParserLimitReached
from multipart import PushMultipartParser
from multipart import content_disposition_unquote
from multipart import parse_options_header
from typing import BinaryIO
from urllib.parse import parse_qsl


__all__ = [
    "BodyReader",
    "read_multipart",
    "read_urlencoded",
]

_CHUNK_SIZE = 256 * 1024
_MAX_BOUNDARY = 200
_MAX_OUTSIDE_PARTS = 64 * 1024


class BodyReader:
    """The body of a request: never reads beyond its stated length."""

    def __init__(self, stream: BinaryIO, content_length: int | None) -> None:
        if content_length is not None and content_length < 0:
            raise InvalidUpload("The request states a negative length.")
        self._stream = stream
        self._length = content_length
        self._received = 0
        self._ended = False

    def read(self) -> bytes:
        """The next chunk, empty at the end."""
        size = _CHUNK_SIZE
        if self._length is not None:
            size = min(size, self._length - self._received)
        data = self._stream.read(size) if size else b""
        self._received += len(data)
        self._ended = not data
        return data

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def read_all(self, limit: int, *, start: bytes = b"") -> bytes:
        """Everything that is left, after ``start``; TooLarge above the limit."""
        data = bytearray()
        for chunk in chain((start,), self):
            data += chunk
            if len(data) > limit:
                raise TooLarge(f"The fields of the form are larger than {limit} bytes.")
        return bytes(data)

    def check_not_truncated(self) -> None:
        """Raises InvalidUpload when the stream ended before the stated length."""
        if self._ended and self._length is not None and self._received < self._length:
            raise InvalidUpload(
                f"The request body is truncated: {self._received} of {self._length} bytes arrived."
            )


def read_multipart(body: BodyReader, boundary: str, limits: FormLimits, parts: FormParts) -> None:
    """RFC 7578, with CRLF or with bare LF line ends."""
    if not boundary:
        raise InvalidUpload("The content type of the request names no boundary.")
    if len(boundary) > _MAX_BOUNDARY or not (boundary.isascii() and boundary.isprintable()):
        raise InvalidUpload("The content type of the request names no valid boundary.")
    delimiter = b"--" + boundary.encode()
    start = _read_start(body, len(delimiter) + 4)
    if start.lstrip(b"\r\n").startswith(delimiter + b"\n"):
        whole = body.read_all(limits.fields_size, start=start)
        _read_with_line_feeds(whole, delimiter, limits, parts)
        return
    try:
        _read_with_parser(body, start, boundary, parts)
    except ParserLimitReached as exc:
        raise TooLarge(f"The headers of a part of the form are too large: {exc}.") from exc
    except MultipartError as exc:
        body.check_not_truncated()
        raise InvalidUpload(f"The upload form cannot be read: {exc}.") from exc


def _read_start(body: BodyReader, size: int) -> bytes:
    start = b""
    while len(start) < size and (chunk := body.read()):
        start += chunk
    return start


def _read_with_parser(body: BodyReader, start: bytes, boundary: str, parts: FormParts) -> None:
    outside = 0
    with PushMultipartParser(boundary) as parser:
        chunk = start
        while chunk:
            events = 0
            for event in parser.parse(chunk):
                events += 1
                if event is None:
                    parts.end()
                elif isinstance(event, (bytes, bytearray)):
                    parts.write(bytes(event))
                else:
                    parts.begin(event.name, event.filename)
            outside = 0 if events else outside + len(chunk)
            if outside > _MAX_OUTSIDE_PARTS:
                raise InvalidUpload("The request has too many bytes outside the parts of the form.")
            chunk = body.read()


def _read_with_line_feeds(
    body: bytes, delimiter: bytes, limits: FormLimits, parts: FormParts
) -> None:
    """Small forms only, so they are held in memory."""
    most = limits.fields + 1  # every field, and what follows the final boundary
    _, *pieces = (b"\n" + body.lstrip(b"\r\n")).split(b"\n" + delimiter, most + 1)
    if len(pieces) > most:
        raise TooLarge(f"The form has more than {limits.fields} fields.")
    if not pieces[-1].startswith(b"--"):
        raise InvalidUpload("The request body is truncated: the final boundary is missing.")
    for piece in pieces[:-1]:
        headers, separator, value = piece.partition(b"\n\n")
        if not headers.startswith(b"\n") or not separator:
            raise InvalidUpload("A part of the form has no headers, or no end of them.")
        name, filename = _disposition(headers)
        parts.begin(name, filename)
        parts.write(value)
        parts.end()


def _disposition(headers: bytes) -> tuple[str, str | None]:
    if len(headers) > _MAX_OUTSIDE_PARTS:
        raise TooLarge("The headers of a part of the form are too large.")
    for line in headers.split(b"\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            disposition, options = parse_options_header(
                decode_field(value), unquote=content_disposition_unquote
            )
            if disposition == "form-data":
                return options.get("name", ""), options.get("filename")
    raise InvalidUpload("A part of the form has no Content-Disposition.")


def read_urlencoded(body: BodyReader, limits: FormLimits, parts: FormParts) -> None:
    """Fields only; percent-encoded bytes are decoded as those of a multipart form."""
    # Latin-1 maps every byte to one character and back
    text = body.read_all(limits.fields_size).decode("latin-1")
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=limits.fields, encoding="latin-1"
        )
    except ValueError as exc:
        raise TooLarge(f"The form has more than {limits.fields} fields.") from exc
    for name, value in pairs:
        if name:
            parts.add_field(decode_field(name.encode("latin-1")), value.encode("latin-1"))
