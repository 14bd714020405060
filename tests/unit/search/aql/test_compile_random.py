"""What the databases find for any query is what looking at each row finds."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.fields import info
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Direction
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import Sort
from devpi_artifactory_compat.search.aql.query import Value
from devpi_artifactory_compat.search.aql.query import WholeDomain
from devpi_artifactory_compat.search.aql.values import COMPARATORS
from devpi_artifactory_compat.search.aql.values import PERIODS
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support.naive_aql import found
from support.naive_aql import found_properties
from support.search_databases import NOW
from support.search_databases import Asker
from support.search_databases import filled
from support.search_rows import DAY
from support.search_rows import ROWS
from support.search_rows import VISIBLE
from support.search_rows import changes
from typing import Any
import pytest


#: enough that a random query meets each way of a comparison
several = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def asker(database_url: str) -> Iterator[Asker]:
    with filled(database_url, changes()) as database:
        yield Asker(database, VISIBLE)


KEYS = sorted({key for row in ROWS for key, _ in row.values})
TEXTS = sorted(
    {text for row in ROWS for text in (row.repo, row.path, row.name, row.created_by)}
    | {value for row in ROWS for _, value in row.values}
    | {str(row.checksum("md5")) for row in ROWS}
    | {"far", "all", "none", "ann", ""}
)
TIMES = sorted({time for row in ROWS for time in (row.created, row.modified, row.downloaded or 0)})


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """What fits one of the texts, or nearly so."""
    text = draw(st.sampled_from(TEXTS))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    middle = draw(st.sampled_from(["*", "?", "**", "*?", "", "_", "%"]))
    rest = draw(st.sampled_from(["", "*", text[end + 1 :], text[end:]]))
    return text[:start] + middle + draw(st.sampled_from([text[start:end], ""])) + rest


texts = st.sampled_from(TEXTS) | st.sampled_from(TEXTS).map(str.swapcase) | patterns()
numbers = st.sampled_from([*range(-1, 6), 10, 20, 100, 2**40, 2**63 - 1, -(2**63) + 1])
dates = st.builds(int.__add__, st.sampled_from([*TIMES, NOW]), st.sampled_from([0, 1, -1, DAY]))
periods = st.sampled_from(["1d", "2 days", "40d", "13mo", "2y", "1ms", "90000000000y"])
types = st.sampled_from(["file", "folder", "any"])

_VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.STRING: texts,
    FieldType.NUMBER: numbers,
    FieldType.DATE: dates,
    FieldType.ITEM_TYPE: types,
}


def fields(*domains: Domain) -> st.SearchStrategy[Field]:
    known = [Field(domain, name) for domain in domains for name in FIELDS[domain]]
    return st.sampled_from([each for each in known if info(each).is_comparable])


def values(comparator: Comparator, kind: FieldType) -> st.SearchStrategy[Value]:
    if comparator in PERIODS:
        return periods
    if comparator in {Comparator.EQUALS, Comparator.NOT_EQUALS}:
        return _VALUES[kind] | st.none()
    return _VALUES[kind]


@st.composite
def comparisons(draw: st.DrawFn, *domains: Domain) -> Comparison:
    field = draw(fields(*domains))
    kind = info(field).type
    comparator = draw(st.sampled_from(sorted(COMPARATORS[kind])))
    return Comparison(field, comparator, draw(values(comparator, kind)))


@st.composite
def property_comparisons(draw: st.DrawFn) -> PropertyComparison:
    comparator = draw(st.sampled_from(sorted(COMPARATORS[FieldType.STRING])))
    key = draw(st.sampled_from([*KEYS, "*", "no"]))
    return PropertyComparison(key, comparator, draw(values(comparator, FieldType.STRING)))


def groups(leaves: st.SearchStrategy[Criterion]) -> st.SearchStrategy[Criterion]:
    def grouped(inner: st.SearchStrategy[Criterion]) -> st.SearchStrategy[Criterion]:
        kinds = st.sampled_from([Group.AND, Group.OR])
        return st.builds(Criteria, kinds, st.lists(inner, min_size=1, max_size=4).map(tuple))

    return st.recursive(leaves, grouped, max_leaves=8)


ITEM_DOMAINS = (Domain.ITEMS, Domain.STATS, Domain.ITEM_INFOS, Domain.BUILDS)

plain = comparisons(*ITEM_DOMAINS)
of_properties = comparisons(Domain.PROPERTIES) | property_comparisons()
same_property = st.builds(
    lambda inner: Criteria(Group.SAME_PROPERTY, (inner,)), groups(of_properties)
)
criteria = groups(plain | comparisons(Domain.ITEMS) | of_properties | same_property)


def whole(criterion: Criterion) -> Criteria:
    return criterion if isinstance(criterion, Criteria) else Criteria(Group.AND, (criterion,))


@several
@given(criterion=criteria)
def test_items(asker: Asker, criterion: Criterion) -> None:
    query = Query(domain=Domain.ITEMS, criteria=Criteria(Group.AND, (criterion,)))
    rows = asker.found(query)

    assert len(rows) == len(set(rows))
    assert set(rows) == found(query)


@several
@given(
    criterion=criteria,
    offset=st.integers(0, 5) | st.just(2**63 - 1),
    limit=st.integers(0, 12) | st.just(2**63 - 1),
    direction=st.sampled_from(list(Direction)),
    by=st.lists(fields(*ITEM_DOMAINS), min_size=1, max_size=3),
)
def test_pages(
    asker: Asker,
    criterion: Criterion,
    offset: int,
    limit: int,
    direction: Direction,
    by: list[Field],
) -> None:
    """A page is a part of the whole order, with everything that is shown."""
    everything = Query(
        domain=Domain.ITEMS,
        criteria=whole(criterion),
        sort=Sort(direction, tuple(by)),
        include=tuple(WholeDomain(each) for each in (Domain.ITEMS, Domain.PROPERTIES)),
    )
    page = Query(
        domain=Domain.ITEMS,
        criteria=everything.criteria,
        sort=everything.sort,
        include=everything.include,
        offset=offset,
        limit=limit,
    )

    assert asker.rows(page) == asker.rows(everything)[offset : offset + limit]


@several
@given(criterion=groups(comparisons(Domain.PROPERTIES, *ITEM_DOMAINS) | property_comparisons()))
def test_properties(asker: Asker, criterion: Criterion) -> None:
    query = Query(domain=Domain.PROPERTIES, criteria=whole(criterion))
    rows = [(row["key"], row["value"]) for row in asker.rows(query)]

    assert sorted(rows) == sorted(found_properties(query))
