"""A query that is printed reads the same, and no text gives anything but a query or a refusal."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.periods import UNITS
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Direction
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import IncludedProperty
from devpi_artifactory_compat.search.aql.query import PropertyComparison
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import Sort
from devpi_artifactory_compat.search.aql.query import WholeDomain
from devpi_artifactory_compat.search.aql.values import COMPARATORS
from devpi_artifactory_compat.search.aql.values import NULLABLE
from devpi_artifactory_compat.search.aql.values import PERIODS
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
from support.aql_text import to_aql


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
KEYS = st.one_of(st.just("*"), TEXTS.filter(bool))
NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1)
PERIOD_TEXTS = st.builds("{}{}".format, st.integers(0, 10**18 - 1), st.sampled_from(sorted(UNITS)))

_VALUES = {
    FieldType.STRING: TEXTS,
    FieldType.NUMBER: NUMBERS,
    FieldType.DATE: NUMBERS,
    FieldType.ITEM_TYPE: st.sampled_from(["file", "folder", "any"]),
}

#: other domains that fields are named of, by the domain that is searched
_OTHERS = {
    Domain.ITEMS: [Domain.STATS, Domain.ARTIFACTS, Domain.RELEASES],
    Domain.PROPERTIES: [Domain.ITEMS, Domain.STATS, Domain.DEPENDENCIES],
    Domain.STATS: [Domain.ITEMS, Domain.BUILDS],
}


def fields(domain: Domain) -> list[Field]:
    reached = [domain, *_OTHERS.get(domain, [])]
    found = [
        Field(each, name) for each in reached for name, known in FIELDS[each].items()
        if known.is_comparable
    ]  # fmt: skip
    deeper = [each for each in reached if each not in DOMAINS_WITH_ROWS]
    return found + [Field(each, name) for each in deeper for name in ("module.name", "a.@b c.d")]


@st.composite
def comparisons(draw: st.DrawFn, field: Field) -> Comparison:
    known = FIELDS[field.domain].get(field.name)
    of_type = known.type if known else FieldType.STRING
    comparator = draw(st.sampled_from(sorted(COMPARATORS[of_type])))
    values = PERIOD_TEXTS if comparator in PERIODS else _VALUES[of_type]
    # of properties, "*" compared by $eq reads as $match
    values = values.filter(lambda value: field.domain is not Domain.PROPERTIES or value != "*")
    value = draw(st.one_of(st.none(), values) if comparator in NULLABLE else values)
    return Comparison(field, comparator, value)


@st.composite
def property_comparisons(draw: st.DrawFn) -> PropertyComparison:
    comparator = draw(st.sampled_from(sorted(COMPARATORS[FieldType.STRING])))
    values = st.one_of(st.none(), TEXTS) if comparator in NULLABLE else TEXTS
    return PropertyComparison(draw(KEYS), comparator, draw(values))


def of_one_property() -> st.SearchStrategy[Criterion]:
    """A group of which all is about one property, as the parser makes it of key and value."""
    named = [Field(Domain.PROPERTIES, name) for name in FIELDS[Domain.PROPERTIES]]
    one = st.one_of(property_comparisons(), *[comparisons(each) for each in named])
    inner = st.one_of(one, st.builds(group_of, st.just(Group.OR), st.lists(one, min_size=1)))
    return st.builds(
        group_of, st.just(Group.SAME_PROPERTY), st.lists(inner, min_size=1, max_size=4)
    )


def group_of(group: Group, criteria: list[Criterion]) -> Criteria:
    return Criteria(group, tuple(criteria))


def criteria(domain: Domain) -> st.SearchStrategy[Criteria]:
    choices: list[st.SearchStrategy[Criterion]] = [
        st.sampled_from(fields(domain)).flatmap(comparisons),
        property_comparisons(),
    ]
    if domain in DOMAINS_WITH_ROWS - {Domain.PROPERTIES}:
        choices.append(of_one_property())
    if domain not in DOMAINS_WITH_ROWS:
        # what is named the same way reads as the property that it is
        choices[0] = st.sampled_from(
            [each for each in fields(domain) if not each.name.startswith("@")]
        ).flatmap(comparisons)
    nested = st.recursive(
        st.one_of(choices),
        lambda inner: st.one_of(
            st.builds(group_of, st.just(Group.AND), st.lists(inner, max_size=4)),
            st.builds(group_of, st.just(Group.OR), st.lists(inner, min_size=1, max_size=4)),
        ),
        max_leaves=12,
    )
    return st.builds(group_of, st.just(Group.AND), st.lists(nested, max_size=4))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    domain = draw(st.sampled_from(list(Domain)))
    named = fields(domain)
    wholes = [WholeDomain(each) for each in (domain, *_OTHERS.get(domain, []))]
    included = st.one_of(st.sampled_from(named), st.sampled_from(wholes))
    if domain is not Domain.PROPERTIES:
        included = st.one_of(included, st.builds(IncludedProperty, KEYS))
    sorts = st.builds(
        Sort,
        st.sampled_from(Direction),
        st.lists(st.sampled_from(named), min_size=1, max_size=4, unique=True).map(tuple),
    )
    sort = draw(st.one_of(st.none(), sorts))
    return Query(
        domain=domain,
        criteria=draw(criteria(domain)),
        include=tuple(draw(st.lists(included, max_size=4, unique=True))),
        sort=sort,
        offset=draw(st.one_of(st.just(0), st.integers(0, 2**63 - 1))),
        limit=draw(st.one_of(st.none(), st.integers(0, 2**63 - 1))),
        distinct=draw(st.booleans()) if sort is None else False,
    )


@given(queries())
def test_printed_query_reads_the_same(query: Query) -> None:
    assert parse(to_aql(query)) == query
    assert parse(to_aql(query).encode()) == query


_PIECES = st.sampled_from(
    [
        *"{}[]():,. \n",
        *(each.value for each in Domain),
        *(f'"{name}"' for name in ("repo", "size", "created", "type", "@a", "stat.downloads", "*")),
        *(f'"{each.value}"' for each in Group),
        '"$eq"', '"$ne"', '"$match"', '"$gt"', '"$last"', '"3d"', '"2026-11-24"', '"$asc"',
        ".find(", ".include(", ".sort({", ".limit(", ".offset(", ".distinct(", ".transitive()",
        "null", "true", "1", "-1", "1e309", "9" * 30, '"', "\\", '"\\ud800"', "\0", "'", "//",
    ]
)  # fmt: skip


def is_read_or_refused(text: str | bytes) -> bool:
    """Whether the text is a query, which reads the same when it is printed."""
    try:
        found = parse(text)
    except InvalidQuery as exc:
        check_refusal(exc)
        return False
    assert parse(to_aql(found)) == found
    return True


def check_refusal(refusal: InvalidQuery) -> None:
    assert refusal.line >= 1
    assert refusal.column >= 1
    # it is sent as UTF-8
    assert str(refusal).encode()


@given(st.one_of(st.text(), st.binary(), st.lists(_PIECES, max_size=40).map("".join)))
@example("\udcff")
@example('items.find({"\udcff":1})')
@example(b"\xef\xbb\xbf")
@example("items.find({" * 20_000)
@example('items.find({"size":' + "9" * 100_000 + "})")
@example("items.find().limit(" + "9" * 5_000 + ")")
@example('items.find({"created":{"$last":"' + "9" * 5_000 + 'y"}})')
@example('items.find({"created":"' + "9" * 5_000 + '"})')
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    is_read_or_refused(text)


@given(st.data())
def test_damaged_query_is_read_or_refused(data: st.DataObject) -> None:
    text = to_aql(data.draw(queries()))
    assert is_read_or_refused(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 8)))
    between = data.draw(st.one_of(_PIECES, st.text(max_size=3), st.just(text[start:end] * 2)))

    is_read_or_refused(text[:start] + between + text[end:])
