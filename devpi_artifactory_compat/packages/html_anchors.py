"""The links of an HTML page, found in one pass forwards.

Only single tags are given to html.parser: over a whole page with unclosed tags it takes
quadratic time, and some malformed declarations make it fail. Here any page takes time in
proportion to its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
import re


__all__ = ["Anchor", "HtmlPage", "read_html"]

_MAX_TAG_LENGTH = 16 * 1024
_TAG_START = re.compile(r"<(?:!--|[a-zA-Z/!?])")
_TAG_STOP = re.compile(r""">|=\s*(["'])""")
_TAG_NAME = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
_RAW_TEXT_ENDS = {
    "script": re.compile(r"</script", re.IGNORECASE),
    "style": re.compile(r"</style", re.IGNORECASE),
}


@dataclass(frozen=True)
class Anchor:
    """An ``<a>``: its attributes by lower-case name, and the text up to the next tag.

    An attribute without a value is an empty string; of two with the same name the first counts.
    """

    attributes: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class HtmlPage:
    """A page whose anchors are read while they are iterated, once.

    ``base`` and ``meta`` are the ``<base href>`` and the named ``<meta>`` elements that stand
    before the first anchor.
    """

    base: str | None
    meta: Mapping[str, str]
    urls: Mapping[str, Sequence[str]]
    anchors: Iterator[Anchor]


def read_html(text: str) -> HtmlPage | None:
    """The page, None when the text holds no HTML tag at all."""
    tags = _tags(text)
    base = None
    meta: dict[str, str] = {}
    urls: dict[str, list[str]] = {}
    tag = None
    for tag in tags:
        if tag.name == "a":
            return HtmlPage(base, meta, urls, _anchors(text, tag, tags))
        if tag.name == "base" and base is None:
            base = _attributes(tag).get("href")
        elif tag.name == "meta":
            attributes = _attributes(tag)
            name, content = attributes.get("name", "").lower(), attributes.get("content", "")
            meta.setdefault(name, content)
            urls.setdefault(name, []).append(content)
    return None if tag is None else HtmlPage(base, meta, urls, iter(()))


@dataclass(frozen=True)
class _Tag:
    """``name`` is lower case, and empty for end tags and declarations."""

    name: str
    text: str
    end: int


def _anchors(text: str, first: _Tag, following: Iterator[_Tag]) -> Iterator[Anchor]:
    tag: _Tag | None = first
    while tag is not None:
        if tag.name == "a":
            end = text.find("<", tag.end)
            yield Anchor(_attributes(tag), unescape(text[tag.end : end if end >= 0 else None]))
        tag = next(following, None)


def _tags(text: str) -> Iterator[_Tag]:
    at = 0
    while (start := _TAG_START.search(text, at)) and (end := _tag_end(text, start)) >= 0:
        at = end
        if end - start.start() <= _MAX_TAG_LENGTH:
            tag = _tag(text[start.start() : end], end)
            yield tag
            at = _end_of_raw_text(tag, text)


def _tag_end(text: str, start: re.Match[str]) -> int:
    """The position after a tag or comment, -1 when it does not end."""
    if start[0] == "<!--":
        # the dashes of the start may also be those of the end: <!-->
        end = text.find("-->", start.end() - 2)
        return -1 if end < 0 else end + len("-->")
    at = start.end()
    while stop := _TAG_STOP.search(text, at):
        if stop[0] == ">":
            return stop.end()
        closing = text.find(stop[1], stop.end())
        at = closing + 1 if closing >= 0 else stop.end()
    return -1


def _tag(text: str, end: int) -> _Tag:
    name = _TAG_NAME.match(text)
    return _Tag("" if name is None else name[1].lower(), text, end)


def _end_of_raw_text(tag: _Tag, text: str) -> int:
    """Where reading goes on: scripts and styles hold no tags."""
    closing = _RAW_TEXT_ENDS.get(tag.name)
    if closing is None:
        return tag.end
    end = closing.search(text, tag.end)
    return len(text) if end is None else end.start()


class _TagReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str] = {}

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.setdefault(name, value or "")


def _attributes(tag: _Tag) -> dict[str, str]:
    reader = _TagReader()
    reader.feed(tag.text)
    return reader.attributes
