"""Rules that concern more than one part of a query."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.fields import info
from devpi_artifactory_compat.search.aql.names import UnknownName
from devpi_artifactory_compat.search.aql.names import resolve
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import Included
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import WholeDomain


_REPO = Field(Domain.ITEMS, "repo")


def sortable(domain: Domain, name: str) -> Field:
    """A field that rows of ``domain`` can be sorted by; ``UnknownName`` for others.

    Of properties a row of another domain has many, which give it no place.
    """
    target = resolve(domain, name)
    if not isinstance(target, Field):
        raise UnknownName("rows cannot be sorted by a property: an item may have many of one key")
    if domain in DOMAINS_WITH_ROWS and target.domain is Domain.PROPERTIES is not domain:
        raise UnknownName("rows cannot be sorted by properties: an item may have many")
    if not info(target).is_comparable:
        raise UnknownName(f"{target.name} may be included, not sorted by")
    return target


def check_transitive(query: Query) -> str | None:
    """What keeps a query from being transitive: a search of one repository's items only.

    The repository is compared by ``$eq`` alone, and nothing is found elsewhere.
    """
    if query.domain is not Domain.ITEMS:
        return f"transitive goes with items, not with {query.domain.value}"
    if query.sort or query.offset:
        return "transitive does not go with sort or offset"
    if any(_domain(each) not in (Domain.ITEMS, Domain.PROPERTIES) for each in query.include):
        return "transitive goes with fields of items and properties only"
    wanted = [each for each in _comparisons(query.criteria) if each.field == _REPO]
    if any(each.comparator is not Comparator.EQUALS or each.value is None for each in wanted):
        return "transitive wants the repository compared by $eq"
    if len({each.value for each in wanted}) != 1 or not _names_repository(query.criteria):
        return 'transitive wants one repository, as in {"repo": "pypi-remote"}'
    return None


def check_distinct(query: Query) -> str | None:
    """What keeps rows that are one each from being sorted: they must show what they sort by."""
    shown = set(_shown(query))
    missing = [each.name for each in (query.sort.fields if query.sort else ()) if each not in shown]
    if missing:
        return f"distinct rows are sorted by fields that are included only, not by {missing[0]}"
    return None


def _shown(query: Query) -> Iterator[Field]:
    """The fields that rows show."""
    if not query.include:
        names = FIELDS[query.domain].items()
        yield from (Field(query.domain, name) for name, known in names if known.is_default)
    for each in query.include:
        if isinstance(each, WholeDomain):
            yield from (Field(each.domain, name) for name in FIELDS[each.domain])
        elif isinstance(each, Field):
            yield each


def _domain(included: Included) -> Domain:
    return included.domain if isinstance(included, Field | WholeDomain) else Domain.PROPERTIES


def _comparisons(criterion: Criterion) -> Iterator[Comparison]:
    if isinstance(criterion, Criteria):
        for each in criterion.criteria:
            yield from _comparisons(each)
    elif isinstance(criterion, Comparison):
        yield criterion


def _names_repository(criterion: Criterion) -> bool:
    """Whether nothing outside of the repositories that it names can fit."""
    if not isinstance(criterion, Criteria):
        return isinstance(criterion, Comparison) and criterion.field == _REPO
    within = map(_names_repository, criterion.criteria)
    return all(within) if criterion.group is Group.OR else any(within)
