"""Which comparators and values fit which fields."""

from __future__ import annotations

from devpi_artifactory_compat.search.aql import limits
from devpi_artifactory_compat.search.aql.dates import EXAMPLES
from devpi_artifactory_compat.search.aql.dates import parse_date
from devpi_artifactory_compat.search.aql.dates import parse_milliseconds
from devpi_artifactory_compat.search.aql.periods import UNITS
from devpi_artifactory_compat.search.aql.periods import is_period
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Value
from collections.abc import Callable
from dataclasses import dataclass
import re


class UnfitValue(Exception):
    """``str()`` says what the field, or its comparator, takes instead."""


class UnfitComparator(Exception):
    """``str()`` says which comparators the field takes."""


NULLABLE = frozenset({Comparator.EQUALS, Comparator.NOT_EQUALS})
PERIODS = frozenset({Comparator.LAST, Comparator.BEFORE})
_ORDERS = frozenset(
    {
        Comparator.GREATER,
        Comparator.GREATER_OR_EQUAL,
        Comparator.LESS,
        Comparator.LESS_OR_EQUAL,
    }
)

#: what fields of each type may be compared by
COMPARATORS = {
    FieldType.STRING: frozenset(Comparator) - PERIODS,
    FieldType.NUMBER: NULLABLE | _ORDERS,
    FieldType.DATE: NULLABLE | _ORDERS | PERIODS,
    FieldType.ITEM_TYPE: NULLABLE,
}

ITEM_TYPES = ("file", "folder", "any")

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True)
class Scalar:
    """A value as it stands in a query; ``text`` is None for ``null``."""

    text: str | None
    is_number: bool = False


def check_comparator(comparator: Comparator, of_type: FieldType) -> None:
    """``UnfitComparator`` when a field of ``of_type`` has no such order or pattern."""
    fitting = COMPARATORS[of_type]
    if comparator not in fitting:
        names = ", ".join(each.value for each in Comparator if each in fitting)
        raise UnfitComparator(f"a field of type {of_type.value} is compared by {names}")


def read_value(scalar: Scalar, comparator: Comparator, of_type: FieldType) -> Value:
    """What is compared, None for AQL's ``null``; else ``UnfitValue``.

    A bare number is never a year.
    """
    text = scalar.text
    if text is None:
        if comparator not in NULLABLE:
            raise UnfitValue("null is compared by $eq and $ne only")
        return None
    if comparator in PERIODS:
        return _period(text)
    if scalar.is_number and of_type is FieldType.DATE:
        return _date(text, parse_milliseconds)
    return _READERS[of_type](text)


def _period(text: str) -> str:
    if not is_period(text):
        units = ", ".join(UNITS)
        raise UnfitValue(f'expected a period such as "3d" or "5mo"; the units are {units}')
    return text


def _number(text: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > limits.MAX_NUMBER:
        raise UnfitValue("expected a whole number of at most 63 bits")
    return int(text)


def _date(text: str, read: Callable[[str], int | None] = parse_date) -> int:
    value = read(text)
    if value is None:
        hint = "; periods go with $last and $before" if is_period(text) else ""
        raise UnfitValue(f"expected a date: {EXAMPLES}{hint}")
    return value


def _item_type(text: str) -> str:
    if text not in ITEM_TYPES:
        raise UnfitValue(f"expected one of {', '.join(ITEM_TYPES)}")
    return text


_READERS: dict[FieldType, Callable[[str], Value]] = {
    FieldType.STRING: str,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.ITEM_TYPE: _item_type,
}
