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
from devpi_artifactory_compat.search.faults import is_timeout
from devpi_artifactory_compat.search.tables import Tables
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
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
            connection.begin(),
        ):
            row = connection.execute(
                select(generations.c.letter, generations.c.serial)
                .where(generations.c.is_active)
                .limit(1)
            ).first()
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


@contextmanager
def _sqlite_deadline(connection: Connection, deadline: float) -> Iterator[None]:
    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _LOOK_EVERY)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)
