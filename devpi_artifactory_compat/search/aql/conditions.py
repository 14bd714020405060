"""Criteria as conditions of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.bounds import TYPES
from devpi_artifactory_compat.search.aql.bounds import Bounds
from devpi_artifactory_compat.search.aql.bounds import places_of
from devpi_artifactory_compat.search.aql.bounds import types_of
from devpi_artifactory_compat.search.aql.columns import REPO
from devpi_artifactory_compat.search.aql.columns import TYPE
from devpi_artifactory_compat.search.aql.columns import Columns
from devpi_artifactory_compat.search.aql.columns import has_head
from devpi_artifactory_compat.search.aql.fields import info
from devpi_artifactory_compat.search.aql.groups import FALSE
from devpi_artifactory_compat.search.aql.groups import TRUE
from devpi_artifactory_compat.search.aql.groups import Part
from devpi_artifactory_compat.search.aql.groups import all_of
from devpi_artifactory_compat.search.aql.groups import any_of
from devpi_artifactory_compat.search.aql.numbers import number_compared
from devpi_artifactory_compat.search.aql.places import Places
from devpi_artifactory_compat.search.aql.property_rows import PropertyRows
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Value
from devpi_artifactory_compat.search.aql.ranks import Rank
from devpi_artifactory_compat.search.aql.ranks import best
from devpi_artifactory_compat.search.aql.ranks import flattened
from devpi_artifactory_compat.search.aql.ranks import names_one_of
from devpi_artifactory_compat.search.aql.ranks import rank
from devpi_artifactory_compat.search.aql.texts import OPPOSITES
from devpi_artifactory_compat.search.aql.texts import TextColumn
from devpi_artifactory_compat.search.constructs import Unindexed
from devpi_artifactory_compat.search.tables import Tables
from sqlalchemy import BindParameter
from sqlalchemy import bindparam
from sqlalchemy import not_
from sqlalchemy.sql.expression import ColumnElement
from typing import Any
from typing import cast


#: as many places may be named by each part of a query
_FEW = 50


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """``domain`` is that of the rows; ``now`` is in milliseconds since the epoch."""

    domain: Domain
    tables: Tables
    places: Places
    now: int

    def all_hold(self, criteria: Sequence[Criterion], bounds: Bounds, *, by_place: bool) -> Part:
        """Rows within ``bounds`` for which all criteria hold.

        ``by_place`` says whether they are looked for place by place when the criteria name
        nothing better to begin with.
        """
        wanted = list(flattened(Criteria(Group.AND, tuple(criteria))))
        for each in wanted:
            bounds = bounds.within(each, self.places)
        if bounds.are_empty:
            return FALSE
        begin = best(wanted)
        if begin is not None:
            by_place = rank(begin).is_by_place and not _is_divided(begin, bounds)
        parts = [
            self._begun(each, bounds) if each is begin else self._checked(each, bounds)
            for each in wanted
        ]
        return all_of([*self._within(bounds, by_place=by_place), *parts])

    def _begun(self, criterion: Criterion, bounds: Bounds) -> Part:
        """The criterion by which rows are found."""
        if _is_divided(criterion, bounds):
            assert isinstance(criterion, Criteria)
            return any_of(
                self.all_hold([each], bounds, by_place=True) for each in criterion.criteria
            )
        if rank(criterion) in {Rank.PROPERTY, Rank.PROPERTY_PREFIX}:
            return self._of_property(criterion, PropertyRows(self.tables, first=True))
        return self._checked(criterion, bounds)

    def _within(self, bounds: Bounds, *, by_place: bool) -> Iterator[Part]:
        """A type that is not asked for is named too, because the indexes have it in front."""
        items = self.tables.items.c
        place: ColumnElement[Any] = items.place_id
        kind: ColumnElement[Any] = items.type
        if not by_place:
            place, kind = Unindexed(place), Unindexed(kind)
        if by_place or not self.places.are_all or bounds.places != self.places.numbers:
            yield Part(_one_of(place, bounds.places))
        if by_place or bounds.types != TYPES:
            yield Part(_one_of(kind, bounds.types))

    # what a row is checked for

    def _checked(self, criterion: Criterion, bounds: Bounds) -> Part:
        if isinstance(criterion, PropertyComparison):
            return self._of_property(criterion, PropertyRows(self.tables))
        if isinstance(criterion, Comparison):
            return self._compared(criterion, bounds)
        if criterion.group is Group.SAME_PROPERTY:
            return self._of_property(criterion, PropertyRows(self.tables))
        if not criterion.criteria:
            return TRUE
        parts = [self._checked(each, bounds) for each in criterion.criteria]
        return any_of(parts) if criterion.group is Group.OR else all_of(parts)

    def _of_property(self, criterion: Criterion, rows: PropertyRows) -> Part:
        if isinstance(criterion, Criteria) and criterion.group is Group.OR:
            # some property for which one of them holds: looked for once
            return rows.some(Criteria(Group.SAME_PROPERTY, (criterion,)))
        return rows.some(criterion)

    def _compared(self, comparison: Comparison, bounds: Bounds) -> Part:
        field = comparison.field
        if field == REPO:
            chosen = places_of(comparison, self.places)
            return _chosen(self.tables.items.c.place_id, chosen, bounds.places)
        if field == TYPE:
            return _chosen(self.tables.items.c.type, types_of(comparison), bounds.types)
        if field.domain is Domain.PROPERTIES is not self.domain:
            return PropertyRows(self.tables).some(comparison)
        return self._of_column(comparison)

    def _of_column(self, comparison: Comparison) -> Part:
        """A column of the row, or of what belongs to it once."""
        field, comparator, value = comparison.field, comparison.comparator, comparison.value
        column = self._columns.of(field)
        if column is None:
            return _of_nothing(comparator, value)
        is_nullable = self._columns.is_nullable(field)
        if info(field).type is FieldType.STRING:
            text = TextColumn(column, is_nullable=is_nullable, has_head=has_head(field))
            return Part(text.compared(comparator, None if value is None else str(value)))
        return Part(number_compared(column, comparator, value, now=self.now))

    @property
    def _columns(self) -> Columns:
        return Columns(self.tables)


def _is_divided(criterion: Criterion, bounds: Bounds) -> bool:
    """Whether it is a choice of which each part is looked for in its own way.

    Each part names its places.
    """
    return (
        isinstance(criterion, Criteria)
        and len(bounds.places) <= _FEW
        and criterion.group is Group.OR
        and not names_one_of(criterion)
        and any(not isinstance(each, PropertyComparison) for each in criterion.criteria)
    )


def _chosen(column: ColumnElement[Any], chosen: frozenset[Any], bound: frozenset[Any]) -> Part:
    """What the bounds say already is not said again."""
    if bound <= chosen:
        return TRUE
    inside, outside = chosen & bound, bound - chosen
    if len(outside) < len(inside):
        return Part(not_(_one_of(column, outside)))
    return Part(_one_of(column, inside)) if inside else FALSE


def _one_of(column: ColumnElement[Any], values: frozenset[Any]) -> ColumnElement[bool]:
    if len(values) == 1:
        (only,) = values
        return cast("ColumnElement[bool]", column == only)
    # written out: there may be more places than a statement takes parameters
    listed: BindParameter[Any] = bindparam(
        None, sorted(values), expanding=True, literal_execute=True, unique=True
    )
    return column.in_(listed)


def _of_nothing(comparator: Comparator, value: Value) -> Part:
    """What nothing is known of is null."""
    if value is None:
        return TRUE if comparator is Comparator.EQUALS else FALSE
    return TRUE if comparator in OPPOSITES else FALSE
