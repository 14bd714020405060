"""What a search by the REST API asks for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.repositories.property_syntax import split_at
from devpi_artifactory_compat.search.conditions import has_property
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import searched
from devpi_artifactory_compat.search.visible import Visible
from devpi_artifactory_compat.storage.search_visible import visible_of
from devpi_artifactory_compat.views.queries import flag
from devpi_artifactory_compat.views.visit import Visit
from functools import cached_property
from pyramid.request import Request
from urllib.parse import unquote_to_bytes
import re


MAX_QUERY = 64 * 1024
#: of one name or value, in characters
MAX_TEXT = 4_096

#: of one search by properties
MAX_KEYS = 50
MAX_VALUES = 500
MAX_PATTERNS = 50

#: 15 digits reach to the year 33,658
_MILLISECONDS = re.compile(r"-?\d{1,15}", re.ASCII)

_ESCAPED = re.compile(r"\\([\\,])")

#: what years a date may have, so that its milliseconds can be had in every time zone
_YEARS = range(2, 9_999)


class SearchRequest:
    """One search, its parameters decoded; of one that stands twice the first counts."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.visit = Visit(request)
        self.parameters = _parameters(request)

    def require_user(self) -> None:
        """Raises NotAuthenticated where Artifactory wants more than the right to read."""
        self.visit.require(self.visit.user is not None, "search so")

    def text(self, name: str) -> str:
        """The first value without blanks around; empty for a parameter that is not there."""
        return next(iter(self.parameters.get(name, ())), "").strip()

    def required(self, name: str) -> str:
        """Raises BadRequest for a parameter that is empty or not there."""
        value = self.text(name)
        if not value:
            raise BadRequest(f"The query parameter '{name}' is missing.")
        return value

    def values(self, name: str) -> list[str]:
        """All values of a parameter, which stand between commas, each once."""
        return list(dict.fromkeys(v for each in self.parameters.get(name, ()) for v in split(each)))

    def time(self, name: str) -> int | None:
        """Milliseconds since the epoch, or ISO 8601; None when it is not there."""
        value = self.text(name)
        return _time(name, value) if value else None

    def flag(self, name: str) -> bool:
        """Raises BadRequest for what is no flag."""
        return flag({name: self.text(name)} if name in self.parameters else {}, name, default=False)

    @cached_property
    def visible(self) -> Visible:
        return visible_of(self.visit.catalog, self.visit.may_read_index)

    @cached_property
    def wanted(self) -> list[str] | None:
        """The keys in ``repos``; None for all."""
        return [key.strip() for key in self.values("repos") if key.strip()] or None

    @cached_property
    def keys(self) -> dict[str, str]:
        """The indexes that are searched, each with its key."""
        return searched(self.visible, self.wanted)

    @property
    def details(self) -> frozenset[str]:
        """What ``X-Result-Detail`` wants: ``info``, ``properties`` or both."""
        header = self.request.headers.get("X-Result-Detail", "")
        return frozenset(part.strip().lower() for part in header.split(","))


def property_conditions(asked: SearchRequest, *, beside: Collection[str]) -> list[Condition]:
    """Those that all parameters but some are: ``key=v1,v2``, or ``key`` for any value."""
    wanted = {key: asked.values(key) for key in asked.parameters if key not in beside}
    values = [value for each in wanted.values() for value in each]
    if not all(wanted):
        raise BadRequest("A property has no key.")
    for what, found, most in (
        ("properties", len(wanted), MAX_KEYS),
        ("values", len(values), MAX_VALUES),
        ("values with wildcards", sum("*" in v or "?" in v for v in values), MAX_PATTERNS),
    ):
        if found > most:
            raise BadRequest(f"A search is by {most} {what} at most, not by {found}.")
    return [has_property(key, [v for v in found if v]) for key, found in wanted.items()]


def split(text: str) -> list[str]:
    r"""The values between commas; ``\,`` is a comma, ``\\`` a backslash."""
    return [_ESCAPED.sub(r"\1", value) for value in split_at(",", text)]


def _parameters(request: Request) -> dict[str, list[str]]:
    raw = request.query_string
    if len(raw) > MAX_QUERY:
        raise BadRequest(f"The query is longer than {MAX_QUERY} bytes.")
    found: dict[str, list[str]] = {}
    for part in raw.split("&"):
        name, _, value = part.partition("=")
        if part:
            found.setdefault(_decoded(name), []).append(_decoded(value))
    return found


def _decoded(raw: str) -> str:
    try:
        text = unquote_to_bytes(raw.replace("+", " ").encode("latin-1")).decode()
    except UnicodeError:
        raise BadRequest("The query is not UTF-8.") from None
    if "\0" in text:
        raise BadRequest("The query holds a NUL.")
    if len(text) > MAX_TEXT:
        raise BadRequest(f"'{text[:50]}…' in the query is longer than {MAX_TEXT} characters.")
    return text


def _time(name: str, value: str) -> int:
    if _MILLISECONDS.fullmatch(value):
        return int(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise BadRequest(
            f"'{name}' must be milliseconds since 1970 or a time by ISO 8601, not '{value[:50]}'."
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
