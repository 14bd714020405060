"""The places, and the types of items, outside of which no row can fit a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from devpi_artifactory_compat.search.aql.columns import REPO
from devpi_artifactory_compat.search.aql.columns import TYPE
from devpi_artifactory_compat.search.aql.places import Places
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.tables import FILE
from devpi_artifactory_compat.search.tables import FOLDER
from functools import reduce
from typing import TypeVar


_T = TypeVar("_T")

TYPES = frozenset({FILE, FOLDER})

#: what AQL calls both types
_ANY = "any"


@dataclass(frozen=True)
class Bounds:
    places: frozenset[int]
    types: frozenset[str]

    @property
    def are_empty(self) -> bool:
        return not self.places or not self.types

    def within(self, criterion: Criterion, places: Places) -> Bounds:
        """What is left of these when a criterion has to hold too."""
        return replace(
            self,
            places=_narrowed(criterion, self.places, REPO, lambda each: places_of(each, places)),
            types=_narrowed(criterion, self.types, TYPE, types_of),
        )


def places_of(comparison: Comparison, places: Places) -> frozenset[int]:
    value = comparison.value
    return places.chosen(comparison.comparator, None if value is None else str(value))


def types_of(comparison: Comparison) -> frozenset[str]:
    """Nothing has no type."""
    value = comparison.value
    named = TYPES if value == _ANY else TYPES & {str(value)}
    return named if comparison.comparator is Comparator.EQUALS else TYPES - named


def _narrowed(
    criterion: Criterion,
    bound: frozenset[_T],
    field: Field,
    chosen: Callable[[Comparison], frozenset[_T]],
) -> frozenset[_T]:
    if isinstance(criterion, PropertyComparison):
        return bound
    if isinstance(criterion, Comparison):
        return bound & chosen(criterion) if criterion.field == field else bound
    inner = [_narrowed(each, bound, field, chosen) for each in criterion.criteria]
    if not inner or criterion.group is Group.SAME_PROPERTY:
        return bound
    if criterion.group is Group.OR:
        return reduce(frozenset.union, inner)
    return reduce(frozenset.intersection, inner)
