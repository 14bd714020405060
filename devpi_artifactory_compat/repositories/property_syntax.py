"""How properties stand in URLs: matrix parameters, and the ``properties`` of the storage API.

``k=v1,v2;k2=v3``: ``;`` and ``|`` separate properties, ``,`` separates values, a backslash takes
the meaning from the character behind it. What is percent-encoded is never a separator, but for
``%7C`` and ``%5C``; a value whose ``=`` is encoded itself was encoded as a whole, and is decoded
first (Artifactory, "Set Item Properties"; both ways are in use).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.repositories.paths import has_control_characters
from urllib.parse import unquote
from urllib.parse import unquote_plus
import re


MAX_KEY = 255
MAX_VALUE = 2_400
#: of one artifact or folder
MAX_PROPERTIES = 500
MAX_VALUES = 500

FORBIDDEN_IN_KEYS = ")(}{][*+^$\\/~`!@#%&<>;=,±§ "

_BACKSLASH = re.compile("%5c", re.IGNORECASE)
_BAR = re.compile("%7c", re.IGNORECASE)


def split_matrix(raw_path: str) -> tuple[str, tuple[str, ...]]:
    """A percent-encoded path without its matrix parameters, and these, still encoded."""
    segments: list[str] = []
    parameters: list[str] = []
    for segment in raw_path.split("/"):
        name, *found = segment.split(";")
        segments.append(name)
        parameters += [parameter for parameter in found if parameter]
    return "/".join(segments), tuple(parameters)


def parse_matrix(parameters: Iterable[str]) -> Properties:
    """Matrix parameters as properties; one without ``=`` has an empty value.

    Raises BadRequest for a key or a value that is not allowed.
    """
    return _checked(_pairs(_BACKSLASH.sub(r"\\", parameter) for parameter in parameters))


def parse_properties(raw: str) -> Properties:
    """The value of ``properties`` in a query, percent-encoded.

    Raises BadRequest when it sets nothing, or for a key or a value that is not allowed.
    """
    if "=" not in raw:
        # encoded as a whole: a plus sign in it is one that was encoded twice
        raw = unquote_plus(raw).replace("%", "%25").replace("+", "%2B")
    text = _BAR.sub("|", _BACKSLASH.sub(r"\\", raw))
    items = [item for item in split_at(";|", text) if item]
    for item in items:
        if "=" not in item:
            raise BadRequest(f"'{_decoded(item)[:100]}' sets no property: expected key=value.")
    if not items:
        raise BadRequest("No properties are given: expected properties=key=value[,value][;…].")
    return _checked(_pairs(items))


def parse_keys(raw: str) -> tuple[str, ...]:
    """The keys in ``properties=a,b`` of a query; empty for none."""
    return tuple(key.strip() for key in unquote_plus(raw).split(",") if key.strip())


def check_properties(properties: Mapping[str, Iterable[str]]) -> Properties:
    """The same, once keys and values are known to be allowed. Raises BadRequest."""
    return _checked((key, tuple(values)) for key, values in properties.items())


def _pairs(items: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for item in items:
        key, _, values = item.partition("=")
        yield (
            _decoded(key).strip(),
            tuple(_decoded(value) for value in split_at(",", values)),
        )


def split_at(separators: str, text: str) -> Iterator[str]:
    """The parts between separators that no backslash stands before; backslashes stay."""
    part: list[str] = []
    escaped = False
    for char in text:
        if char in separators and not escaped:
            yield "".join(part)
            part = []
            continue
        part.append(char)
        escaped = char == "\\" and not escaped
    yield "".join(part)


def _decoded(text: str) -> str:
    return unquote(re.sub(r"\\(.)", r"\1", text.replace("+", " ")))


def _checked(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> Properties:
    """A key that stands several times has all the values, each once."""
    result: dict[str, tuple[str, ...]] = {}
    for key, values in pairs:
        _check_key(key)
        for value in values:
            _check_value(key, value)
        result[key] = tuple(dict.fromkeys((*result.get(key, ()), *values)))
        if len(result[key]) > MAX_VALUES:
            raise BadRequest(f"Property '{key}' has more than {MAX_VALUES} values.")
    if len(result) > MAX_PROPERTIES:
        raise BadRequest(f"More than {MAX_PROPERTIES} properties.")
    return result


def _check_key(key: str) -> None:
    if not key:
        raise BadRequest("A property has no key.")
    if len(key) > MAX_KEY:
        raise BadRequest(f"Property key '{key[:100]}…' is longer than {MAX_KEY} characters.")
    wrong = sorted(set(key) & set(FORBIDDEN_IN_KEYS))
    if wrong or has_control_characters(key) or not key.isprintable():
        shown = ", ".join(repr(char) for char in wrong) or "control characters"
        raise BadRequest(f"Property key {key[:100]!a} holds {shown}, which keys may not.")


def _check_value(key: str, value: str) -> None:
    if len(value) > MAX_VALUE:
        raise BadRequest(f"A value of property '{key}' is longer than {MAX_VALUE} characters.")
    if "\0" in value or "�" in value:
        raise BadRequest(f"A value of property '{key}' is no valid text.")
