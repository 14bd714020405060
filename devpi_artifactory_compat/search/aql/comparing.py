"""Comparisons of fields and properties, and which of them are about one and the same property."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.names import PropertyKey
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Value
from devpi_artifactory_compat.search.aql.values import Scalar
from devpi_artifactory_compat.search.aql.values import UnfitComparator
from devpi_artifactory_compat.search.aql.values import check_comparator
from devpi_artifactory_compat.search.aql.values import read_value


#: matches every text
ANY = "*"

_KEY = Field(Domain.PROPERTIES, "key")
_VALUE = Field(Domain.PROPERTIES, "value")


@dataclass(frozen=True)
class Subject:
    """What is compared; ``type`` is None where every comparator is taken."""

    target: Field | PropertyKey
    type: FieldType | None

    @classmethod
    def of(cls, target: Field | PropertyKey) -> Subject:
        """``UnfitComparator`` for a field that can only be included."""
        if isinstance(target, PropertyKey):
            return cls(target, FieldType.STRING)
        known = FIELDS[target.domain].get(target.name)
        if known and not known.is_comparable:
            raise UnfitComparator(f"{target.name} may be included, not compared")
        return cls(target, known.type if known else None)


def compare(subject: Subject, comparator: Comparator, scalar: Scalar) -> Criterion:
    """``UnfitComparator`` or ``UnfitValue`` when that does not fit the subject.

    Where the rows are properties, ``"@key": {…}`` is a row of that key whose value fits.
    """
    if subject.type:
        check_comparator(comparator, subject.type)
    value = read_value(scalar, comparator, subject.type or FieldType.STRING)
    target = subject.target
    if isinstance(target, Field):
        return Comparison(target, _comparator(target, comparator, value), value)
    if target.of_item:
        return PropertyComparison(target.key, comparator, value)
    of_row = Comparison(_VALUE, _comparator(_VALUE, comparator, value), value)
    if target.key == ANY:
        return of_row
    return Criteria(Group.AND, (Comparison(_KEY, Comparator.EQUALS, target.key), of_row))


def _comparator(field: Field, comparator: Comparator, value: Value) -> Comparator:
    # JFrog's "Using Wildcards": "*" as the key or value of a property matches any, with $eq too
    if comparator is Comparator.EQUALS and field in (_KEY, _VALUE) and value == ANY:
        return Comparator.MATCHES
    return comparator


def is_about_properties(subject: Subject) -> bool:
    target = subject.target
    return isinstance(target, PropertyKey) or target.domain is Domain.PROPERTIES


def together(criteria: Sequence[Criterion]) -> list[Criterion]:
    """Criteria that must all hold, with those about ``property.key`` and ``property.value``
    made one: they are about the same property, as in Artifactory.
    """
    about = [each for each in criteria if _is_plain(each)]
    if len(about) == 1 or _names(about) != {_KEY.name, _VALUE.name}:
        return list(criteria)
    first = next(number for number, each in enumerate(criteria) if _is_plain(each))
    others = [each for each in criteria if not _is_plain(each)]
    others.insert(first, Criteria(Group.SAME_PROPERTY, tuple(about)))
    return others


def _is_plain(criterion: Criterion) -> bool:
    """Whether it is one comparison of a property's key or value, or a choice of such."""
    if isinstance(criterion, Criteria):
        return criterion.group is Group.OR and all(_is_plain(each) for each in criterion.criteria)
    return isinstance(criterion, Comparison) and criterion.field in (_KEY, _VALUE)


def _names(criteria: Iterable[Criterion]) -> set[str]:
    found: set[str] = set()
    for each in criteria:
        if isinstance(each, Criteria):
            found |= _names(each.criteria)
        elif isinstance(each, Comparison):
            found.add(each.field.name)
    return found
