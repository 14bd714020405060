"""The criteria of ``find``: what holds together, what is a choice, and what is compared."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.query import PropertyComparison
import pytest


def item(name: str, value: str | int | None, comparator: str = "$eq") -> Comparison:
    return Comparison(Field(Domain.ITEMS, name), Comparator(comparator), value)


def of_property(name: str, value: str | None, comparator: str = "$eq") -> Comparison:
    return Comparison(Field(Domain.PROPERTIES, name), Comparator(comparator), value)


def with_key(key: str, value: str | None, comparator: str = "$eq") -> PropertyComparison:
    return PropertyComparison(key, Comparator(comparator), value)


def group(operator: str, *criteria: Criterion) -> Criteria:
    return Criteria(Group(operator), criteria)


def found(criteria: str, domain: str = "items") -> tuple[Criterion, ...]:
    whole = parse(f"{domain}.find({criteria})").criteria
    assert whole.group is Group.AND
    return whole.criteria


@pytest.mark.parametrize("criteria", ["", "{}", "{},{}", " \r\n\t{ } "])
def test_no_criteria_hold_for_everything(criteria: str) -> None:
    assert found(criteria) == ()


def test_bare_value_means_equal() -> None:
    assert found('{"repo":"a"}') == found('{"repo":{"$eq":"a"}}') == (item("repo", "a"),)


def test_criteria_of_one_object_all_hold() -> None:
    assert found('{"repo":"a","name":"b"}') == (item("repo", "a"), item("name", "b"))


def test_several_objects_all_hold() -> None:
    assert found('{"repo":"a"},{"name":"b"}') == (item("repo", "a"), item("name", "b"))


def test_every_one_of_equal_keys_counts() -> None:
    """jf sends several exclusions and properties as one object with the same key again."""
    criteria = '{"name":"a","name":"b","$or":[{"name":"c"}],"$or":[{"name":"d"}]}'

    assert found(criteria) == (
        item("name", "a"),
        item("name", "b"),
        group("$or", item("name", "c")),
        group("$or", item("name", "d")),
    )


def test_object_in_an_array_takes_the_operator_of_the_array() -> None:
    either = group("$or", item("path", "*", "$nmatch"), item("name", "*b.in", "$nmatch"))

    assert found('{"$or":[{"path":{"$nmatch":"*"},"name":{"$nmatch":"*b.in"}}]}') == (either,)


def test_group_takes_an_object_in_place_of_an_array() -> None:
    assert found('{"$or":{"name":"a","path":"b"}}') == found('{"$or":[{"name":"a"},{"path":"b"}]}')


def test_groups_stand_within_groups() -> None:
    criteria = '{"$or":[{"$and":[{"repo":"a","name":"b"}]},{"$and":[{"repo":"c"}]}]}'

    assert found(criteria) == (
        group(
            "$or",
            group("$and", item("repo", "a"), item("name", "b")),
            group("$and", item("repo", "c")),
        ),
    )


def test_several_comparators_of_a_field_all_hold() -> None:
    assert found('{"size":{"$gt":1,"$lt":5}}') == (
        item("size", 1, "$gt"),
        item("size", 5, "$lt"),
    )


def test_several_comparators_of_a_field_are_one_choice_of_or() -> None:
    assert found('{"$or":[{"size":{"$gt":1,"$lt":5},"name":"a"}]}') == (
        group(
            "$or",
            group("$and", item("size", 1, "$gt"), item("size", 5, "$lt")),
            item("name", "a"),
        ),
    )


@pytest.mark.parametrize("comparator", [each for each in Comparator if each >= "$eq"])
def test_every_comparator_is_known(comparator: Comparator) -> None:
    dated = comparator in (Comparator.LAST, Comparator.BEFORE)
    field, value = ("created", "3d") if dated else ("name", "x")

    assert found(f'{{"{field}":{{"{comparator.value}":"{value}"}}}}') == (
        item(field, value, comparator.value),
    )


def test_property_is_named_by_its_key() -> None:
    assert found('{"@build.name":{"$ne":"x"},"@*":"y"}') == (
        with_key("build.name", "x", "$ne"),
        with_key("*", "y"),
    )


def test_key_of_a_property_may_hold_anything_but_nothing() -> None:
    assert found('{"@a.@b é\\"\\n":"1"}') == (with_key('a.@b é"\n', "1"),)
    with pytest.raises(InvalidQuery, match="the key of a property"):
        found('{"@":"1"}')


@pytest.mark.parametrize("comparator", ["$eq", "$ne"])
def test_null_is_equal_or_not(comparator: str) -> None:
    assert found(f'{{"name":{{"{comparator}":null}},"@a":{{"{comparator}":null}}}}') == (
        item("name", None, comparator),
        with_key("a", None, comparator),
    )


def test_values_of_texts_may_be_bare_numbers_and_booleans() -> None:
    assert found('{"@build.number":42,"@ok":true,"name":1.50,"@no":false}') == (
        with_key("build.number", "42"),
        with_key("ok", "true"),
        item("name", "1.50"),
        with_key("no", "false"),
    )


def test_numbers_may_be_quoted() -> None:
    assert found('{"size":{"$gt":"1000"},"depth":3}') == (
        item("size", 1000, "$gt"),
        item("depth", 3),
    )


def test_bare_number_is_milliseconds_and_a_text_of_four_digits_a_year() -> None:
    assert found('{"created":1000}') == (item("created", 1000),)
    assert found('{"created":"1970"}') == (item("created", 0),)


def test_strings_are_those_of_json() -> None:
    text = r'{"name":"\"\\\/\b\f\n\r\té\ud83d\ude00 ü"}'

    assert found(text) == (item("name", '"\\/\b\f\n\r\té😀 ü'),)


@pytest.mark.parametrize("type", ["file", "folder", "any"])
def test_type_is_one_of_three(type: str) -> None:  # noqa: A002
    assert found(f'{{"type":"{type}"}}') == (item("type", type),)


def test_query_tells_whether_it_says_which_types_it_wants() -> None:
    assert parse('items.find({"$or":[{"name":"a","type":"folder"}]})').any_type
    assert not parse('items.find({"name":"a"})').any_type


def test_key_and_value_of_a_property_are_those_of_one_property() -> None:
    """JFrog's long notation of ``"@license": "GPL"``; artifactory-cleanup sends it."""
    one = group("$msp", of_property("key", "license"), of_property("value", "GPL"))

    assert found('{"property.key":"license","property.value":"GPL"}') == (one,)
    assert found('{"$and":[{"property.key":"license"},{"property.value":"GPL"}]}') == (
        group("$and", one),
    )
    assert found('{"repo":"a","property.value":"GPL","name":"b","property.key":"license"}') == (
        item("repo", "a"),
        group("$msp", of_property("value", "GPL"), of_property("key", "license")),
        item("name", "b"),
    )


def test_choice_of_values_is_of_one_property_with_its_key() -> None:
    choice = group("$or", of_property("value", "x"), of_property("value", "y"))

    assert found('{"property.key":"a","$or":[{"property.value":"x"},{"property.value":"y"}]}') == (
        group("$msp", of_property("key", "a"), choice),
    )


def test_choice_between_key_and_value_stays_a_choice() -> None:
    assert found('{"$or":[{"property.key":"a"},{"property.value":"b"}]}') == (
        group("$or", of_property("key", "a"), of_property("value", "b")),
    )


def test_star_as_key_or_value_of_a_property_is_any() -> None:
    """As JFrog documents, without $match."""
    assert found('{"property.key":"*"},{"property.value":{"$eq":"*"}}') == (
        group("$msp", of_property("key", "*", "$match"), of_property("value", "*", "$match")),
    )
    assert found('{"@license":"*"}') == (with_key("license", "*"),)


def test_msp_holds_criteria_of_one_property() -> None:
    assert found('{"$msp":[{"@license":{"$match":"*GPL*"}},{"@license":{"$ne":"LGPL"}}]}') == (
        group("$msp", with_key("license", "*GPL*", "$match"), with_key("license", "LGPL", "$ne")),
    )


@pytest.mark.parametrize(
    "criteria",
    [
        '{"$msp":[{"repo":"a"}]}',
        '{"$msp":[{"@a":"1"},{"stat.downloads":1}]}',
        '{"$msp":[{"@a":"1"},{"$or":[{"name":"a"}]}]}',
    ],
)
def test_msp_takes_properties_only(criteria: str) -> None:
    with pytest.raises(InvalidQuery, match=r"within \$msp are properties only"):
        found(criteria)


def test_msp_is_not_within_msp() -> None:
    with pytest.raises(InvalidQuery, match=r"\$msp cannot stand within \$msp"):
        found('{"$msp":[{"$or":[{"$msp":[{"@a":"1"}]}]}]}')


def test_property_of_a_property_query_is_the_row() -> None:
    """Rows are properties: of this key, and with such a value."""
    row = group("$and", of_property("key", "a"), of_property("value", "1"))

    assert found('{"@a":"1"}', "properties") == (row,)
    assert found('{"@*":"1"}', "properties") == (of_property("value", "1"),)
    assert found('{"*":"1"}', "properties") == (of_property("value", "1"),)
    assert found('{"@a":"*"}', "properties") == (
        group("$and", of_property("key", "a"), of_property("value", "*", "$match")),
    )
    assert found('{"item.@a":"1"}', "properties") == (with_key("a", "1"),)
    with pytest.raises(InvalidQuery, match=r"use \$and"):
        found('{"$msp":[{"key":"a"}]}', "properties")


@pytest.mark.parametrize(
    ("criteria", "problem"),
    [
        ('{"$or":[]}', "$or needs at least one criterion"),
        ('{"$or":{}}', "$or needs at least one criterion"),
        ('{"$msp":[]}', "$msp needs at least one criterion"),
        ('{"$or":[{}]}', "expected a criterion in this object"),
        ('{"$nor":[{"name":"a"}]}', "unknown operator; did you mean '$or'? there are $and, $or"),
        ('{"$eq":"a"}', "a comparator stands in the object after a field"),
        ('{"name":{"$like":"a"}}', "unknown comparator; did you mean '$lte'? there are $eq, $ne, "),
        ('{"name":{"$nmach":"a"}}', "did you mean '$nmatch'?"),
        ('{"name":{}}', 'expected a comparator such as "$eq"'),
        ('{"name":["a","b"]}', "expected a value"),
        ('{"name":{"$eq":{"a":"b"}}}', "expected a value"),
        ('{"$or":"a"}', "expected '[' or '{' after $or"),
        ('{"$or":["a"]}', "expected '{' before criteria"),
        ('["name"]', "expected '{' before criteria"),
        ('"name"', "expected '{' before criteria"),
        ('{name:"a"}', "between double quotes"),
        ('{"name" "a"}', "expected ':' after the name"),
        ('{"name":"a",}', "expected a field"),
        ('{"name":"a"} {"name":"b"}', "expected ')' after the criteria"),
        ('{"name":undefined}', "expected a value"),
        ('{"name":{"$gt":null}}', "null is compared by $eq and $ne only"),
        ('{"size":"big"}', "expected a whole number"),
        ('{"size":1.5}', "expected a whole number"),
        ('{"size":true}', "expected a whole number"),
        ('{"size":9223372036854775808}', "expected a whole number"),
        ('{"size":{"$match":"1*"}}', "a field of type number is compared by $eq, $ne, $gt"),
        ('{"type":"directory"}', "expected one of file, folder, any"),
        ('{"type":{"$match":"f*"}}', "a field of type item type is compared by $eq, $ne"),
        ('{"created":"yesterday"}', 'expected a date: "2026-11-24"'),
        ('{"created":{"$gt":"3d"}}', "periods go with $last and $before"),
        ('{"created":{"$last":"3 fortnights"}}', 'expected a period such as "3d"'),
        ('{"created":{"$last":null}}', "null is compared by $eq and $ne only"),
        ('{"name":{"$last":"3d"}}', "a field of type string is compared by"),
        ('{"virtual_repos":"v"}', "virtual_repos may be included, not compared"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(criteria: str, problem: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        found(criteria)

    assert problem in str(caught.value)
