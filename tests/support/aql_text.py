"""A ``Query`` as AQL."""

from __future__ import annotations

from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.fields import info
from devpi_artifactory_compat.search.aql.names import path_to
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import Included
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import WholeDomain
import json


def to_aql(query: Query) -> str:
    """Text that ``parse`` makes an equal query of, if it made this one."""
    domain = query.domain
    found = f"{domain.value}.find({_objects(domain, query.criteria)})"
    if query.include:
        included = ",".join(json.dumps(_included(domain, each)) for each in query.include)
        found += f".include({included})"
    if query.sort:
        fields = ",".join(json.dumps(_name(domain, each)) for each in query.sort.fields)
        found += f'.sort({{"{query.sort.direction.value}":[{fields}]}})'
    if query.offset:
        found += f".offset({query.offset})"
    if query.limit is not None:
        found += f".limit({query.limit})"
    if query.distinct:
        found += ".distinct(true)"
    if query.transitive:
        found += ".transitive()"
    return found


def _objects(domain: Domain, criteria: Criteria) -> str:
    if criteria.group is not Group.AND:
        return f"{{{_criterion(domain, criteria)}}}"
    return ",".join(f"{{{_criterion(domain, each)}}}" for each in criteria.criteria)


def _criterion(domain: Domain, criterion: Criterion) -> str:
    if isinstance(criterion, Criteria):
        members = ",".join(f"{{{_criterion(domain, each)}}}" for each in criterion.criteria)
        return f'"{criterion.group.value}":[{members}]'
    value = f'{{"{criterion.comparator.value}":{_value(criterion)}}}'
    return f"{json.dumps(_subject(domain, criterion))}:{value}"


def _subject(domain: Domain, criterion: Comparison | PropertyComparison) -> str:
    if isinstance(criterion, Comparison):
        return _name(domain, criterion.field)
    before = "item." if domain is Domain.PROPERTIES else ""
    return f"{before}@{criterion.key}"


def _value(criterion: Comparison | PropertyComparison) -> str:
    value = criterion.value
    if isinstance(value, int) and not _is_date(criterion):
        # as Artifactory wants it
        return f'"{value}"'
    return json.dumps(value)


def _is_date(criterion: Comparison | PropertyComparison) -> bool:
    return isinstance(criterion, Comparison) and info(criterion.field).type is FieldType.DATE


def _name(domain: Domain, field: Field) -> str:
    return path_to(domain, field.domain) + field.name


def _included(domain: Domain, included: Included) -> str:
    if isinstance(included, Field):
        return _name(domain, included)
    if isinstance(included, WholeDomain):
        return f"{path_to(domain, included.domain)}*"
    before = "" if domain not in DOMAINS_WITH_ROWS else path_to(domain, Domain.ITEMS)
    return f"{before}@{included.key}"
