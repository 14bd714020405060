"""From a parsed query to one statement of SQL.

Everything is compared, sorted and counted by the database. A statement that gives a part of the
rows only finds them by their numbers first, out of an index where that is possible, and reads
whole rows, their properties and statistics of those alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.bounds import TYPES
from devpi_artifactory_compat.search.aql.bounds import Bounds
from devpi_artifactory_compat.search.aql.columns import REPO
from devpi_artifactory_compat.search.aql.columns import Columns
from devpi_artifactory_compat.search.aql.conditions import Conditions
from devpi_artifactory_compat.search.aql.places import Places
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.shown import PropertyList
from devpi_artifactory_compat.search.aql.shown import Shown
from devpi_artifactory_compat.search.aql.shown import shown
from devpi_artifactory_compat.search.aql.sorting import by_key
from devpi_artifactory_compat.search.aql.sorting import directed
from devpi_artifactory_compat.search.aql.sorting import order as order_of
from devpi_artifactory_compat.search.constructs import JsonObjects
from devpi_artifactory_compat.search.tables import FILE
from devpi_artifactory_compat.search.tables import Tables
from functools import cached_property
from sqlalchemy import FromClause
from sqlalchemy import Label
from sqlalchemy import Select
from sqlalchemy import Subquery
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy.sql.expression import ColumnElement
from typing import Any


#: the column of an item's properties, a text that is JSON
PROPERTIES = "properties"

#: above that many rows they are read at once, and not looked for first
_MANY = 100_000

_NAMES = frozenset(Field(Domain.ITEMS, each) for each in ("name", "path"))

#: fields that are answered out of indexes
_INDEXED = _NAMES | frozenset(
    Field(Domain.ITEMS, each) for each in ("repo", "type", "created", "modified", "updated")
)


def label(field: Field) -> str:
    """The name of a field's column in the rows; of ``repo`` it holds the number of the place."""
    return f"{field.domain.value}_{field.name}"


def compile_query(
    query: Query, tables: Tables, places: Places, *, now: int, row_limit: int
) -> Select[Any]:
    """Rows with a column for each field that is shown, and ``PROPERTIES``.

    ``now`` is in milliseconds since the epoch. There is one row more than ``row_limit`` when
    there are more, so that it can be told.
    """
    limit = row_limit + 1 if query.limit is None else min(query.limit, row_limit + 1)
    return _Compiler(query, tables, places, now, shown(query), limit).statement()


@dataclass(frozen=True)
class _Compiler:
    query: Query
    tables: Tables
    places: Places
    now: int
    shown: Shown
    limit: int

    def statement(self) -> Select[Any]:
        if self.query.distinct:
            return self._distinct()
        order = order_of(self.query, self.tables, self._keys)
        if not self._is_found_first:
            return self._part(self._rows().where(self._condition()).order_by(*order))
        number = self.tables.items.c.id
        found = select(number).select_from(self._source(self._looked_at())).correlate(None)
        found = found.where(self._condition())
        if self.query.limit is not None:
            found = self._part(found.order_by(*order))
            return self._rows().where(number.in_(found)).order_by(*order)
        return self._part(self._rows().where(number.in_(found)).order_by(*order))

    def _distinct(self) -> Select[Any]:
        """Rows that show the same are one; they are sorted by what they show, all of it."""
        rows = self._rows().where(self._condition()).distinct().subquery()
        found = select(*rows.c)
        if self.query.sort:
            columns = list(self._shown_order(rows))
            ordered = directed(columns, self.query.sort.direction)
            found = found.order_by(*ordered)
        return self._part(found)

    def _shown_order(self, rows: Subquery) -> Iterator[tuple[ColumnElement[Any], bool]]:
        for field in self._sort_fields:
            column = rows.c.get(label(field))
            if field == REPO:
                yield from ((each, False) for each in by_key(column, self._keys))
            elif column is not None:
                yield column, True
        yield from ((column, True) for column in rows.c)

    def _part(self, statement: Select[Any]) -> Select[Any]:
        part = statement.limit(self.limit)
        return part.offset(self.query.offset) if self.query.offset else part

    @property
    def _is_found_first(self) -> bool:
        """Whether rows are found by number before they are read."""
        if self.query.domain is not Domain.ITEMS:
            return False
        if self.query.limit is not None:
            return self.limit <= _MANY
        return any(_looks_at_name(each) for each in self.query.criteria.criteria)

    def _rows(self) -> Select[Any]:
        return select(*self._columns()).select_from(self._source(self._read()))

    # what is shown

    def _columns(self) -> list[Label[Any]]:
        columns = Columns(self.tables)
        found: list[Label[Any]] = []
        for field in self.shown.fields:
            column = columns.of(field)
            if column is not None:
                found.append(column.label(label(field)))
        if not found:
            found.append(literal(1).label("row"))
        if self.shown.properties is not None:
            found.append(self._properties(self.shown.properties).label(PROPERTIES))
        return found

    def _properties(self, wanted: PropertyList) -> ColumnElement[str]:
        """Of one item, in their order."""
        properties, items = self.tables.properties, self.tables.items
        rows = select(properties.c.key, properties.c.value)
        rows = rows.where(properties.c.item_id == items.c.id).correlate(items)
        if wanted.keys is not None:
            rows = rows.where(properties.c.key.in_(sorted(wanted.keys)))
        ordered = rows.order_by(properties.c.position).subquery()
        members = {name: ordered.c[name] for name in wanted.members}
        return select(JsonObjects(**members)).scalar_subquery()

    # where it comes from

    def _source(self, fields: Iterable[Field]) -> FromClause:
        """What has the columns of these fields, and of those that are sorted by."""
        items, statistics = self.tables.items, self.tables.statistics
        if self.query.domain is Domain.STATS:
            return statistics.join(items, items.c.id == statistics.c.item_id)
        found: FromClause = items
        if self.query.domain is Domain.PROPERTIES:
            properties = self.tables.properties
            found = properties.join(items, items.c.id == properties.c.item_id)
        if any(each.domain is Domain.STATS for each in (*fields, *self._sort_fields)):
            return found.outerjoin(statistics, statistics.c.item_id == items.c.id)
        return found

    def _read(self) -> Iterator[Field]:
        """What is shown, and what is looked at when rows are not found first."""
        yield from self.shown.fields
        if not self._is_found_first:
            yield from self._looked_at()

    def _looked_at(self) -> Iterator[Field]:
        return _fields_of(self.query.criteria)

    @property
    def _sort_fields(self) -> tuple[Field, ...]:
        return self.query.sort.fields if self.query.sort else ()

    # which rows

    @cached_property
    def _bounds(self) -> Bounds:
        files_only = self.query.domain is Domain.ITEMS and not self.query.any_type
        everything = Bounds(self.places.numbers, frozenset({FILE}) if files_only else TYPES)
        return everything.within(self.query.criteria, self.places)

    @property
    def _keys(self) -> Mapping[int, str]:
        return {number: self.places.keys[number] for number in self._bounds.places}

    def _condition(self) -> ColumnElement[bool]:
        conditions = Conditions(
            domain=self.query.domain, tables=self.tables, places=self.places, now=self.now
        )
        return conditions.all_hold(
            [self.query.criteria], self._bounds, by_place=self._by_place
        ).condition

    @property
    def _by_place(self) -> bool:
        """Whether the indexes, which are by place, are of use where no criterion has its own.

        All rows of all places are read fastest as they lie.
        """
        if self.query.domain is not Domain.ITEMS:
            return False
        if not self.places.are_all or self._bounds.places != self.places.numbers:
            return True
        looked_at = {*self._looked_at(), *self._sort_fields}
        is_covered = all(each in _INDEXED for each in looked_at if each.domain is Domain.ITEMS)
        return self._is_found_first and is_covered


def _looks_at_name(criterion: Criterion) -> bool:
    if isinstance(criterion, PropertyComparison):
        return False
    if isinstance(criterion, Comparison):
        return criterion.field in _NAMES
    return any(_looks_at_name(each) for each in criterion.criteria)


def _fields_of(criterion: Criterion) -> Iterator[Field]:
    if isinstance(criterion, Comparison):
        yield criterion.field
    elif not isinstance(criterion, PropertyComparison):
        for each in criterion.criteria:
            yield from _fields_of(each)
