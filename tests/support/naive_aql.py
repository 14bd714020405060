"""Criteria of AQL, looked at row by row in the plainest way."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.search.aql.periods import before_now
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import Value
from support.search_databases import NOW
from support.search_rows import READABLE
from support.search_rows import VISIBLE
from support.search_rows import Row
from typing import Any
import operator


_DENIED = {Comparator.NOT_EQUALS: Comparator.EQUALS, Comparator.NOT_MATCHES: Comparator.MATCHES}

_ORDERS: dict[Comparator, Callable[[Any, Any], bool]] = {
    Comparator.GREATER: operator.gt,
    Comparator.GREATER_OR_EQUAL: operator.ge,
    Comparator.LESS: operator.lt,
    Comparator.LESS_OR_EQUAL: operator.le,
}


def found(query: Query) -> set[str]:
    """What an items query finds."""
    rows = [row for row in READABLE if query.any_type or not row.is_folder]
    return {row.shown for row in rows if holds(query.criteria, row)}


def found_properties(query: Query) -> list[tuple[str, str]]:
    """What a properties query finds, in no order."""
    pairs = [(row, pair) for row in READABLE for pair in row.values]
    return [pair for row, pair in pairs if _holds_of_row(query.criteria, pair, row)]


def holds(criterion: Criterion, row: Row) -> bool:
    if isinstance(criterion, PropertyComparison):
        return _some_property(criterion, row)
    if isinstance(criterion, Comparison):
        if criterion.field.domain is Domain.PROPERTIES:
            return _some_property(criterion, row)
        return _compared(criterion, row)
    if criterion.group is Group.SAME_PROPERTY:
        return any(_holds_of_pair(criterion, pair) for pair in row.values)
    return _grouped(criterion, lambda each: holds(each, row))


def _grouped(criteria: Criteria, one: Callable[[Criterion], bool]) -> bool:
    results = [one(each) for each in criteria.criteria]
    return any(results) if criteria.group is Group.OR else all(results)


def _compared(comparison: Comparison, row: Row) -> bool:
    field, comparator, value = comparison.field, comparison.comparator, comparison.value
    if field.domain is Domain.ITEMS and field.name == "repo" and comparator is Comparator.EQUALS:
        return value is not None and row.repo in VISIBLE.named(str(value))
    if field.domain is Domain.ITEMS and field.name == "type" and value == "any":
        return comparator is Comparator.EQUALS
    return compare(_value(row, comparison), comparator, value)


def _value(row: Row, comparison: Comparison) -> Value:
    name = comparison.field.name
    if comparison.field.domain is Domain.STATS:
        if name in ("remote_downloads", "remote_downloaded"):
            return None if row.downloads is None else 0
        if name == "downloaded_by" and row.downloads is not None:
            return row.downloaded_by or ""
        known: Value = getattr(row, name, None)
        return known
    if comparison.field.domain is not Domain.ITEMS:
        return None
    for kind in ("md5", "sha1", "sha256"):
        if name.endswith(kind):
            return row.checksum(kind)
    field: Value = getattr(row, {"updated": "modified"}.get(name, name))
    return field


def _some_property(criterion: Comparison | PropertyComparison, row: Row) -> bool:
    pairs = row.values
    if criterion.value is None:
        keys = [key for key, _ in pairs if _names(criterion, key)]
        return bool(keys) is (criterion.comparator is Comparator.NOT_EQUALS)
    denied = _DENIED.get(criterion.comparator)
    comparator = denied or criterion.comparator
    some = any(_of_pair(criterion, comparator, pair) for pair in pairs)
    return some is (denied is None)


def _names(criterion: Comparison | PropertyComparison, key: str) -> bool:
    return not isinstance(criterion, PropertyComparison) or criterion.key in ("*", key)


def _of_pair(
    criterion: Comparison | PropertyComparison, comparator: Comparator, pair: tuple[str, str]
) -> bool:
    key, value = pair
    wanted = criterion.value
    if isinstance(criterion, PropertyComparison):
        anything = wanted == "*" and comparator is Comparator.EQUALS
        return _names(criterion, key) and (anything or compare(value, comparator, wanted))
    compared = key if criterion.field.name == "key" else value
    return compare(compared, comparator, wanted)


def _holds_of_pair(criterion: Criterion, pair: tuple[str, str]) -> bool:
    if isinstance(criterion, Criteria):
        return _grouped(criterion, lambda each: _holds_of_pair(each, pair))
    return _of_pair(criterion, criterion.comparator, pair)


def _holds_of_row(criterion: Criterion, pair: tuple[str, str], row: Row) -> bool:
    """Of a query whose rows are properties."""
    if isinstance(criterion, Criteria):
        return _grouped(criterion, lambda each: _holds_of_row(each, pair, row))
    if isinstance(criterion, Comparison) and criterion.field.domain is Domain.PROPERTIES:
        return _of_pair(criterion, criterion.comparator, pair)
    return holds(criterion, row)


def compare(actual: Value, comparator: Comparator, wanted: Value) -> bool:
    if comparator in _DENIED and wanted is not None:
        return not compare(actual, _DENIED[comparator], wanted)
    if comparator is Comparator.NOT_EQUALS:
        return actual is not None
    if comparator is Comparator.EQUALS:
        return actual == wanted
    if actual is None:
        return False
    return _compare_something(actual, comparator, wanted)


def _compare_something(actual: Any, comparator: Comparator, wanted: Any) -> bool:
    if comparator in _ORDERS:
        return _ORDERS[comparator](actual, wanted)
    if comparator is Comparator.LAST:
        return bool(actual >= before_now(wanted, NOW))
    if comparator is Comparator.BEFORE:
        return bool(actual < before_now(wanted, NOW))
    if comparator is Comparator.MATCHES:
        return fits(actual, wanted)
    if comparator is Comparator.MATCHES_IGNORING_CASE:
        return fits(actual.lower(), wanted.lower())
    assert comparator is Comparator.EQUALS_IGNORING_CASE
    return bool(actual.lower() == wanted.lower())


def fits(text: str, pattern: str) -> bool:
    """Whether a text fits a pattern with ``*`` and ``?``, one character after another."""
    reached = {0, *_stars(pattern, 0)}
    for char in text:
        reached = set(_step(pattern, reached, char))
    return len(pattern) in reached


def _step(pattern: str, reached: set[int], char: str) -> Iterator[int]:
    for place in reached:
        if place == len(pattern):
            continue
        if pattern[place] == "*":
            yield place
            yield from _stars(pattern, place)
        elif pattern[place] in ("?", char):
            yield place + 1
            yield from _stars(pattern, place + 1)


def _stars(pattern: str, place: int) -> Sequence[int]:
    """The places that stars there let one go on from."""
    end = place
    while end < len(pattern) and pattern[end] == "*":
        end += 1
    return range(place, end + 1)
