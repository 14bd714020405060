"""Builds a generation anew while the other one goes on answering.

One builder at a time: it holds a claim, and each of its transactions begins with looking whether it
still does and ends with saying that it lives.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.search.generations import active_of
from devpi_artifactory_compat.search.generations import all_generations
from devpi_artifactory_compat.search.generations import building_of
from devpi_artifactory_compat.search.generations import change
from devpi_artifactory_compat.search.generations import lock
from devpi_artifactory_compat.search.generations import lock_all
from devpi_artifactory_compat.search.generations import now
from devpi_artifactory_compat.search.tables import LETTERS
from devpi_artifactory_compat.search.tables import SCHEMA
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.search.writing import Writer
from sqlalchemy import Connection
from sqlalchemy import Index
from sqlalchemy import MetaData
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import text
import secrets


#: a builder that has said nothing for so long is dead
CLAIM_SECS = 20

#: how long searches may keep a table from being dropped; later it is tried again
_DROP_WITHIN_SECS = 2


class ClaimLost(Exception):
    """Another builder has taken over, or the generation was taken away."""


class BuildUnderWay(Exception):
    """There is a builder that lives."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The state of a server that a generation starts from."""

    server: str
    serial: int
    mark: str


def is_alive(builder: Generation, moment: int) -> bool:
    return moment - builder.touched < CLAIM_SECS


def claim(database: SearchDatabase, snapshot: Snapshot) -> Generation:
    """The generation that answers nothing becomes the caller's to build.

    Raises BuildUnderWay.
    """
    with database.writing() as connection:
        found = lock_all(connection)
        moment = now(connection)
        other = building_of(found)
        if other is not None and is_alive(other, moment):
            raise BuildUnderWay
        active = active_of(found)
        letter = next(each for each in LETTERS if active is None or each != active.letter)
        claimed = Generation(
            letter=letter,
            schema_version=SCHEMA,
            server=snapshot.server,
            serial=snapshot.serial,
            mark=snapshot.mark,
            builder=secrets.token_hex(16),
            is_active=False,
            done=0,
            total=snapshot.serial + 1,
            touched=moment,
        )
        connection.execute(delete(generations).where(~generations.c.is_active))
        connection.execute(insert(generations), [vars(claimed)])
        return claimed


class Builder:
    """In this order: start, add, index_digests, count, index_all, flip.

    What is changed on the server meanwhile is fed into the generation before the flip. All methods
    raise ClaimLost.
    """

    def __init__(self, database: SearchDatabase, claimed: Generation) -> None:
        self._database = database
        self._claimed = claimed
        self._tables = tables(claimed.letter)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as connection:
            known = lock(connection, self._claimed.letter)
            if known is None or known.builder != self._claimed.builder:
                raise ClaimLost
            yield connection
            change(connection, known.letter, touched=now(connection))

    def start(self) -> None:
        """Empty tables, without what would make loading slow."""
        with self._writing() as connection:
            _limit_wait(connection)
            self._tables.metadata.drop_all(connection)
            # a copy: others must find the tables with their indexes
            bare = MetaData()
            for table in self._tables.metadata.sorted_tables:
                table.to_metadata(bare).indexes.clear()
            bare.create_all(connection)

    def add(self, items: Mapping[ItemId, Item], *, done: int) -> None:
        """Items of which none was added before."""
        with self._writing() as connection:
            Writer(connection, self._tables).add(items)
            change(connection, self._claimed.letter, done=done)

    def index_digests(self) -> None:
        """After all items: from now on they are found."""
        self._create(next(each for each in self._indexes() if each.unique))

    def count(self, downloads: Mapping[ItemId, Downloads | None]) -> None:
        with self._writing() as connection:
            Writer(connection, self._tables).apply(Changes(downloads=downloads))

    def index_all(self, between: Callable[[], None]) -> None:
        for index in self._indexes():
            if not index.unique:
                self._create(index)
                between()
        with self._writing() as connection:
            analyze(connection, self._claimed.letter)

    def _indexes(self) -> Iterator[Index]:
        for table in self._tables.metadata.sorted_tables:
            yield from sorted(table.indexes, key=lambda index: str(index.name))

    def _create(self, index: Index) -> None:
        # one at a time: a writer of SQLite waits for no more than that
        with self._writing() as connection:
            index.create(connection)

    def flip(self) -> None:
        """From now on the generation answers; the other one goes."""
        with self._database.writing() as connection:
            known = {each.letter: each for each in lock_all(connection)}
            ours = known.get(self._claimed.letter)
            if ours is None or ours.builder != self._claimed.builder:
                raise ClaimLost
            connection.execute(delete(generations).where(generations.c.letter != ours.letter))
            change(connection, ours.letter, is_active=True, touched=now(connection))

    def give_up(self) -> None:
        """Somebody else may build."""
        with self._database.writing() as connection:
            theirs = generations.c.builder == self._claimed.builder
            connection.execute(delete(generations).where(theirs, ~generations.c.is_active))


def drop_unused(database: SearchDatabase) -> None:
    """Drop the tables of generations that are neither answering nor being built.

    In PostgreSQL that fails, for now, while a search uses them.
    """
    with database.writing() as connection:
        used = {each.letter for each in lock_all(connection)}
        present = set(inspect(connection).get_table_names())
        for letter in LETTERS:
            unused = tables(letter).metadata
            if letter not in used and present & set(unused.tables):
                _limit_wait(connection)
                unused.drop_all(connection)


def _limit_wait(connection: Connection) -> None:
    """PostgreSQL drops no table that a search uses, and others would wait for this one."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {_DROP_WITHIN_SECS * 1000}"))


def analyze(connection: Connection, letter: str) -> None:
    """Let the database know what lies in its tables, so that it chooses indexes well."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA analysis_limit = 1000"))
    for table in tables(letter).metadata.sorted_tables:
        connection.execute(text(f"ANALYZE {table.name}"))


def analyze_active(database: SearchDatabase) -> None:
    """In SQLite; PostgreSQL does so by itself."""
    if database.url.get_backend_name() == "sqlite":
        with database.writing() as connection:
            active = active_of(lock_all(connection))
            if active is not None:
                analyze(connection, active.letter)


def current(database: SearchDatabase, claimed: Generation) -> Generation:
    """The claimed generation as it is now. Raises ClaimLost."""
    with database.looking() as connection:
        for each in all_generations(connection):
            if each.builder == claimed.builder:
                return replace(claimed, serial=each.serial)
    raise ClaimLost
