"""The search database: where it is, and who may use it how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from devpi_artifactory_compat.errors import SearchTooLong
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.engine import LIMIT
from devpi_artifactory_compat.search.engine import WRITES
from devpi_artifactory_compat.search.engine import make_engine
from devpi_artifactory_compat.search.faults import is_damage
from devpi_artifactory_compat.search.faults import is_timeout
from devpi_artifactory_compat.search.tables import Tables
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import false
from sqlalchemy import literal
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import ProgrammingError
from typing import Any
import time


#: rows that are fetched at once
ROWS_AT_ONCE = 1_000

#: instructions of SQLite between two looks at the clock
_LOOK_EVERY = 20_000


@dataclass(frozen=True)
class Reading:
    """A transaction that sees one state of one generation: that after the change ``serial``."""

    connection: Connection
    tables: Tables
    serial: int = -1

    def rows(self, statement: Any) -> Iterator[Any]:
        """The rows as they come: they are never all in memory."""
        with self.connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement) as found:
            yield from found


class Behind(Exception):
    """No generation has come so far."""


class SearchDatabase:
    """``timeout`` is how long one search may take, in seconds."""

    def __init__(self, url: str | URL, *, timeout: float = 60.0) -> None:
        self.url = make_url(url)
        self.engine = make_engine(self.url)
        self._timeout = timeout

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self, *, serial: int | None = None) -> Iterator[Reading]:
        """The generation that answers searches; with ``serial`` one in which that change is.

        Raises:
            SearchUnavailable: there is none yet.
            Behind: the same, and when it is not so far, if ``serial`` is given.
            SearchTooLong: what is done in it takes longer than a search may.
        """
        options = {LIMIT: self._timeout}
        with (
            self.engine.connect().execution_options(**options) as connection,
            self._limited(connection),
        ):
            row = _begin(connection)
            if serial is not None and (row is None or row.serial < serial):
                raise Behind
            if row is None:
                raise SearchUnavailable
            yield Reading(connection, tables(row.letter), row.serial)

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A transaction that reads, for what takes no time."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed at the end.

        In SQLite there is one at a time; in PostgreSQL a writer locks the row of its generation.
        """
        options = {WRITES: True}
        with (
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _limited(self, connection: Connection) -> Iterator[None]:
        """A statement ends when the time is over; PostgreSQL was told in the first one."""
        try:
            if connection.dialect.name == "sqlite":
                with _sqlite_deadline(connection, time.monotonic() + self._timeout):
                    yield
            else:
                yield
        except DBAPIError as exc:
            if is_timeout(exc):
                raise SearchTooLong(self._timeout) from exc
            raise


def _begin(connection: Connection) -> Any:
    """The row of the generation that answers, whose tables stay until the transaction ends."""
    try:
        return _answering(connection)
    except ProgrammingError as exc:
        if not is_damage(exc):
            raise
        # another one took over a moment ago
        connection.rollback()
        return _answering(connection)


def _answering(connection: Connection) -> Any:
    statement = select(generations.c.letter, generations.c.serial).where(generations.c.is_active)
    row = connection.execute(statement.limit(1)).first()
    if row is not None and connection.dialect.name != "sqlite":
        # PostgreSQL drops a table that a transaction has not used yet
        used = tables(row.letter).metadata.sorted_tables
        nothing = (select(literal(1)).select_from(table).where(false()) for table in used)
        connection.execute(union_all(*nothing))
    return row


@contextmanager
def _sqlite_deadline(connection: Connection, deadline: float) -> Iterator[None]:
    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _LOOK_EVERY)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
