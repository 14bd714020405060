"""What comes after ``find``: include, sort, offset, limit, distinct and transitive."""

from __future__ import annotations

from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.query import Direction
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Included
from devpi_artifactory_compat.search.aql.query import IncludedProperty
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import Sort
from devpi_artifactory_compat.search.aql.query import WholeDomain
import pytest


NAME = Field(Domain.ITEMS, "name")
DOWNLOADS = Field(Domain.STATS, "downloads")


@pytest.mark.parametrize("domain", list(Domain))
def test_query_is_for_one_domain(domain: Domain) -> None:
    assert parse(f"{domain.value}.find()") == Query(domain=domain)


def test_space_and_lines_between_tokens_mean_nothing() -> None:
    spread = ' items\r\n. find ( { "name" : "a" } )\n\t.limit ( 3 ) \n'

    assert parse(spread) == parse('items.find({"name":"a"}).limit(3)')


def test_text_may_be_bytes_with_a_byte_order_mark() -> None:
    assert parse('\ufeffitems.find({"name":"é"})'.encode()) == parse('items.find({"name":"é"})')


@pytest.mark.parametrize(
    ("domain", "name", "included"),
    [
        ("items", "*", WholeDomain(Domain.ITEMS)),
        ("items", "name", NAME),
        ("items", "property", WholeDomain(Domain.PROPERTIES)),
        ("items", "property.*", WholeDomain(Domain.PROPERTIES)),
        ("items", "properties", WholeDomain(Domain.PROPERTIES)),
        ("items", "property.key", Field(Domain.PROPERTIES, "key")),
        ("items", "@a.b", IncludedProperty("a.b")),
        ("items", "@*", IncludedProperty("*")),
        ("items", "stat", WholeDomain(Domain.STATS)),
        ("items", "stat.downloads", DOWNLOADS),
        ("items", "artifact", WholeDomain(Domain.ARTIFACTS)),
        ("items", "artifact.module.build", Field(Domain.ARTIFACTS, "module.build")),
        ("items", "artifact.module.*", Field(Domain.ARTIFACTS, "module.*")),
        ("properties", "*", WholeDomain(Domain.PROPERTIES)),
        ("properties", "item", WholeDomain(Domain.ITEMS)),
        ("properties", "item.name", NAME),
        ("properties", "item.stat.*", WholeDomain(Domain.STATS)),
        ("stats", "item.*", WholeDomain(Domain.ITEMS)),
        ("stats", "item.@a", IncludedProperty("a")),
        ("builds", "@a", IncludedProperty("a")),
        ("builds", "module.*", Field(Domain.BUILDS, "module.*")),
    ],
)
def test_include_takes_fields_domains_and_properties(
    domain: str, name: str, included: Included
) -> None:
    assert parse(f'{domain}.find().include("{name}")').include == (included,)


def test_include_keeps_the_order_and_drops_what_comes_again() -> None:
    found = parse('items.find().include("name","@a","name","repo")')

    assert found.include == (NAME, IncludedProperty("a"), Field(Domain.ITEMS, "repo"))


def test_sort_is_by_fields_in_one_direction() -> None:
    assert parse('items.find().sort({"$desc":["stat.downloads","name"]})').sort == Sort(
        Direction.DESCENDING, (DOWNLOADS, NAME)
    )
    assert parse('items.find().sort({"$asc":["name"]})').sort == Sort(Direction.ASCENDING, (NAME,))


def test_sort_field_need_not_be_included() -> None:
    assert parse('items.find().include("repo").sort({"$asc":["name"]})').sort


def test_offset_limit_and_distinct_are_kept() -> None:
    found = parse("items.find().offset(9223372036854775807).limit(0).distinct(true)")

    assert (found.offset, found.limit, found.distinct) == (2**63 - 1, 0, True)
    assert not parse("items.find().distinct(false)").distinct


def test_methods_come_in_any_order() -> None:
    """The documented order, that of jf, and any other."""
    repo = 'items.find({"repo":"a"})'

    assert parse(f'{repo}.include("name").limit(2).transitive()') == parse(
        f'{repo}.transitive().limit(2).include("name")'
    )
    assert parse('items.find().limit(2).offset(1).sort({"$asc":["name"]}).include("name")') == (
        parse('items.find().include("name").sort({"$asc":["name"]}).offset(1).limit(2)')
    )


@pytest.mark.parametrize(
    "criteria",
    [
        '{"repo":"a","name":{"$match":"*"}}',
        '{"path":{"$ne":"."},"$or":[{"$and":[{"repo":"a","path":"b"}]}]}',
        '{"$or":[{"$and":[{"repo":"a","path":"b"}]},{"$and":[{"repo":"a","path":"c"}]}]}',
    ],
)
def test_transitive_is_of_one_repository(criteria: str) -> None:
    assert parse(f"items.find({criteria}).transitive()").transitive


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ('properties.find({"item.repo":"a"}).transitive()', "goes with items, not with properties"),
        ("items.find().transitive()", "wants one repository"),
        ('items.find({"$or":[{"repo":"a","name":"b"}]}).transitive()', "wants one repository"),
        ('items.find({"$or":[{"repo":"a"},{"repo":"b"}]}).transitive()', "wants one repository"),
        ('items.find({"repo":"a","repo":"b"}).transitive()', "wants one repository"),
        ('items.find({"repo":{"$match":"a*"}}).transitive()', "compared by $eq"),
        ('items.find({"repo":null}).transitive()', "compared by $eq"),
        ('items.find({"repo":"a"}).transitive().offset(1)', "does not go with sort or offset"),
        (
            'items.find({"repo":"a"}).sort({"$asc":["name"]}).transitive()',
            "does not go with sort or offset",
        ),
        (
            'items.find({"repo":"a"}).include("repo","stat.downloads").transitive()',
            "fields of items and properties only",
        ),
        (
            'items.find().include("repo").sort({"$asc":["name"]}).distinct(true)',
            "distinct rows are sorted by fields that are included only, not by name",
        ),
        ("items.find().include()", "expected the name of a field"),
        ('items.find().include("repo3")', "did you mean 'repo'?"),
        ('items.find().include("repo" "name")', "expected ')' at the end of include"),
        ('properties.find().include("@a")', "the rows are properties themselves"),
        ('properties.find().include("item.@a")', "the rows are properties themselves"),
        ('items.find().sort({"$up":["name"]})', "unknown direction; there are $asc, $desc"),
        ('items.find().sort({"$asc":"name"})', "expected '[' before the fields"),
        ('items.find().sort({"$asc":[]})', "expected the name of a field"),
        ('items.find().sort({"$asc":["name"],"$desc":["repo"]})', "one direction for all"),
        ('items.find().sort("name")', "expected '{' in sort"),
        ('items.find().sort({"$asc":["@a"]})', "cannot be sorted by a property"),
        ('items.find().sort({"$asc":["property.value"]})', "cannot be sorted by properties"),
        ('items.find().sort({"$asc":["virtual_repos"]})', "may be included, not sorted by"),
        ("items.find().limit()", "expected a whole number for limit"),
        ("items.find().limit(-1)", "expected a whole number for limit"),
        ("items.find().limit(1.0)", "expected a whole number for limit"),
        ('items.find().limit("1")', "expected a whole number for limit"),
        ("items.find().offset(9223372036854775808)", "below 2**63"),
        ("items.find().distinct()", "expected true or false"),
        ("items.find().transitive(true)", "expected ')' at the end of transitive"),
        ("items.find().limit(1).limit(1)", "limit comes twice"),
        ("items.find().skip(1)", "unknown method; there are include, sort"),
        ("items.find().offser(1)", "did you mean 'offset'?"),
        ("items.find()limit(1)", "expected '.' and a method"),
        ("items.find();", "this cannot be read"),
        ("items.find().", "it ends where a method: one of include"),
        ("items.find", "it ends where '(' after find should be"),
        ("items", "it ends where '.find(' after the domain should be"),
        ("items.", "it ends where find after the domain should be"),
        ("", "it ends where a domain: one of items"),
        ('{"items":"a"}', "expected a domain: one of items"),
        ("files.find()", "unknown domain; did you mean 'items'?"),
        ("items.properties.find()", "unknown domain"),
        ("items.delete({})", "queries here only read"),
        ('properties.update({}).keys("a")', "queries here only read"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(query: str, problem: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(query)

    assert problem in str(caught.value)


def test_refusal_names_line_and_column_and_the_piece() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse('items.find({\n  "name": "a",\n  "sise": 3\n})')

    error = caught.value
    assert isinstance(error, BadRequest)
    assert (error.line, error.column, error.near) == (3, 3, '"sise"')
    assert str(error).startswith(
        'Failed to parse query at line 3, column 3, near "sise": items have no such field; '
        "did you mean 'size'? there are repo, path, name,"
    )


def test_refusal_of_single_quotes_says_which_are_wanted() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse("items.find({'name':'a'})")

    assert str(caught.value) == (
        "Failed to parse query at line 1, column 13, near 'name': "
        'strings stand between double quotes (")'
    )


def test_piece_that_is_shown_is_short_and_printable() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse('items.find({"' + "\u202e" * 500 + '":1})')

    assert len(caught.value.near) < 300
    assert caught.value.near.isprintable()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('items.find({"name":"a', "this string does not end"),
        ('items.find({"name":"a\nb"})', "this string does not end"),
        (r'items.find({"name":"a\x"})', "a wrong escape"),
        (r'items.find({"name":"a\u00"})', "a wrong escape"),
        (r'items.find({"name":"a\u0000b"})', "may not hold NUL"),
        (r'items.find({"name":"\ud800"})', "half a surrogate pair"),
        ('items.find({"name":"\udfff"})', "half a surrogate pair"),
        ("items.find(\0)", "this cannot be read"),
        ("items.find() // all of it", "this cannot be read"),
        ("items.find().limit(1abc)", "this cannot be read"),
    ],
)
def test_what_is_no_token_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(text)

    assert problem in str(caught.value)


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(b'items.find(\n{"name":"\xff"})')

    assert str(caught.value) == (
        "Failed to parse query at line 2, column 10, near byte 0xff: the query is not UTF-8"
    )
