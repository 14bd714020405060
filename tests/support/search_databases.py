"""Search databases to fill and to ask, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.search.aql.answer import ROW_LIMIT
from devpi_artifactory_compat.search.aql.answer import answer
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.tables import SCHEMA
from devpi_artifactory_compat.search.tables import common
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.search.visible import Visible
from devpi_artifactory_compat.search.writing import Writer
from sqlalchemy import insert
from typing import Any
import json


LETTER = "a"

#: the time at which questions are asked, 2026-11-24T12:00:00Z in milliseconds
NOW = 1_795_521_600_000


@contextmanager
def filled(url: str, changes: Changes) -> Iterator[SearchDatabase]:
    """A new database with one generation that answers; nothing is left of one before it."""
    database = SearchDatabase(url)
    generation = tables(LETTER)
    try:
        with database.writing() as connection:
            for metadata in (common(), generation.metadata):
                metadata.drop_all(connection)
                metadata.create_all(connection)
            Writer(connection, generation).apply(changes)
            connection.execute(insert(generations).values(**_ANSWERING))
        yield database
    finally:
        database.close()


_ANSWERING = {
    "letter": LETTER,
    "schema_version": SCHEMA,
    "server": "test",
    "serial": 0,
    "mark": "",
    "builder": "",
    "is_active": True,
    "done": 0,
    "total": 0,
    "touched": 0,
}


class Asker:
    """Asks one reader's questions."""

    def __init__(self, database: SearchDatabase, visible: Visible) -> None:
        self.database = database
        self.visible = visible

    def answer(self, query: str | Query, *, row_limit: int = ROW_LIMIT) -> Any:
        parsed = parse(query) if isinstance(query, str) else query
        with self.database.reading() as reading:
            chunks = answer(reading, parsed, self.visible, now=NOW, row_limit=row_limit)
            return json.loads(b"".join(chunks))

    def rows(self, query: str | Query) -> list[dict[str, Any]]:
        return list(self.answer(query)["results"])

    def found(self, query: str | Query) -> list[str]:
        """Whole paths of what an items query finds, in its order."""
        return [whole_path(row) for row in self.rows(query)]


def whole_path(row: dict[str, Any]) -> str:
    folder = "" if row["path"] == "." else f"{row['path']}/"
    return f"{row['repo']}:{folder}{row['name']}"
