"""Criteria about the properties of items."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.columns import KEY
from devpi_artifactory_compat.search.aql.groups import TRUE
from devpi_artifactory_compat.search.aql.groups import Part
from devpi_artifactory_compat.search.aql.groups import all_of
from devpi_artifactory_compat.search.aql.groups import any_of
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Value
from devpi_artifactory_compat.search.aql.texts import OPPOSITES
from devpi_artifactory_compat.search.aql.texts import TextColumn
from devpi_artifactory_compat.search.constructs import Unindexed
from devpi_artifactory_compat.search.tables import Tables
from sqlalchemy import literal
from sqlalchemy import not_
from sqlalchemy import select
from sqlalchemy.sql.expression import ColumnElement
from typing import Any


#: any key, and any value
_ANY = "*"

_ABSENT = {Comparator.EQUALS: True, Comparator.NOT_EQUALS: False}


@dataclass(frozen=True)
class PropertyRows:
    """``first`` says that the properties are found first, and then their items."""

    tables: Tables
    first: bool = False

    def some(self, criterion: Criterion) -> Part:
        """An item has a property, one and the same, for which the criterion holds.

        With a comparator that denies, none of its properties has what is denied.
        """
        if isinstance(criterion, Criteria):
            return self._having(self._row(criterion))
        if criterion.value is None:
            return self._null(criterion)
        opposite = OPPOSITES.get(criterion.comparator)
        if opposite is None:
            return self._having(self._compared(criterion, criterion.comparator))
        found = self._having(self._compared(criterion, opposite))
        return Part(not_(found.condition), found.depth)

    def _null(self, criterion: Comparison | PropertyComparison) -> Part:
        """Whether there is no such property, or one."""
        key = criterion.key if isinstance(criterion, PropertyComparison) else _ANY
        found = self._having(self._of_key(key))
        if _ABSENT[criterion.comparator]:
            return Part(not_(found.condition), found.depth)
        return found

    def _having(self, row: Part) -> Part:
        properties, items = self.tables.properties, self.tables.items
        if self.first:
            found = select(properties.c.item_id).where(row.condition).correlate(None)
            return Part(items.c.id.in_(found), row.depth + 1)
        one = select(literal(1)).select_from(properties).correlate(items)
        of_item = properties.c.item_id == items.c.id
        return Part(one.where(of_item, row.condition).exists(), row.depth + 1)

    # one row of properties

    def _row(self, criterion: Criterion) -> Part:
        if isinstance(criterion, Criteria):
            parts = [self._row(each) for each in criterion.criteria]
            return any_of(parts) if criterion.group is Group.OR else all_of(parts)
        return self._compared(criterion, criterion.comparator)

    def _compared(self, criterion: Comparison | PropertyComparison, comparator: Comparator) -> Part:
        value = criterion.value
        if isinstance(criterion, PropertyComparison):
            is_any = value == _ANY and comparator is Comparator.EQUALS
            fits = TRUE if is_any else self._of_value(comparator, value)
            return all_of([self._of_key(criterion.key), fits])
        if criterion.field == KEY:
            return _part(self._key, comparator, value)
        return self._of_value(comparator, value)

    def _of_key(self, key: str) -> Part:
        return TRUE if key == _ANY else _part(self._key, Comparator.EQUALS, key)

    def _of_value(self, comparator: Comparator, value: Value) -> Part:
        return _part(TextColumn(self._value, has_head=True), comparator, value)

    @property
    def _key(self) -> TextColumn:
        key: ColumnElement[Any] = self.tables.properties.c.key
        # of one item SQLite would look at all properties of the key, and not at all of the item
        return TextColumn(key if self.first else Unindexed(key))

    @property
    def _value(self) -> ColumnElement[Any]:
        return self.tables.properties.c.value


def _part(column: TextColumn, comparator: Comparator, value: Value) -> Part:
    return Part(column.compared(comparator, None if value is None else str(value)))
