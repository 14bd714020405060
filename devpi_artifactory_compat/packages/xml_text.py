"""XML from strangers: small, flat, and without a document type definition."""

from __future__ import annotations

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError
from xml.etree.ElementTree import TreeBuilder
import re


MAX_DEPTH = 32

#: what the parser knows itself; it would ask Python's codecs for all others, of which some are odd
_ENCODINGS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "us-ascii"})

#: XML 1.0 has no way to write these, whatever a string may hold
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _FlatTree(TreeBuilder):
    """Notices a nesting that is too deep before it is built."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError(f"It is nested deeper than {MAX_DEPTH} elements.")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(body: bytes) -> Element:
    """The root of a document.

    Raises ValueError, with the reason as one sentence, for what is no XML, for every document
    type definition (and so every entity), and for a nesting beyond ``MAX_DEPTH``.
    """
    parser = DefusedXMLParser(target=_FlatTree(), forbid_dtd=True)
    parser.parser.XmlDeclHandler = _check_encoding
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException as exc:
        raise ValueError("Document type definitions and entities are refused.") from exc
    except ParseError as exc:
        raise ValueError(f"It is no well-formed XML: {exc}.") from exc
    return root


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    """Called before the encoding is used."""
    if encoding is not None and encoding.lower() not in _ENCODINGS:
        raise ValueError("Its encoding is none of UTF-8, UTF-16, ISO-8859-1 and ASCII.")


def xml_text(text: str) -> str:
    """A string as the content of an element; what XML cannot hold becomes U+FFFD."""
    held = _NOT_IN_XML.sub("\ufffd", text)
    # a bare carriage return would be read as a line feed
    escaped = held.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")
