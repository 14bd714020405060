"""Comparisons of columns that hold text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.constructs import HEAD
from devpi_artifactory_compat.search.constructs import Folded
from devpi_artifactory_compat.search.constructs import Head
from devpi_artifactory_compat.search.constructs import Matches
from devpi_artifactory_compat.search.constructs import after_prefix
from devpi_artifactory_compat.search.constructs import literal_prefix
from sqlalchemy import and_
from sqlalchemy import not_
from sqlalchemy import or_
from sqlalchemy import true
from sqlalchemy.sql.expression import ColumnElement
from typing import Any


Condition = ColumnElement[bool]

#: comparators of which one says that the other does not hold
OPPOSITES = {
    Comparator.NOT_EQUALS: Comparator.EQUALS,
    Comparator.NOT_MATCHES: Comparator.MATCHES,
}

_WILDCARDS = frozenset("*?")


@dataclass(frozen=True)
class TextColumn:
    """``has_head`` says that only the head of the text is indexed."""

    column: ColumnElement[Any]
    is_nullable: bool = False
    has_head: bool = False

    def compared(self, comparator: Comparator, value: str | None) -> Condition:
        """$ne and $nmatch hold for NULL, of the others only ``$eq null``."""
        if value is None:
            is_null = self.column.is_(None)
            return is_null if comparator is Comparator.EQUALS else not_(is_null)
        if comparator in OPPOSITES:
            opposite = not_(self.compared(OPPOSITES[comparator], value))
            return or_(self.column.is_(None), opposite) if self.is_nullable else opposite
        return _METHODS[comparator](self, value)

    @property
    def _indexed(self) -> ColumnElement[Any]:
        return Head(self.column) if self.has_head else self.column

    def _is_whole(self, value: str) -> bool:
        """Whether comparing the indexed part is enough."""
        return not self.has_head or len(value) < HEAD

    def equals(self, value: str) -> Condition:
        if self._is_whole(value):
            return self._indexed == value
        # the head is a part of the text in one database, and all of it in the other
        return and_(self._indexed >= value[:HEAD], self._indexed <= value, self.column == value)

    def greater(self, value: str) -> Condition:
        if self._is_whole(value):
            return self._indexed > value
        return and_(self._indexed >= value[:HEAD], self.column > value)

    def greater_or_equal(self, value: str) -> Condition:
        if self._is_whole(value):
            return self._indexed >= value
        return and_(self._indexed >= value[:HEAD], self.column >= value)

    def less(self, value: str) -> Condition:
        if self._is_whole(value):
            return self._indexed < value
        return and_(self._indexed <= value, self.column < value)

    def less_or_equal(self, value: str) -> Condition:
        if self._is_whole(value):
            return self._indexed <= value
        return and_(self._indexed <= value, self.column <= value)

    def matches(self, pattern: str) -> Condition:
        if not _WILDCARDS & set(pattern):
            return self.equals(pattern)
        prefix = literal_prefix(pattern)
        if not pattern.removeprefix(prefix).strip("*"):
            return self._begins_with(prefix)
        within = self._range(prefix[: HEAD - 1]) if prefix else true()
        return and_(within, Matches(self.column, pattern))

    def _begins_with(self, prefix: str) -> Condition:
        if not prefix:
            return self.column.is_not(None) if self.is_nullable else true()
        if self._is_whole(prefix):
            return self._range(prefix)
        return and_(self._range(prefix[: HEAD - 1]), Matches(self.column, f"{prefix}*"))

    def _range(self, prefix: str) -> Condition:
        end = after_prefix(prefix)
        begin = self._indexed >= prefix
        return begin if end is None else and_(begin, self._indexed < end)

    def equals_ignoring_case(self, value: str) -> Condition:
        return Folded(self.column) == value.lower()

    def matches_ignoring_case(self, pattern: str) -> Condition:
        return Matches(Folded(self.column), pattern.lower())


_METHODS: dict[Comparator, Callable[[TextColumn, str], Condition]] = {
    Comparator.EQUALS: TextColumn.equals,
    Comparator.EQUALS_IGNORING_CASE: TextColumn.equals_ignoring_case,
    Comparator.MATCHES: TextColumn.matches,
    Comparator.MATCHES_IGNORING_CASE: TextColumn.matches_ignoring_case,
    Comparator.GREATER: TextColumn.greater,
    Comparator.GREATER_OR_EQUAL: TextColumn.greater_or_equal,
    Comparator.LESS: TextColumn.less,
    Comparator.LESS_OR_EQUAL: TextColumn.less_or_equal,
}
