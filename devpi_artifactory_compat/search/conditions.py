"""What files are searched by."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import last_downloaded
from devpi_artifactory_compat.search.tables import Tables
from enum import StrEnum
from sqlalchemy import ColumnElement
from sqlalchemy import and_
from sqlalchemy import or_


class DateField(StrEnum):
    """A time of a file, by its name in Artifactory's JSON."""

    CREATED = "created"
    LAST_MODIFIED = "lastModified"
    LAST_DOWNLOADED = "lastDownloaded"


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
