"""The order of rows."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from devpi_artifactory_compat.search.aql.columns import REPO
from devpi_artifactory_compat.search.aql.columns import Columns
from devpi_artifactory_compat.search.aql.query import Direction
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.tables import Tables
from sqlalchemy import bindparam
from sqlalchemy import case
from sqlalchemy.sql.expression import ColumnElement
from typing import Any


Column = ColumnElement[Any]


def order(query: Query, tables: Tables, keys: Mapping[int, str]) -> list[Column]:
    """What the rows of a query are ordered by; ``keys`` are the repositories that may come.

    Ties are broken by the name and by what identifies a row, so that pages follow on one another;
    those are the last columns of the indexes as well. Nothing for a query that is not sorted.
    """
    if query.sort is None:
        return []
    columns = Columns(tables)
    found: list[tuple[Column, bool]] = []
    for field in query.sort.fields:
        column = columns.of(field)
        if field == REPO:
            found.extend((each, False) for each in by_key(column, keys))
        elif column is not None:
            found.append((column, columns.is_nullable(field)))
    found.extend((each, False) for each in _identity(query.domain, tables))
    return list(directed(found, query.sort.direction))


def _identity(domain: Domain, tables: Tables) -> tuple[Column, ...]:
    if domain is Domain.PROPERTIES:
        return (tables.properties.c.item_id, tables.properties.c.position)
    if domain is Domain.STATS:
        return (tables.items.c.id,)
    return (tables.items.c.name, tables.items.c.id)


def by_key(place: Column | None, keys: Mapping[int, str]) -> Iterator[Column]:
    """Numbers of places in the order of the keys of their repositories."""
    if place is not None and len(keys) > 1:
        in_order = sorted(keys, key=lambda number: keys[number])
        whens = [(place == _written(each), _written(rank)) for rank, each in enumerate(in_order)]
        yield case(*whens)


def _written(number: int) -> Column:
    return bindparam(None, number, literal_execute=True, unique=True)


def directed(columns: Iterable[tuple[Column, bool]], direction: Direction) -> Iterator[Column]:
    """Each column with whether it can be NULL, which comes before every value."""
    is_ascending = direction is Direction.ASCENDING
    for column, is_nullable in columns:
        ordered = column.asc() if is_ascending else column.desc()
        if is_nullable:
            ordered = ordered.nulls_first() if is_ascending else ordered.nulls_last()
        yield ordered
