"""Which criterion finds the rows of a query with the least work.

SQLite knows nothing of the values in a column, so it is told where to begin: the other criteria
are then looked at row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.search.aql.columns import KEY
from devpi_artifactory_compat.search.aql.columns import VALUE
from devpi_artifactory_compat.search.aql.columns import column_name
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.constructs import literal_prefix
from enum import IntEnum


class Rank(IntEnum):
    """Better ones first."""

    CHECKSUM = 0
    #: the name or path of an item
    PLACE = 1
    #: a property's key and value
    PROPERTY = 2
    #: how the name or path of an item begins
    PLACE_PREFIX = 3
    #: a property's key, and how its value begins
    PROPERTY_PREFIX = 4
    #: nothing that an index answers
    NONE = 5

    @property
    def is_by_place(self) -> bool:
        """Whether rows are looked for place by place."""
        return self in {Rank.PLACE, Rank.PLACE_PREFIX, Rank.NONE}


_CHECKSUMS = frozenset({"md5", "sha1", "sha256"})
_NAMES = frozenset({"name", "path"})


def flattened(criteria: Criteria) -> Iterator[Criterion]:
    """What must hold all together."""
    for each in criteria.criteria:
        if not isinstance(each, Criteria):
            yield each
        elif each.group is Group.AND or (each.group is Group.OR and len(each.criteria) == 1):
            yield from flattened(each)
        else:
            yield each


def rank(criterion: Criterion) -> Rank:
    if isinstance(criterion, PropertyComparison):
        return _of_property(criterion)
    if isinstance(criterion, Criteria):
        return _of_group(criterion)
    return _of_comparison(criterion)


def best(criteria: Sequence[Criterion]) -> Criterion | None:
    """The one to begin with; of equal ones that with the longer value, which fewer share."""
    ranked = [each for each in criteria if rank(each) is not Rank.NONE]
    return min(ranked, key=lambda each: (rank(each), -_length(each)), default=None)


def _of_comparison(comparison: Comparison) -> Rank:
    name = column_name(comparison.field)
    if comparison.field.domain is not Domain.ITEMS or not isinstance(comparison.value, str):
        return Rank.NONE
    comparator, value = comparison.comparator, comparison.value
    if name in _CHECKSUMS and comparator is Comparator.EQUALS:
        return Rank.CHECKSUM
    if name not in _NAMES:
        return Rank.NONE
    return _of_value(comparator, value, whole=Rank.PLACE, prefix=Rank.PLACE_PREFIX)


def _of_property(comparison: PropertyComparison) -> Rank:
    value = comparison.value
    if comparison.key == "*" or not isinstance(value, str) or value == "*":
        return Rank.NONE
    return _of_value(comparison.comparator, value, whole=Rank.PROPERTY, prefix=Rank.PROPERTY_PREFIX)


def _of_value(comparator: Comparator, value: str, *, whole: Rank, prefix: Rank) -> Rank:
    if comparator is Comparator.EQUALS:
        return whole
    if comparator is not Comparator.MATCHES:
        return Rank.NONE
    begin = literal_prefix(value)
    if begin == value:
        return whole
    return prefix if begin else Rank.NONE


def _of_group(criteria: Criteria) -> Rank:
    """Of $or the worst of its members, of all others the best."""
    if criteria.group is Group.OR:
        return max((rank(each) for each in criteria.criteria), default=Rank.NONE)
    members = as_one(criteria) if criteria.group is Group.SAME_PROPERTY else flattened(criteria)
    return min((rank(each) for each in members), default=Rank.NONE)


def names_one_of(criterion: Criterion) -> bool:
    """Whether it is a choice of values of one field, which makes one condition."""
    if not isinstance(criterion, Criteria) or criterion.group is not Group.OR:
        return False
    alike = {
        (each.field, each.comparator) if isinstance(each, Comparison) else None
        for each in criterion.criteria
    }
    kind = alike.pop()
    return not alike and kind is not None and kind[1] is Comparator.EQUALS


def as_one(criteria: Criteria) -> list[PropertyComparison]:
    """Criteria on one property as comparisons of the values of its key."""
    found = [each for each in criteria.criteria if isinstance(each, PropertyComparison)]
    plain = [each for each in criteria.criteria if isinstance(each, Comparison)]
    keys = [
        each.value for each in plain if each.field == KEY and each.comparator is Comparator.EQUALS
    ]
    values = [each for each in plain if each.field == VALUE]
    return found + [
        PropertyComparison(key, value.comparator, value.value)
        for key in keys
        if isinstance(key, str)
        for value in values
    ]


def _length(criterion: Criterion) -> int:
    if isinstance(criterion, Criteria):
        return min((_length(each) for each in criterion.criteria), default=0)
    return len(criterion.value) if isinstance(criterion.value, str) else 0
