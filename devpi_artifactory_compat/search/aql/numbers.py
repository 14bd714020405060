"""Comparisons of columns that hold numbers, or times in milliseconds since the epoch."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from devpi_artifactory_compat.search.aql.periods import before_now
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Value
from sqlalchemy import BigInteger
from sqlalchemy import literal
from sqlalchemy import or_
from sqlalchemy.sql.expression import ColumnElement
from typing import Any
import operator


_ORDERS: Mapping[Comparator, Callable[[Any, Any], ColumnElement[bool]]] = {
    Comparator.EQUALS: operator.eq,
    Comparator.GREATER: operator.gt,
    Comparator.GREATER_OR_EQUAL: operator.ge,
    Comparator.LESS: operator.lt,
    Comparator.LESS_OR_EQUAL: operator.le,
}


def number_compared(
    column: ColumnElement[Any], comparator: Comparator, value: Value, *, now: int
) -> ColumnElement[bool]:
    """$ne holds for NULL, of the others only ``$eq null``."""
    if value is None:
        is_equal = comparator is Comparator.EQUALS
        return column.is_(None) if is_equal else column.is_not(None)
    if comparator is Comparator.LAST:
        return column >= _number(before_now(str(value), now))
    if comparator is Comparator.BEFORE:
        return column < _number(before_now(str(value), now))
    if comparator is Comparator.NOT_EQUALS:
        return or_(column != _number(value), column.is_(None))
    return _ORDERS[comparator](column, _number(value))


def _number(value: int | str) -> ColumnElement[int]:
    # of 64 bits whatever the column has
    return literal(int(value), BigInteger())
