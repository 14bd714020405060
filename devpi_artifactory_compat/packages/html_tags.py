"""The tags of an HTML page that comes in pieces."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
import re


__all__ = ["EndlessTag", "Tag", "read_tags"]

#: a longer tag is passed over
_MAX_TAG_LENGTH = 16 * 1024
#: what is held of a tag, a comment or a script whose end has not come, in characters
_MAX_HELD = 1024 * 1024

_TAG_START = re.compile(r"<(?:!--|[a-zA-Z/!?])")
_TAG_STOP = re.compile(r""">|=\s*(["'])""")
_TAG_NAME = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)")
#: an anchor as nearly all pages write theirs, with its end and a line break
_PLAIN_ANCHOR = re.compile(
    r"""\s*(<a(?: [a-z-]+="[^"<>&]*")*>)([^<&]*)</a>(?:\s*<br ?/?>)?""", re.ASCII
)
_RAW_TEXT_ENDS = {
    "script": re.compile(r"</script", re.IGNORECASE),
    "style": re.compile(r"</style", re.IGNORECASE),
}
_NOT_YET = -1


class EndlessTag(ValueError):
    """A tag, a comment or a script does not end within any reasonable length."""


@dataclass(frozen=True, slots=True)
class Tag:
    """``name`` is lower case, and empty for end tags and declarations.

    ``content`` is the text behind an ``<a>`` up to the next tag, and empty for all others.
    """

    name: str
    text: str
    content: str = ""


def read_tags(chunks: Iterable[str]) -> Iterator[Tag]:
    """The tags in their order, those in comments, scripts and styles left out.

    How the page is cut into chunks makes no difference. Raises EndlessTag.
    """
    reader = _Reader()
    for chunk in chunks:
        reader.add(chunk)
        while (tag := reader.next()) is not None:
            yield tag
        reader.check()
    reader.complete = True
    while (tag := reader.next()) is not None:
        yield tag


class _Reader:
    """The text that has come and was not read yet; ``complete`` when no more will come."""

    def __init__(self) -> None:
        self._text = ""
        self._at = 0
        self.complete = False

    def add(self, chunk: str) -> None:
        self._text = self._text[self._at :] + chunk
        self._at = 0

    def check(self) -> None:
        if len(self._text) - self._at > _MAX_HELD:
            raise EndlessTag

    def next(self) -> Tag | None:
        """The next tag; None when its end, or what decides about it, has not come yet."""
        plain = _PLAIN_ANCHOR.match(self._text, self._at)
        if plain is not None and len(plain[1]) <= _MAX_TAG_LENGTH:
            # what the general way would find, in a fraction of its time
            self._at = plain.end()
            return Tag("a", plain[1], plain[2])
        while (start := _TAG_START.search(self._text, self._at)) is not None:
            self._at = start.start()
            end = self._tag_end(start)
            if end == _NOT_YET:
                return None
            if end - self._at > _MAX_TAG_LENGTH:
                self._at = end
                continue
            return self._tag(end)
        # the last character may begin a tag
        self._at = max(self._at, len(self._text) - 1)
        return None

    def _tag_end(self, start: re.Match[str]) -> int:
        """The position after a tag or comment."""
        if start[0] == "<!--":
            # the dashes of the start may also be those of the end: <!-->
            end = self._text.find("-->", start.end() - 2)
            return _NOT_YET if end < 0 else end + len("-->")
        at = start.end()
        while stop := _TAG_STOP.search(self._text, at):
            if stop[0] == ">":
                return stop.end()
            closing = self._text.find(stop[1], stop.end())
            if closing < 0 and not self.complete:
                return _NOT_YET
            at = closing + 1 if closing >= 0 else stop.end()
        return _NOT_YET

    def _tag(self, end: int) -> Tag | None:
        text = self._text[self._at : end]
        name = _TAG_NAME.match(text)
        if name is None:
            self._at = end
            return Tag("", text)
        lowered = name[1].lower()
        following = end
        if lowered == "a":
            following = self._text.find("<", end)
        elif lowered in _RAW_TEXT_ENDS:
            closing = _RAW_TEXT_ENDS[lowered].search(self._text, end)
            following = -1 if closing is None else closing.start()
        if following < 0:
            if not self.complete:
                return None
            following = len(self._text)
        self._at = following
        return Tag(lowered, text, unescape(self._text[end:following]) if lowered == "a" else "")
