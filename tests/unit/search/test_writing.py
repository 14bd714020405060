"""What a generation holds after changes, and whoever else brings them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from devpi_artifactory_compat.search.building import Builder
from devpi_artifactory_compat.search.building import Snapshot
from devpi_artifactory_compat.search.building import claim
from devpi_artifactory_compat.search.building import drop_unused
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.feeding import Batch
from devpi_artifactory_compat.search.feeding import advance
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.search.generations import active_of
from devpi_artifactory_compat.search.generations import all_generations
from devpi_artifactory_compat.search.health import prepare
from devpi_artifactory_compat.search.tables import LETTERS
from devpi_artifactory_compat.search.tables import common
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.storage.search_changes import MAX_NAME_BYTES
from hashlib import sha256
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError
from support.search_content import content_of
from typing import Any
import pytest
import threading


PLACES = ("repo/a", "repo/b")
PATHS = ("", "x", "x/y", "x/y.txt", "über/z")


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[SearchDatabase]:
    opened = SearchDatabase(database_url)
    with opened.writing() as connection:
        for metadata in (common(), *(tables(letter).metadata for letter in LETTERS)):
            metadata.drop_all(connection)
    prepare(opened)
    yield opened
    opened.close()


def empty(database: SearchDatabase) -> Generation:
    """A new generation that answers and holds nothing."""
    claimed = claim(database, Snapshot(server="s", serial=0, mark=""))
    builder = Builder(database, claimed)
    builder.start()
    builder.index_digests()
    builder.flip()
    with database.looking() as connection:
        active = active_of(all_generations(connection))
    assert active is not None
    assert active.builder == claimed.builder
    return active


def held(database: SearchDatabase) -> dict[Any, Any]:
    with database.reading() as reading:
        return content_of(reading)


def item_id(place: str, path: str, *, is_folder: bool = False) -> ItemId:
    return ItemId(place, sha256(path.encode()).digest(), is_folder)


def item(path: str, **values: Any) -> Item:
    given = {"created": 1, "created_by": "u", "modified": 2, "modified_by": "w", **values}
    return Item(whole_path=path, **given)


def batch(start: int, end: int, **changes: Any) -> Batch:
    return Batch(start=start, end=end, mark=f"m{end}", changes=Changes(**changes))


# against a model

values = st.lists(st.sampled_from(["", "1", "ü"]), max_size=2)
ids = st.builds(
    lambda place, path, is_folder: (item_id(place, path, is_folder=is_folder), path),
    st.sampled_from(PLACES),
    st.sampled_from(PATHS),
    st.booleans(),
)
items = st.dictionaries(
    ids,
    st.none()
    | st.fixed_dictionaries(
        {
            "size": st.integers(0, 2**40),
            "project": st.none() | st.just("demo"),
            "modified": st.integers(0, 3),
            "properties": st.dictionaries(st.sampled_from(["k", "l"]), values, max_size=2),
        }
    ),
    max_size=6,
)
downloads = st.dictionaries(
    ids,
    st.none()
    | st.builds(Downloads, count=st.integers(1, 9), last=st.just(5), last_by=st.just("d")),
)
batches = st.lists(st.tuples(items, downloads, st.sets(st.sampled_from(PLACES))), max_size=5)


class Model:
    """The rows as they have to be, kept in dictionaries."""

    def __init__(self) -> None:
        self._items: dict[ItemId, Item] = {}
        self._downloads: dict[ItemId, Downloads] = {}

    def apply(self, changes: Changes) -> None:
        for each in [each for each in self._items if each.place in changes.dropped]:
            self._forget(each)
        for each, item in changes.items.items():
            if item is None:
                self._forget(each)
            else:
                self._items[each] = item
        for each, counted in changes.downloads.items():
            if counted is None:
                self._downloads.pop(each, None)
            elif each in self._items:
                self._downloads[each] = counted

    def _forget(self, each: ItemId) -> None:
        self._items.pop(each, None)
        self._downloads.pop(each, None)

    def rows(self) -> dict[Any, Any]:
        found = {}
        for each, item in self._items.items():
            columns = {**item.columns(is_folder=each.is_folder), "digest": each.digest}
            counted = self._downloads.get(each)
            shown = None if counted is None else (counted.count, counted.last, counted.last_by)
            key = (each.place, columns["type"], columns["path"], columns["name"])
            found[key] = (columns, list(item.values()), shown)
        return found


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches)
def test_rows_are_the_newest_state_of_each_item(database: SearchDatabase, steps: Any) -> None:
    """Whatever comes in a batch, twice, or of an index that was dropped before it."""
    active, model = empty(database), Model()
    for serial, (changed, counted, dropped) in enumerate(steps):
        changes = {
            "items": {
                each: None if given is None else item(path, **given)
                for (each, path), given in changed.items()
            },
            "downloads": {each: count for (each, _path), count in counted.items()},
            "dropped": frozenset(dropped),
        }
        given_batch = batch(serial, serial + 1, **changes)
        assert advance(database, active, given_batch) == serial + 1
        model.apply(given_batch.changes)
        assert held(database) == model.rows()
        # who comes later with the same changes nothing
        assert advance(database, active, given_batch) == serial + 1
        assert held(database) == model.rows()


# batches that overlap


def test_batch_that_begins_earlier_does_the_rest(database: SearchDatabase) -> None:
    active = empty(database)
    first, second = item_id("p", "1"), item_id("p", "2")
    assert advance(database, active, batch(0, 1, items={first: item("1")})) == 1

    both = {first: item("1", size=3), second: item("2")}
    assert advance(database, active, batch(0, 2, items=both)) == 2

    assert {columns["size"] for columns, *_ in held(database).values()} == {0, 3}


def test_batch_that_leaves_a_gap_or_comes_late_does_nothing(database: SearchDatabase) -> None:
    active = empty(database)
    late = batch(0, 1, items={item_id("p", "1"): item("1")})
    assert advance(database, active, batch(0, 2)) == 2

    assert advance(database, active, late) == 2
    assert advance(database, active, batch(3, 4, items=late.changes.items)) == 2

    assert held(database) == {}


def test_batch_for_a_generation_that_is_gone_does_nothing(database: SearchDatabase) -> None:
    before = empty(database)
    empty(database)

    change = batch(0, 1, items={item_id("p", "1"): item("1")})
    assert advance(database, before, change) is None

    assert held(database) == {}


def test_many_who_bring_the_same_change_bring_it_once(database: SearchDatabase) -> None:
    active = empty(database)
    each = item_id("p", "1")
    reached: list[object] = []

    def bring() -> None:
        for serial in range(10):
            # each state has more values than the one before
            properties = {"k": [str(number) for number in range(serial + 1)]}
            change = batch(serial, serial + 1, items={each: item("1", properties=properties)})
            advance(database, active, change)
        with database.looking() as connection:
            reached.append(all_generations(connection)[0].serial)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert reached == [10] * 4
    ((_columns, values, _count),) = held(database).values()
    assert values == [("k", str(number)) for number in range(10)]


# readers


def test_reader_sees_one_state(database: SearchDatabase) -> None:
    active = empty(database)
    advance(database, active, batch(0, 1, items={item_id("p", "1"): item("1")}))

    with database.reading() as reading:
        before = content_of(reading)
        advance(database, active, batch(1, 2, items={item_id("p", "2"): item("2")}))
        assert content_of(reading) == before
        assert reading.serial == 1

    assert len(held(database)) == 2


def test_reader_goes_on_while_another_generation_takes_over(database: SearchDatabase) -> None:
    active = empty(database)
    advance(database, active, batch(0, 1, items={item_id("p", "1"): item("1")}))

    with database.reading() as reading:
        empty(database)
        # the tables stay, although the search has not looked into them yet
        with suppress(OperationalError):
            drop_unused(database)
        assert len(content_of(reading)) == 1

    assert held(database) == {}
    drop_unused(database)
    with database.looking() as connection:
        present = set(inspect(connection).get_table_names())
    assert not present & set(tables(active.letter).metadata.tables)


def test_longest_texts_that_there_can_be_are_taken(database: SearchDatabase) -> None:
    """An index of PostgreSQL takes 2,700 bytes of a row, and these are hard to compress."""
    active = empty(database)
    hard = "".join(chr(0x10000 + (number * 7919) % 0x9000) for number in range(1024))
    longest = MAX_NAME_BYTES // len(hard[0].encode())
    paths = (hard[:longest], f"{hard[:511]}/{hard[512 : 512 + longest]}", "/".join(hard[:1023:2]))
    found = {
        item_id("p", path): item(
            path, created_by=hard, project=hard[:longest], properties={hard[:255]: [hard, ""]}
        )
        for path in paths
    }

    assert advance(database, active, batch(0, 1, items=found)) == 1

    assert len(held(database)) == len(paths)
