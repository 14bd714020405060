"""The names in a JSON list of all projects (PEP 691), read while it arrives.

The standard library reads whole documents only. A list of projects is one object with an array of
many small ones, so it is enough to read the values in that array, and the other members of the
object, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.packages.upstream_files import check_api_version
from devpi_artifactory_compat.packages.upstream_files import shown_url
import codecs
import json
import re


__all__ = ["json_project_names"]

#: the longest single value, in characters
_MAX_VALUE = 256 * 1024

_SPACE = re.compile(r"[ \t\r\n]*")
_OF_A_NUMBER = re.compile(r"[-+.eE0-9]*")
_PROJECTS = "projects"


def json_project_names(chunks: Iterable[bytes], *, url: str) -> Iterator[str]:
    """The names as the upstream spells them; unchecked.

    Raises UpstreamError, also in the middle, for what is no such list and when it breaks off.
    """
    reader = _Reader(chunks)
    found = False
    try:
        if reader.sign() != "{":
            raise UpstreamError(f"{shown_url(url)} answered with JSON that is no object.")
        for key in reader.members():
            if key == _PROJECTS and reader.sign() == "[":
                found = True
                yield from _names(reader.items())
                continue
            value = reader.value()
            if key == "meta":
                check_api_version(_member(value, "api-version"), url)
        reader.end()
    # RecursionError is raised for nesting beyond the interpreter's limit
    except (ValueError, RecursionError) as exc:
        raise UpstreamError(f"{shown_url(url)} answered with broken JSON: {exc}.") from exc
    if not found:
        raise UpstreamError(f"{shown_url(url)} answered with JSON that has no list {_PROJECTS!r}.")


def _names(items: Iterable[object]) -> Iterator[str]:
    for item in items:
        name = _member(item, "name")
        if isinstance(name, str):
            yield name


def _member(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


class _Reader:
    """A document as far as it has come, and the place where reading goes on.

    Every method raises ValueError where the document is broken or breaks off.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        # json.loads takes a byte order mark before UTF-8 too
        self._chunks = codecs.iterdecode(chunks, "utf-8-sig")
        self._text = ""
        self._at = 0
        self._decode = json.JSONDecoder().raw_decode

    def _grow(self) -> bool:
        """Take the next chunk; False when there is none."""
        for chunk in self._chunks:
            self._text = self._text[self._at :] + chunk
            self._at = 0
            return True
        return False

    def sign(self) -> str:
        """The next character that is no space, which stays; empty at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            assert space is not None
            self._at = space.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def value(self) -> object:
        """The next value, whole."""
        self.sign()
        while True:
            try:
                value, end = self._decode(self._text, self._at)
            except ValueError:
                end = len(self._text)
                if end - self._at > _MAX_VALUE:
                    raise
            else:
                # more of a number may come
                rest = _OF_A_NUMBER.match(self._text, end)
                assert rest is not None
                if rest.end() < len(self._text):
                    self._at = end
                    return value
            if not self._grow():
                raise ValueError(f"a value is broken or breaks off: {self._shown()}")

    def members(self) -> Iterator[str]:
        """The keys of an object; the value of each must be read before the next key is."""
        for _ in self._elements("}"):
            key = self.value()
            if not isinstance(key, str):
                raise ValueError(f"a key is no string: {key!r:.50}")  # noqa: TRY004 - as json does
            self._take(":")
            yield key

    def items(self) -> Iterator[object]:
        """The values of an array."""
        for _ in self._elements("]"):
            yield self.value()

    def _elements(self, closing: str) -> Iterator[None]:
        """One step for each element between the sign that stands here and the closing one."""
        self._at += 1
        if self.sign() == closing:
            self._at += 1
            return
        while True:
            yield
            if self.sign() == closing:
                self._at += 1
                return
            self._take(",")

    def _take(self, expected: str) -> None:
        if self.sign() != expected:
            raise ValueError(f"expected {expected!r}, found {self._shown()}")
        self._at += 1

    def end(self) -> None:
        if self.sign():
            raise ValueError(f"something stands behind the end: {self._shown()}")

    def _shown(self) -> str:
        return repr(self._text[self._at : self._at + 50])
