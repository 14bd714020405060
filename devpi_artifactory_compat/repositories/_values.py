"""Checks of single values, whoever sends them: JSON bodies, devpi options, stored settings."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.repositories._json import JSON
from devpi_artifactory_compat.repositories.fields import LARGEST_INT
from devpi_artifactory_compat.repositories.fields import Field
from devpi_artifactory_compat.repositories.fields import FieldType
from devpi_artifactory_compat.repositories.keys import check_repository_key
from urllib.parse import urlsplit
import re


MAX_ENTRIES = 1_000

#: a week; whoever wants to wait for longer wants no indexing at all
MAX_QUIET_PERIOD = 7 * 24 * 3_600
MAX_ENTRY_LENGTH = 256

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def check_value(field: Field, value: object, *, label: str = "") -> JSON:
    """The value of a field, once its type, size and meaning are known to be right.

    Raises InvalidConfiguration with every fault; ``label`` is what the faults call the field. No
    fault repeats the value, which may be a secret.
    """
    label = label or f"Field '{field.name}'"
    checked = _typed(field, value, label)
    faults = tuple(_rule_faults(field, checked))
    if faults:
        raise InvalidConfiguration(f"{label} {fault}" for fault in faults)
    return checked


def _typed(field: Field, value: object, label: str) -> JSON:
    if field.type is FieldType.BOOL:
        return _boolean(value, label)
    if field.type is FieldType.INT:
        return _integer(value, label)
    if field.type is FieldType.STR:
        return _text(value, label, limit=field.limit, multiline=field.multiline)
    if field.type is FieldType.LIST:
        return _strings(value, label)
    return _shaped(field.default, value, label)


def _wrong_type(label: str, expected: FieldType) -> InvalidConfiguration:
    return InvalidConfiguration([f"{label} must be {expected}."])


def _boolean(value: object, label: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(label, FieldType.BOOL)
    return value


def _integer(value: object, label: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_INT:
        raise _wrong_type(label, FieldType.INT)
    return value


def _text(value: object, label: str, *, limit: int, multiline: bool = False) -> str:
    if not isinstance(value, str):
        raise _wrong_type(label, FieldType.STR)
    if len(value) > limit:
        raise InvalidConfiguration([f"{label} must be at most {limit} characters long."])
    if (_CONTROL_BUT_LINES if multiline else _CONTROL).search(value):
        raise InvalidConfiguration([f"{label} must not contain control characters."])
    if _SURROGATE.search(value):
        raise InvalidConfiguration([f"{label} must be valid Unicode."])
    return value


def _strings(value: object, label: str) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _wrong_type(label, FieldType.LIST)
    if not all(isinstance(item, str) for item in value):
        raise _wrong_type(label, FieldType.LIST)
    if len(value) > MAX_ENTRIES:
        raise InvalidConfiguration([f"{label} must have at most {MAX_ENTRIES} entries."])
    return tuple(_text(item, f"{label}: each entry", limit=MAX_ENTRY_LENGTH) for item in value)


def _shaped(shape: JSON, value: object, label: str) -> JSON:
    """An object of the shape of its default: what is missing or null in it is the default."""
    if not isinstance(shape, Mapping):
        return _boolean(value, label)
    if not isinstance(value, Mapping):
        raise _wrong_type(label, FieldType.OBJECT)
    return {
        name: inner if value.get(name) is None else _shaped(inner, value[name], f"{label}: {name}")
        for name, inner in shape.items()
    }


def _rule_faults(field: Field, value: JSON) -> Iterable[str]:
    if field.name == "repositories":
        return _member_faults(value)
    limit = _LARGEST.get(field.name)
    if limit is not None and isinstance(value, int) and value > limit:
        return (f"must be at most {limit}.",)
    rule = _TEXT_RULES.get(field.name)
    return rule(value) if rule is not None and isinstance(value, str) and value else ()


def url_faults(url: str) -> Iterator[str]:
    """What is wrong with the URL of an upstream, as sentences without their subject."""
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        yield "must not contain spaces, backslashes or control characters."
        return
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        yield "must be an http or https URL with a host."
    elif "@" in parts.netloc:
        yield "must not contain credentials: send them as username and password."


def _registry_faults(url: str) -> Iterator[str]:
    yield from url_faults(url)
    if "?" in url or "#" in url:
        yield "must not have a query or a fragment: the suffix is appended to it."


def _suffix_faults(suffix: str) -> Iterator[str]:
    wrong = re.search(r"[\s\\?#]", suffix) or suffix.startswith("/")
    if wrong or {".", ".."}.intersection(suffix.split("/")):
        yield "must be a relative path without '..', '?', '#', spaces and backslashes."


_LARGEST: Mapping[str, int] = {"quietPeriod": MAX_QUIET_PERIOD}

_TEXT_RULES: Mapping[str, Callable[[str], Iterator[str]]] = {
    "url": url_faults,
    "pyPIRegistryUrl": _registry_faults,
    "pyPIRepositorySuffix": _suffix_faults,
}


def _member_faults(members: JSON) -> Iterator[str]:
    assert isinstance(members, tuple)
    seen: set[str] = set()
    for member in members:
        try:
            check_repository_key(member)
        except InvalidConfiguration as invalid:
            yield from (f"names an invalid key. {fault}" for fault in invalid.faults)
        if member.casefold() in seen:
            yield f"names {member!a} more than once."
        seen.add(member.casefold())
