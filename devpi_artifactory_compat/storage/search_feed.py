"""What has changed on the server, read from devpi's changelog for the search database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.feeding import Batch
from devpi_artifactory_compat.storage.search_changes import COUNT_KEYS
from devpi_artifactory_compat.storage.search_changes import ITEM_KEYS
from devpi_artifactory_compat.storage.search_changes import downloads
from devpi_artifactory_compat.storage.search_changes import item
from devpi_artifactory_compat.storage.search_changes import item_id
from devpi_server.keyfs import KeyFS
from typing import Any
import hashlib
import time


#: a batch ends after the change that brings it to so many items, or has taken so many seconds
ITEMS_OF_A_BATCH = 1_000
SECONDS_OF_A_BATCH = 1.0

#: items of one piece of a snapshot
ITEMS_OF_A_PIECE = 2_000

_USER = "USER"


def newest_serial(keyfs: KeyFS) -> int:
    """Of the change that was committed last, by whomever."""
    with keyfs.get_connection() as connection:
        return last_serial(connection)


def last_serial(connection: Any) -> int:
    """As ``newest_serial``, where a connection of devpi is at hand."""
    return int(connection.db_read_last_changelog_serial())


def mark_of(connection: Any, serial: int) -> str:
    """Tells a change from another one of the same serial."""
    entry = connection.get_raw_changelog_entry(serial) if serial >= 0 else None
    return "" if entry is None else hashlib.sha256(entry).hexdigest()


def read_batch(connection: Any, start: int, end: int) -> Batch:
    """What has changed after the serial ``start``, up to ``end`` or less.

    Of each key the newest state is in it. ``connection`` is devpi's.
    """
    collected = _Collected()
    stop = time.monotonic() + SECONDS_OF_A_BATCH
    at = start
    while at < end and len(collected) < ITEMS_OF_A_BATCH and time.monotonic() < stop:
        at += 1
        collected.take(connection, connection.get_changes(at))
    return Batch(start=start, end=at, mark=mark_of(connection, at), changes=collected.changes())


@dataclass
class _Collected:
    items: dict[ItemId, Item | None] = field(default_factory=dict)
    downloads: dict[ItemId, Downloads | None] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.items) + len(self.downloads)

    def take(self, connection: Any, changes: Any) -> None:
        """The changes of one transaction."""
        for relpath, (keyname, back_serial, value) in changes.items():
            if keyname == _USER:
                for index in _lost_indexes(connection, relpath, back_serial, value):
                    self._drop(f"{relpath.split('/')[0]}/{index}")
        for relpath, (keyname, _back_serial, value) in changes.items():
            if keyname in ITEM_KEYS:
                self._item(keyname, relpath, value)
            elif keyname in COUNT_KEYS:
                self._count(keyname, relpath, value)

    def changes(self) -> Changes:
        return Changes(items=self.items, downloads=self.downloads, dropped=frozenset(self.dropped))

    def _drop(self, place: str) -> None:
        self.dropped.add(place)
        for found in (self.items, self.downloads):
            for each in [each for each in found if each.place == place]:
                del found[each]

    def _item(self, keyname: str, relpath: str, value: Any) -> None:
        each = item_id(keyname, relpath)
        if each is None:
            return
        if value:
            self.items[each] = item(keyname, value)
        elif each.place not in self.dropped:
            self.items[each] = None
        else:
            # what an index that is dropped held goes with it
            self.items.pop(each, None)

    def _count(self, keyname: str, relpath: str, value: Any) -> None:
        each = item_id(keyname, relpath)
        if each is not None:
            self.downloads[each] = downloads(value) if value else None


def _lost_indexes(connection: Any, relpath: str, back_serial: int, value: Any) -> set[str]:
    """Of a user."""
    if back_serial < 0:
        return set()
    _serial, _back_serial, before = connection.get_relpath_at(relpath, back_serial)
    return set(_indexes(before)) - set(_indexes(value))


def _indexes(user: Any) -> Any:
    return user.get("indexes", {}) if user else {}


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of all there is: what was last changed at serials above ``below``."""

    items: dict[ItemId, Item]
    downloads: dict[ItemId, Downloads | None]
    below: int


def pieces(keyfs: KeyFS, names: frozenset[str], serial: int) -> Iterator[Piece]:
    """All keys of those names and their values at ``serial``, the last changed first.

    What was changed after ``serial`` may be missing: whoever wants it reads the changelog from
    there. No piece is much larger than the changes of one transaction.
    """
    keys = [getattr(keyfs, name) for name in sorted(names)]
    at = serial
    while at >= 0:
        with keyfs.get_connection() as connection:
            piece = _piece(connection, keys, at)
        yield piece
        at = piece.below


def _piece(connection: Any, keys: list[Any], serial: int) -> Piece:
    items: dict[ItemId, Item] = {}
    counted: dict[ItemId, Downloads | None] = {}
    below = serial
    for info in connection.iter_relpaths_at(keys, serial):
        if info.serial != below and len(items) + len(counted) >= ITEMS_OF_A_PIECE:
            return Piece(items=items, downloads=counted, below=info.serial)
        below = info.serial
        each = item_id(info.keyname, info.relpath) if info.value else None
        if each is None:
            continue
        if info.keyname in ITEM_KEYS:
            found = item(info.keyname, info.value)
            if found is not None:
                items[each] = found
        else:
            counted[each] = downloads(info.value)
    return Piece(items=items, downloads=counted, below=-1)
