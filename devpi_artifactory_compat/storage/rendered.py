"""Pages that take long to render, kept compressed until their content changes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.storage.list_files import ListFolder
from devpi_server.main import XOM
from typing import BinaryIO
import gzip
import os


#: forms of a page (HTML with and without a trailing slash, JSON) times a few versions of it:
#: readers of a virtual repository see different members
KEPT_PAGES = 12

_GZIP_LEVEL = 5
_SIZE_BYTES = 4
_CHUNK_SIZE = 128 * 1024

Render = Callable[[], Iterator[bytes]]


class RenderedPage:
    """An open page; ``packed`` says whether gzip or plain bytes are wanted.

    Iterated once, as the body of an answer, and closed with it.
    """

    def __init__(self, file: BinaryIO, *, packed: bool) -> None:
        self._file = file
        self._packed = packed

    @property
    def file(self) -> BinaryIO | None:
        """What a server may send as it is instead of iterating; then it closes the file."""
        return self._file if self._packed else None

    @property
    def size(self) -> int:
        """The number of bytes that iteration gives; to be asked before it begins."""
        end = self._file.seek(0, os.SEEK_END)
        size = end
        if not self._packed:
            # RFC 1952: the length of what was compressed stands in the last four bytes
            self._file.seek(-_SIZE_BYTES, os.SEEK_END)
            size = int.from_bytes(self._file.read(_SIZE_BYTES), "little")
        self._file.seek(0)
        return size

    def __iter__(self) -> Iterator[bytes]:
        source = self._file if self._packed else gzip.GzipFile(fileobj=self._file)
        while chunk := source.read(_CHUNK_SIZE):
            yield chunk

    def close(self) -> None:
        self._file.close()


class RenderedPages:
    """The pages of one index or scope, by names that are others when their content is."""

    def __init__(self, xom: XOM, index: str, *, scope: str = "") -> None:
        self._folder = ListFolder(xom, index, scope=scope)

    def open(self, name: str, render: Render, *, packed: bool) -> RenderedPage:
        """The page; rendered first when it is not there, once for all who ask meanwhile.

        ``render`` may raise: then nothing is kept. A page is below 4 GiB.
        """
        filename = f"page-{name}.gz"
        file = self._folder.open(filename)
        if file is None:
            with self._folder.lock("pages"):
                file = self._folder.open(filename) or self._rendered(filename, render)
        return RenderedPage(file, packed=packed)

    def _rendered(self, filename: str, render: Render) -> BinaryIO:
        with self._folder.writing() as new:
            with gzip.GzipFile(
                filename="", fileobj=new.file, mode="wb", compresslevel=_GZIP_LEVEL, mtime=0
            ) as packed:
                for chunk in render():
                    packed.write(chunk)
            file = new.keep_as(filename)
        self._folder.keep_newest("page-*.gz", KEPT_PAGES)
        return file
