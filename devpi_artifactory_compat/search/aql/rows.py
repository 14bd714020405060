"""Rows of the database as JSON."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from devpi_artifactory_compat.search.aql.compiler import PROPERTIES
from devpi_artifactory_compat.search.aql.compiler import label
from devpi_artifactory_compat.search.aql.fields import info
from devpi_artifactory_compat.search.aql.places import Places
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.shown import Shown
from functools import lru_cache
from typing import Any
import json


#: numbers that are shown of a file that was never downloaded
_COUNTS = frozenset(Field(Domain.STATS, each) for each in ("downloads", "remote_downloads"))

_REPO = Field(Domain.ITEMS, "repo")
_VIRTUAL_REPOS = Field(Domain.ITEMS, "virtual_repos")

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, without an offset in its text
_MILLISECOND = timedelta(milliseconds=1)

_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


#: the name in JSON, the position of the column in a row, what makes JSON of a value, and what is
#: shown instead of NULL; a tuple because millions of them are used in one answer
_Member = tuple[str, int, Callable[[Any], str], str | None]


class RowWriter:
    """Rows have columns with the ``names`` that the compiler gives them.

    What is NULL is left out, but numbers of statistics are 0.
    """

    def __init__(self, shown: Shown, domain: Domain, places: Places, names: Sequence[str]) -> None:
        self._places = places
        self._positions = {name: position for position, name in enumerate(names)}
        self._own = self._members(shown.own)
        self._item = self._members(shown.item)
        self._stats = self._members(shown.stats) if shown.stats else None
        self._properties = self._positions.get(PROPERTIES)
        self._is_item = domain is Domain.ITEMS

    def written(self, row: Sequence[Any]) -> str:
        own = _present(self._own, row)
        beside = [*_present(self._item, row), *self._lists(row)]
        if self._is_item:
            own += beside
        elif beside:
            own.append(f'"items":[{_object(beside)}]')
        return _object(own)

    def _lists(self, row: Sequence[Any]) -> list[str]:
        found = []
        if self._properties is not None:
            # PostgreSQL makes null of no rows
            found.append(f'"properties":{row[self._properties] or "[]"}')
        if self._stats is not None:
            found.append(f'"stats":[{_object(_present(self._stats, row))}]')
        return found

    def _members(self, fields: Iterable[Field]) -> list[_Member]:
        return [self._member(each) for each in fields if label(each) in self._positions]

    def _member(self, field: Field) -> _Member:
        null = "0" if field in _COUNTS else None
        name = f"{_dump(field.name)}:"
        return name, self._positions[label(field)], self._converter(field), null

    def _converter(self, field: Field) -> Callable[[Any], str]:
        if field == _REPO:
            return {number: _dump(key) for number, key in self._places.keys.items()}.__getitem__
        if field == _VIRTUAL_REPOS:
            return self._virtual_repos
        return _CONVERTERS[info(field).type]

    def _virtual_repos(self, place: int) -> str:
        return _dump(self._places.virtual_repos.get(self._places.keys[place], ()))


def _present(members: Iterable[_Member], row: Sequence[Any]) -> list[str]:
    found = []
    for name, position, to_json, null in members:
        value = row[position]
        if value is not None:
            found.append(name + to_json(value))
        elif null is not None:
            found.append(name + null)
    return found


def _object(members: Iterable[str]) -> str:
    return f"{{{','.join(members)}}}"


# one row has the same time in several columns
@lru_cache(maxsize=1024)
def _date(value: int) -> str:
    """ISO 8601 with milliseconds, in UTC."""
    moment = _EPOCH + value * _MILLISECOND
    return f'"{moment.isoformat(timespec="milliseconds")}Z"'


_CONVERTERS: dict[FieldType, Callable[[Any], str]] = {
    FieldType.STRING: _dump,
    FieldType.ITEM_TYPE: _dump,
    FieldType.NUMBER: str,
    FieldType.DATE: _date,
}
