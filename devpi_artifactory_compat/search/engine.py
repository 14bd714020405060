"""How SQLite and PostgreSQL are talked to."""

from __future__ import annotations

from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import text
from typing import Any


#: execution options of a connection: that it writes, and how many seconds its statements may take
WRITES = "artifactory_writes"
LIMIT = "artifactory_limit"

#: how long a writer of SQLite waits for another one
LOCK_SECS = 5

#: PostgreSQL takes 100 connections at its own settings
_MOST_CONNECTIONS = 40
_POOLED = 5

#: how long a connection to PostgreSQL may take to come about
_CONNECT_SECS = 5


def make_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, pool_size=_POOLED, max_overflow=-1)
        event.listen(engine, "connect", _configure_sqlite)
    else:
        engine = create_engine(
            url,
            pool_size=_POOLED,
            max_overflow=_MOST_CONNECTIONS - _POOLED,
            pool_timeout=_CONNECT_SECS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECS},
        )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = options.get(WRITES, False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        return
    if not writes:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    limit = options.get(LIMIT)
    if limit is not None:
        connection.execute(text(f"SET LOCAL statement_timeout = {int(limit * 1000)}"))


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # "_begin" says when a transaction begins: Python would not let a reader have one
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_SECS * 1000}")
    # readers and the one writer do not wait for each other
    cursor.execute("PRAGMA journal_mode = WAL")
    # after a crash of the machine the newest changes are read from devpi again
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA cache_size = -16000")
    cursor.close()
    # SQLite's own knows ASCII only
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
