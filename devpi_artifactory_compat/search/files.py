"""Searches for files, each of which is one SQL statement."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.search.constructs import Unindexed
from devpi_artifactory_compat.search.tables import FILE
from devpi_artifactory_compat.search.tables import Tables
from devpi_artifactory_compat.search.visible import Visible
from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select
from typing import Any


@dataclass(frozen=True)
class Condition:
    """``of`` makes it for the tables of a statement: ``items``, ``places`` and ``statistics``.

    ``finds_items`` says that an index leads from it to the items, and to few of them as a rule.
    """

    of: Callable[[Tables], ColumnElement[bool]]
    finds_items: bool = False


@dataclass(frozen=True, kw_only=True)
class FileSearch:
    """``keys`` are the indexes that are searched, each with the key that its files are shown under.

    The order is that of the indexes' names and of the paths, behind the time of the last download
    with ``least_used_first``. Not more than ``limit`` files are found.
    """

    keys: Mapping[str, str]
    conditions: Sequence[Condition]
    limit: int
    least_used_first: bool = False

    def statement(self, tables: Tables) -> Select[Any]:
        items, places, statistics = tables.items, tables.places, tables.statistics
        conditions = [condition.of(tables) for condition in self.conditions]
        place_id: ColumnElement[int] = items.c.place_id
        if any(condition.finds_items for condition in self.conditions):
            place_id = Unindexed(place_id)
        order: list[ColumnElement[Any]] = [places.c.name, items.c.path, items.c.name]
        if self.least_used_first:
            order.insert(0, last_downloaded(tables))
        return (
            select(
                items,
                places.c.name.label("place"),
                statistics.c.downloads,
                statistics.c.downloaded,
                statistics.c.downloaded_by,
            )
            .join(places, places.c.id == place_id)
            .outerjoin(statistics, statistics.c.item_id == items.c.id)
            .where(items.c.type == FILE, places.c.name.in_(sorted(self.keys)), *conditions)
            .order_by(*order)
            .limit(self.limit)
        )


def searched(visible: Visible, wanted: Sequence[str] | None) -> dict[str, str]:
    """What ``FileSearch.keys`` are for the wanted keys, or for all that the reader may read.

    A key that stands for others stands for those. What is not there, or may not be read, has no
    files: the two are the same.
    """
    keys = visible.repositories if wanted is None else dict.fromkeys(wanted)
    shown = {key for each in keys for key in visible.named(each)}
    return {index: key for key, index in visible.repositories.items() if key in shown}


def last_downloaded(tables: Tables) -> ColumnElement[int]:
    """Milliseconds since the epoch; 0 for what never was."""
    column: ColumnElement[int] = func.coalesce(tables.statistics.c.downloaded, 0)
    return column
