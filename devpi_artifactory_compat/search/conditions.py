"""What files are searched by."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.texts import TextColumn
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import last_downloaded
from devpi_artifactory_compat.search.tables import ROOT
from devpi_artifactory_compat.search.tables import Tables
from enum import StrEnum
from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import or_
from sqlalchemy import select


class DateField(StrEnum):
    """A time of a file, by its name in Artifactory's JSON."""

    CREATED = "created"
    LAST_MODIFIED = "lastModified"
    LAST_DOWNLOADED = "lastDownloaded"


def is_named(part: str) -> Condition:
    """Part of the file's name in any case; it may have wildcards."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        name = TextColumn(tables.items.c.name)
        return name.compared(Comparator.MATCHES_IGNORING_CASE, f"*{part}*")

    return Condition(condition)


def has_property(key: str, values: Sequence[str]) -> Condition:
    """One of the values, which may have wildcards; without values any."""
    return _having(key, Comparator.MATCHES, values or ["*"])


def has_value(key: str, value: str) -> Condition:
    """Just this value of a property; no character of it is a wildcard."""
    return _having(key, Comparator.EQUALS, [value])


def _having(key: str, comparator: Comparator, values: Sequence[str]) -> Condition:
    def condition(tables: Tables) -> ColumnElement[bool]:
        found = tables.properties.c
        value = TextColumn(found.value, has_head=True)
        ways = (value.compared(comparator, each) for each in values)
        return tables.items.c.id.in_(select(found.item_id).where(found.key == key, or_(*ways)))

    return Condition(condition, finds_items=True)


def lies_at(pattern: str) -> Condition:
    """The whole path of a file; no wildcard stands for a slash."""
    folder, _, name = pattern.rpartition("/")

    def condition(tables: Tables) -> ColumnElement[bool]:
        columns = tables.items.c
        path = TextColumn(columns.path, has_head=True)
        return and_(
            # with as many slashes as the pattern has, each of them is met by one of the pattern's
            columns.depth == pattern.count("/") + 1,
            path.compared(Comparator.MATCHES if folder else Comparator.EQUALS, folder or ROOT),
            TextColumn(columns.name).compared(Comparator.MATCHES, name),
        )

    return Condition(condition)


def lies_below(path: str) -> Condition:
    """The folder of a file, or one above that."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        found = TextColumn(tables.items.c.path, has_head=True)
        # "0" comes next to "/": an index answers this for both of what follows
        begins = found.compared(Comparator.GREATER_OR_EQUAL, path)
        ends = found.compared(Comparator.LESS, f"{path}0")
        inside = tables.items.c.path >= f"{path}/"
        return and_(begins, ends, or_(tables.items.c.path == path, inside))

    return Condition(condition)


def has_checksums(checksums: Mapping[str, str]) -> Condition:
    """``md5``, ``sha1`` and ``sha256`` as far as they are given, in lower case; all have to fit."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        columns = tables.items.c
        return and_(*(columns[name] == value for name, value in checksums.items()))

    return Condition(condition, finds_items=True)


def is_between(fields: Sequence[DateField], start: int, end: int) -> Condition:
    """Whether one of the times is in a range, both ends included, in milliseconds."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        return or_(*(_time(tables, field).between(start, end) for field in fields))

    return Condition(condition)


def is_unused(*, since: int, created_before: int) -> Condition:
    """Created before a time, and not downloaded from another on; in milliseconds."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        return and_(
            last_downloaded(tables) < since,
            tables.items.c.created < created_before,
        )

    return Condition(condition)


def _time(tables: Tables, field: DateField) -> ColumnElement[int]:
    columns: dict[DateField, ColumnElement[int]] = {
        DateField.CREATED: tables.items.c.created,
        DateField.LAST_MODIFIED: tables.items.c.modified,
        DateField.LAST_DOWNLOADED: tables.statistics.c.downloaded,
    }
    return columns[field]
