"""The links of an HTML page, found in one pass forwards while the page arrives.

Only single tags are given to html.parser: over a whole page with unclosed tags it takes
quadratic time, and some malformed declarations make it fail. Here any page takes time in
proportion to its length, and no more of it is held than the tag that is being read.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.packages.html_tags import Tag
from devpi_artifactory_compat.packages.html_tags import read_tags
from html.parser import HTMLParser
import re


__all__ = ["Anchor", "HtmlPage", "read_html"]

_PLAIN_TAG = re.compile(r"""<[a-zA-Z]+((?: [a-z-]+="[^"&]*")*)>""")
_PLAIN_ATTRIBUTE = re.compile(r''' ([a-z-]+)="([^"&]*)"''')


@dataclass(frozen=True, slots=True)
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


def read_html(chunks: Iterable[str]) -> HtmlPage | None:
    """The page, None when the text holds no HTML tag at all.

    Raises EndlessTag, as does the reading of the anchors.
    """
    tags = read_tags(chunks)
    base = None
    meta: dict[str, str] = {}
    urls: dict[str, list[str]] = {}
    tag = None
    for tag in tags:
        if tag.name == "a":
            return HtmlPage(base, meta, urls, _anchors(tag, tags))
        if tag.name == "base" and base is None:
            base = read_attributes(tag.text).get("href")
        elif tag.name == "meta":
            attributes = read_attributes(tag.text)
            name, content = attributes.get("name", "").lower(), attributes.get("content", "")
            meta.setdefault(name, content)
            urls.setdefault(name, []).append(content)
    return None if tag is None else HtmlPage(base, meta, urls, iter(()))


def _anchors(first: Tag, following: Iterator[Tag]) -> Iterator[Anchor]:
    yield Anchor(read_attributes(first.text), first.content)
    for tag in following:
        if tag.name == "a":
            yield Anchor(read_attributes(tag.text), tag.content)


def read_attributes(tag: str) -> dict[str, str]:
    """The attributes of a start tag, as :class:`Anchor` describes them."""
    plain = _PLAIN_TAG.fullmatch(tag)
    if plain is None:
        reader = _TagReader()
        reader.feed(tag)
        return reader.attributes
    # html.parser would say the same and take ten times as long
    return dict(reversed(_PLAIN_ATTRIBUTE.findall(plain[1])))


class _TagReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str] = {}

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.setdefault(name, value or "")
