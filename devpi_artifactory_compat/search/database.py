"""The search database: where it is, and who may use it how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from devpi_artifactory_compat.errors import SearchTooLong
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.tables import Tables
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typing import Any
import time


#: rows that are fetched at once
ROWS_AT_ONCE = 1_000

#: how long a writer waits for another one
_LOCK_SECS = 30

#: instructions of SQLite between two looks at the clock
_LOOK_EVERY = 20_000

#: PostgreSQL's code of a statement that was cancelled by its time limit
_CANCELLED = "57014"


@dataclass(frozen=True)
class Reading:
    """A transaction that sees one state of one generation."""

    connection: Connection
    tables: Tables

    def rows(self, statement: Any) -> Iterator[Any]:
        """The rows as they come: they are never all in memory."""
        with self.connection.execution_options(yield_per=ROWS_AT_ONCE).execute(statement) as found:
            yield from found


class SearchDatabase:
    """``timeout`` is how long one search may take, in seconds."""

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        self.engine = _engine(url)
        self._timeout = timeout

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """The generation that answers searches.

        Raises:
            SearchUnavailable: there is none yet.
            SearchTooLong: what is done in it takes longer than a search may.
        """
        with self.engine.connect() as connection, self._limited(connection), connection.begin():
            letter = connection.scalar(
                select(generations.c.letter).where(generations.c.is_active).limit(1)
            )
            if letter is None:
                raise SearchUnavailable
            yield Reading(connection, tables(letter))

    @contextmanager
    def _limited(self, connection: Connection) -> Iterator[None]:
        """A statement ends when the time is over."""
        try:
            if connection.dialect.name == "sqlite":
                with _sqlite_deadline(connection, time.monotonic() + self._timeout):
                    yield
            else:
                limit = text(f"SET LOCAL statement_timeout = {int(self._timeout * 1000)}")
                event.listen(connection, "begin", lambda each: each.execute(limit))
                yield
        except DBAPIError as exc:
            if _is_timeout(exc):
                raise SearchTooLong(self._timeout) from exc
            raise


def _engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # readers and the one writer do not wait for each other
    cursor.execute("PRAGMA journal_mode = WAL")
    # after a crash of the machine the newest changes are read from devpi again
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute(f"PRAGMA busy_timeout = {_LOCK_SECS * 1000}")
    cursor.execute("PRAGMA cache_size = -16000")
    cursor.close()
    # SQLite's own knows ASCII only
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


@contextmanager
def _sqlite_deadline(connection: Connection, deadline: float) -> Iterator[None]:
    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _LOOK_EVERY)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def _is_timeout(exc: DBAPIError) -> bool:
    if getattr(exc.orig, "sqlstate", None) == _CANCELLED:
        return True
    return getattr(exc.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
