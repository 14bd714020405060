"""Core metadata files (METADATA, PKG-INFO) as lists of values, however old they are."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.errors import InvalidUpload
from packaging.metadata import parse_email
from types import MappingProxyType
import codecs
import textwrap


__all__ = ["metadata_text_fields"]

_MAX_HEADER_LINES = 100_000

# Nothing else reaches the parser: each unknown header costs it a pass over all headers, and
# those of MIME would make it take the body apart.
_HEADERS = frozenset(
    (
        "author",
        "author-email",
        "classifier",
        "description",
        "description-content-type",
        "download-url",
        "dynamic",
        "home-page",
        "import-name",
        "import-namespace",
        "keywords",
        "license",
        "license-expression",
        "license-file",
        "maintainer",
        "maintainer-email",
        "metadata-version",
        "name",
        "obsoletes",
        "obsoletes-dist",
        "platform",
        "project-url",
        "provides",
        "provides-dist",
        "provides-extra",
        "requires",
        "requires-dist",
        "requires-external",
        "requires-python",
        "summary",
        "supported-platform",
        "version",
    )
)

_PLURALS = MappingProxyType(
    {
        "classifier": "classifiers",
        "import-name": "import_names",
        "import-namespace": "import_namespaces",
        "project-url": "project_urls",
    }
)


def metadata_text_fields(raw: bytes, *, source: str) -> dict[str, list[str]]:
    """Every known header with all its values, and the body as ``description``.

    Names are those of the upload form or another spelling of it that
    :func:`.form_fields.metadata_values` knows. Unknown headers are left out. Text is UTF-8;
    what is not is read as Latin-1. Raises InvalidUpload, whose message begins with ``source``,
    for more than 100,000 header lines.
    """
    headers, body = _split(raw, source)
    parsed, leftovers = parse_email(headers)
    fields = {name: _values(value) for name, value in parsed.items()}
    for header, values in leftovers.items():
        name = _PLURALS.get(header) or header.replace("-", "_")
        fields[name] = _values(values)
    if body.strip():
        fields["description"] = [_decode(body)]
    elif "description" in fields:
        fields["description"] = [_unfolded(value) for value in fields["description"]]
    return fields


def _split(raw: bytes, source: str) -> tuple[bytes, bytes]:
    """The known headers, and the body: what follows an empty line or no longer is a header."""
    text = raw.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    kept: list[bytes] = []
    known = False
    at = 0
    for _ in range(_MAX_HEADER_LINES):
        end = text.find(b"\n", at)
        line = text[at:] if end < 0 else text[at:end]
        following = at + len(line) + 1
        if not line:
            return _header_block(kept), text[following:]
        if line[0] not in b" \t":
            name, colon, _value = line.partition(b":")
            if not colon:
                return _header_block(kept), text[at:]
            known = name.decode("latin-1").lower() in _HEADERS
        if known:
            kept.append(line)
        at = following
    raise InvalidUpload(f"{source} has more than {_MAX_HEADER_LINES} lines of metadata headers.")


def _header_block(lines: list[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n\n"


def _values(value: object) -> list[str]:
    """One of packaging's raw values: a string, a list of them, or labels with their URLs."""
    if isinstance(value, Mapping):
        return [f"{label}, {url}" if url else str(label) for label, url in value.items()]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [str(value)]


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _unfolded(description: str) -> str:
    """Metadata before 2.1 keeps the description in a header whose further lines are indented."""
    first, newline, rest = description.partition("\n")
    return first.lstrip() + newline + textwrap.dedent(rest)
