"""Brings rows in step with what has changed, in the running transaction of a connection."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.tables import FOLDER
from devpi_artifactory_compat.search.tables import Tables
from itertools import groupby
from sqlalchemy import Connection
from sqlalchemy import bindparam
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from typing import Any


#: rows that are looked up or deleted by one statement
_CHUNK = 500

Row = dict[str, Any]


class Writer:
    """Writes into one generation; nobody else may write into it at the same time."""

    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._tables = tables

    def apply(self, changes: Changes) -> None:
        for place in sorted(changes.dropped):
            self._drop(place)
        places = self._places({each.place for each in (*changes.items, *changes.downloads)})
        known = self._ids([*changes.items, *changes.downloads], places)
        gone = [each for each, item in changes.items.items() if item is None]
        self._delete([known.pop(each) for each in gone if each in known])
        self._save({k: v for k, v in changes.items.items() if v is not None}, places, known)
        self._count(changes.downloads, known)

    def add(self, items: Mapping[ItemId, Item]) -> None:
        """Of items of which none is there."""
        if items:
            self._insert(items, self._places({each.place for each in items}), {})

    # places

    def _places(self, names: Collection[str]) -> dict[str, int]:
        """The ids of indexes; those that are new get one."""
        table = self._tables.places
        known = {name: number for number, name in self._rows(select(table.c.id, table.c.name))}
        new = sorted(set(names) - known.keys())
        if new:
            start = self._next_id(table.c.id)
            rows = [{"id": number, "name": name} for number, name in enumerate(new, start)]
            self._connection.execute(insert(table), rows)
            known.update({row["name"]: row["id"] for row in rows})
        return known

    def _drop(self, place: str) -> None:
        places, items = self._tables.places, self._tables.items
        number = self._connection.scalar(select(places.c.id).where(places.c.name == place))
        if number is None:
            return
        theirs = select(items.c.id).where(items.c.place_id == number)
        for table in (self._tables.properties, self._tables.statistics):
            self._connection.execute(delete(table).where(table.c.item_id.in_(theirs)))
        self._connection.execute(delete(items).where(items.c.place_id == number))
        self._connection.execute(delete(places).where(places.c.id == number))

    # items

    def _ids(self, wanted: Iterable[ItemId], places: Mapping[str, int]) -> dict[ItemId, int]:
        """Of those that are there."""
        items = self._tables.items
        found: dict[ItemId, int] = {}
        for place, group in groupby(sorted(set(wanted)), key=lambda each: each.place):
            for chunk in _chunks([each.digest for each in group]):
                rows = self._rows(
                    select(items.c.id, items.c.digest, items.c.type).where(
                        items.c.place_id == places[place], items.c.digest.in_(chunk)
                    )
                )
                for number, digest, kind in rows:
                    found[ItemId(place, bytes(digest), kind == FOLDER)] = number
        return found

    def _delete(self, ids: Sequence[int]) -> None:
        self._forget_beside(ids)
        items = self._tables.items
        for chunk in _chunks(ids):
            self._connection.execute(delete(items).where(items.c.id.in_(chunk)))

    def _forget_beside(self, ids: Sequence[int]) -> None:
        for table in (self._tables.properties, self._tables.statistics):
            self._delete_of(table, ids)

    def _delete_of(self, table: Any, ids: Sequence[int]) -> None:
        for chunk in _chunks(ids):
            self._connection.execute(delete(table).where(table.c.item_id.in_(chunk)))

    def _save(
        self, items: Mapping[ItemId, Item], places: Mapping[str, int], known: dict[ItemId, int]
    ) -> None:
        """``known`` learns the ids of those that are new."""
        there = {each: item for each, item in items.items() if each in known}
        changed = self._really_changed(there, known)
        new = {each: item for each, item in items.items() if each not in known}
        if changed:
            self._update(changed, known)
        if new:
            self._insert(new, places, known)

    def _insert(
        self, new: Mapping[ItemId, Item], places: Mapping[str, int], known: dict[ItemId, int]
    ) -> None:
        table = self._tables.items
        start = self._next_id(table.c.id)
        rows = []
        for number, (each, item) in enumerate(new.items(), start):
            known[each] = number
            columns = item.columns(is_folder=each.is_folder)
            rows.append(
                {
                    "id": number,
                    "place_id": places[each.place],
                    "digest": each.digest,
                    **columns,
                }
            )
        self._connection.execute(insert(table), rows)
        self._insert_properties(new, known)

    def _really_changed(
        self, items: Mapping[ItemId, Item], known: Mapping[ItemId, int]
    ) -> Mapping[ItemId, Item]:
        """Files, and the folders of which more has changed than what lies in them."""
        folders = {known[each]: each for each in items if each.is_folder}
        same: set[ItemId] = set()
        for number, columns, values in self._folders(list(folders)):
            each = folders[number]
            item = items[each]
            if columns == item.columns(is_folder=True) and values == item.values():
                same.add(each)
        return {each: item for each, item in items.items() if each not in same}

    def _folders(self, ids: Sequence[int]) -> Iterator[tuple[int, Row, list[tuple[str, str]]]]:
        items, properties = self._tables.items, self._tables.properties
        for chunk in _chunks(ids):
            values: dict[int, list[tuple[str, str]]] = {}
            rows = self._rows(
                select(properties.c.item_id, properties.c.key, properties.c.value)
                .where(properties.c.item_id.in_(chunk))
                .order_by(properties.c.item_id, properties.c.position)
            )
            for number, key, value in rows:
                values.setdefault(number, []).append((key, value))
            found = self._connection.execute(select(items).where(items.c.id.in_(chunk)))
            for row in found.mappings():
                columns = {k: v for k, v in row.items() if k not in {"id", "place_id", "digest"}}
                yield row["id"], columns, values.get(row["id"], [])

    def _update(self, changed: Mapping[ItemId, Item], known: Mapping[ItemId, int]) -> None:
        table = self._tables.items
        rows: list[Row] = [
            {"row_id": known[each], **item.columns(is_folder=each.is_folder)}
            for each, item in changed.items()
        ]
        columns = [name for name in rows[0] if name != "row_id"]
        self._connection.execute(
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({name: bindparam(name) for name in columns}),
            rows,
        )
        self._delete_of(self._tables.properties, [row["row_id"] for row in rows])
        self._insert_properties(changed, known)

    def _insert_properties(self, items: Mapping[ItemId, Item], known: Mapping[ItemId, int]) -> None:
        rows = [
            {"item_id": known[each], "position": position, "key": key, "value": value}
            for each, item in items.items()
            for position, (key, value) in enumerate(item.values())
        ]
        if rows:
            self._connection.execute(insert(self._tables.properties), rows)

    # statistics

    def _count(
        self, downloads: Mapping[ItemId, Downloads | None], known: Mapping[ItemId, int]
    ) -> None:
        table = self._tables.statistics
        ours = {known[each]: counted for each, counted in downloads.items() if each in known}
        self._delete_of(table, list(ours))
        rows = [
            {
                "item_id": number,
                "downloads": counted.count,
                "downloaded": counted.last,
                "downloaded_by": counted.last_by,
            }
            for number, counted in ours.items()
            if counted is not None
        ]
        if rows:
            self._connection.execute(insert(table), rows)

    # rows

    def _next_id(self, column: Any) -> int:
        highest = self._connection.scalar(select(func.max(column)))
        return 1 if highest is None else int(highest) + 1

    def _rows(self, statement: Any) -> Iterator[Any]:
        return iter(self._connection.execute(statement))


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
