"""The answer to a query, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.search.aql.compiler import compile_query
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.places import Places
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.rows import RowWriter
from devpi_artifactory_compat.search.aql.shown import shown
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.visible import Visible
from itertools import islice
import json


#: rows that one query gives at most
ROW_LIMIT = 1_000_000

_ROWS_AT_ONCE = 500


def is_empty(query: Query) -> bool:
    """Whether a query finds nothing whatever the repositories hold."""
    return query.domain not in DOMAINS_WITH_ROWS


def empty_answer(query: Query) -> Iterator[bytes]:
    yield from _Answer(query, ROW_LIMIT).chunks(iter(()))


def answer(
    reading: Reading, query: Query, visible: Visible, *, now: int, row_limit: int = ROW_LIMIT
) -> Iterator[bytes]:
    """JSON in UTF-8: ``{"results": [...], "range": {...}}``, as the rows come.

    ``now`` is in milliseconds since the epoch. A range whose rows were cut at ``row_limit`` has a
    ``notification`` that says so.
    """
    places = Places.read(reading.connection, reading.tables, visible)
    statement = compile_query(query, reading.tables, places, now=now, row_limit=row_limit)
    writer = RowWriter(shown(query), query.domain, places, tuple(statement.selected_columns.keys()))
    rows = (writer.written(row) for row in reading.rows(statement))
    yield from _Answer(query, row_limit).chunks(rows)


class _Answer:
    def __init__(self, query: Query, row_limit: int) -> None:
        self._query = query
        self._row_limit = row_limit
        self._count = 0

    def chunks(self, rows: Iterator[str]) -> Iterator[bytes]:
        yield b'{\n"results" : [ '
        while True:
            wanted = min(_ROWS_AT_ONCE, self._row_limit - self._count)
            some = list(islice(rows, wanted))
            if not some:
                break
            yield f"{',' if self._count else ''}{','.join(some)}".encode()
            self._count += len(some)
        is_cut = next(rows, None) is not None
        yield f' ],\n"range" : {json.dumps(self._range(is_cut=is_cut))}\n}}\n'.encode()

    def _range(self, *, is_cut: bool) -> dict[str, object]:
        """``end_pos`` and ``total`` count the rows that are given."""
        found: dict[str, object] = {
            "start_pos": self._query.offset,
            "end_pos": self._count,
            "total": self._count,
        }
        if self._query.limit is not None:
            found["limit"] = self._query.limit
        if is_cut:
            found["notification"] = (
                f"AQL query reached the search hard limit, results are trimmed: only the first "
                f"{self._row_limit} rows are given."
            )
        return found
