"""What files are searched by."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import last_downloaded
from devpi_artifactory_compat.search.tables import ROOT
from devpi_artifactory_compat.search.tables import Tables
from devpi_artifactory_compat.search.tables import head
from devpi_artifactory_compat.search.tables import HEAD
from devpi_artifactory_compat.search.wildcards import has_wildcards
from devpi_artifactory_compat.search.wildcards import literal_start
from devpi_artifactory_compat.search.wildcards import matches
from devpi_artifactory_compat.search.wildcards import matches_in_any_case
from devpi_artifactory_compat.search.wildcards import starts_with
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
        return matches_in_any_case(tables.items.c.name, f"*{part}*")

    return condition


def has_property(key: str, values: Sequence[str]) -> Condition:
    """One of the values, which may have wildcards; without values any."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        found = tables.properties.c
        theirs = select(found.item_id).where(found.key == key)
        if values and "*" not in values:
            theirs = theirs.where(_is_one_of(found.value, values))
        return tables.items.c.id.in_(theirs)

    return condition


def _is_one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    plain = [value for value in values if not has_wildcards(value)]
    ways = [
        and_(starts_with(column, literal_start(value)), matches(column, value))
        for value in values
        if has_wildcards(value)
    ]
    if plain:
        heads = {value[:HEAD] for value in plain}
        ways.append(and_(head(column).in_(sorted(heads)), column.in_(plain)))
    return or_(*ways)


def lies_at(pattern: str) -> Condition:
    """The whole path of a file; no wildcard stands for a slash."""
    folder, _, name = pattern.rpartition("/")

    def condition(tables: Tables) -> ColumnElement[bool]:
        columns = tables.items.c
        path = columns.path == ROOT
        if folder:
            path = and_(
                starts_with(columns.path, literal_start(folder)), matches(columns.path, folder)
            )
        # with as many slashes as the pattern has, each of them is met by one of the pattern's
        return and_(columns.depth == pattern.count("/") + 1, path, matches(columns.name, name))

    return condition


def lies_below(path: str) -> Condition:
    """The folder of a file, one above that, or the file itself."""
    folder, _, name = path.rpartition("/")

    def condition(tables: Tables) -> ColumnElement[bool]:
        columns = tables.items.c
        return or_(
            and_(head(columns.path) == path[:HEAD], columns.path == path),
            starts_with(columns.path, f"{path}/"),
            and_(columns.path == (folder or ROOT), columns.name == name),
        )

    return condition


def has_checksums(checksums: Mapping[str, str]) -> Condition:
    """``md5``, ``sha1`` and ``sha256`` as far as they are given, in lower case; all have to fit."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        columns = tables.items.c
        return and_(*(columns[name] == value for name, value in checksums.items()))

    return condition


def is_between(fields: Sequence[DateField], start: int, end: int) -> Condition:
    """Whether one of the times is in a range, both ends included, in milliseconds."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        return or_(*(_time(tables, field).between(start, end) for field in fields))

    return condition


def is_unused(*, since: int, created_before: int) -> Condition:
    """Created before a time, and not downloaded from another on; in milliseconds."""

    def condition(tables: Tables) -> ColumnElement[bool]:
        return and_(
            last_downloaded(tables) < since,
            tables.items.c.created < created_before,
        )

    return condition


def _time(tables: Tables, field: DateField) -> ColumnElement[int]:
    columns: dict[DateField, ColumnElement[int]] = {
        DateField.CREATED: tables.items.c.created,
        DateField.LAST_MODIFIED: tables.items.c.modified,
        DateField.LAST_DOWNLOADED: tables.statistics.c.downloaded,
    }
    return columns[field]
