"""The rows that say which generation answers, and which is being built."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.search.tables import LETTERS
from devpi_artifactory_compat.search.tables import generations
from sqlalchemy import Connection
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from typing import Any
import time


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One row; what the columns mean is said in ``tables``."""

    letter: str
    schema_version: int
    server: str
    serial: int
    mark: str
    builder: str
    is_active: bool
    done: int
    total: int
    touched: int


def all_generations(connection: Connection) -> list[Generation]:
    rows = connection.execute(select(generations).order_by(generations.c.letter))
    return [Generation(**row) for row in rows.mappings()]


def active_of(found: list[Generation]) -> Generation | None:
    return next((each for each in found if each.is_active), None)


def building_of(found: list[Generation]) -> Generation | None:
    """One that is being built, or whose builder has died."""
    return next((each for each in found if not each.is_active), None)


def lock(connection: Connection, letter: str) -> Generation | None:
    """The row as it is, and as it stays until the transaction ends."""
    statement = select(generations).where(generations.c.letter == letter).with_for_update()
    row = connection.execute(statement).mappings().first()
    return None if row is None else Generation(**row)


def lock_all(connection: Connection) -> list[Generation]:
    """As ``lock``, also against others that would add a row."""
    if connection.dialect.name == "postgresql":
        # a row that is not there cannot be locked
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(generations.name))))
    locked = (lock(connection, letter) for letter in LETTERS)
    return [each for each in locked if each is not None]


def change(connection: Connection, letter: str, **values: Any) -> None:
    connection.execute(update(generations).where(generations.c.letter == letter).values(**values))


def now(connection: Connection) -> int:
    """Seconds since the epoch by one clock for all who use the database."""
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(select(func.extract("epoch", func.clock_timestamp()))) or 0)
    return int(time.time())
