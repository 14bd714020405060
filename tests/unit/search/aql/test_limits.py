"""Each limit of a query is refused with a message of its own, and what is just below is not."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql import limits
from devpi_artifactory_compat.search.aql.parser import parse
import pytest


def problem(query: str | bytes) -> str:
    with pytest.raises(InvalidQuery) as caught:
        parse(query)
    return caught.value.problem


def test_length_of_a_query() -> None:
    query = "items.find()"
    longest = query + " " * (limits.MAX_QUERY - len(query))

    assert parse(longest) == parse(query)
    assert problem(longest + " ") == "the query has 262145 characters, of 262144 at most"
    assert problem(b" " * (4 * limits.MAX_QUERY + 1)).startswith("the query has 1048577 bytes")


@pytest.mark.parametrize("group", ["$and", "$or"])
def test_depth_of_groups(group: str) -> None:
    def nested(depth: int) -> str:
        opening = f'{{"{group}":['
        return "items.find(" + opening * depth + '{"name":"a"}' + "]}" * depth + ")"

    assert parse(nested(limits.MAX_DEPTH)).criteria.criteria
    assert problem(nested(limits.MAX_DEPTH + 1)) == "more than 32 groups in each other"
    assert problem(nested(10_000)) == "more than 32 groups in each other"


@pytest.mark.parametrize("opening", ["[", "{", '{"$or":', '{"name":{', '{"name":[', "("])
def test_depth_of_anything_else(opening: str) -> None:
    assert problem("items.find(" + opening * (limits.MAX_QUERY // len(opening) - 20))


def test_number_of_criteria() -> None:
    def query(number: int) -> str:
        criteria = ",".join(['{"name":"a"}'] * (number - 1))
        return f'items.find({{"$or":[{criteria}]}})'

    assert parse(query(limits.MAX_CRITERIA))
    assert problem(query(limits.MAX_CRITERIA + 1)) == "more than 2000 criteria"


def test_number_of_comparators_of_one_field() -> None:
    comparators = ",".join(['"$gt":1'] * limits.MAX_CRITERIA)

    assert problem(f'items.find({{"size":{{{comparators}}}}})') == "more than 2000 criteria"


def test_number_of_includes() -> None:
    def query(number: int) -> str:
        names = ",".join(f'"@{each}"' for each in range(number))
        return f"items.find().include({names})"

    assert len(parse(query(limits.MAX_INCLUDES)).include) == limits.MAX_INCLUDES
    assert problem(query(limits.MAX_INCLUDES + 1)) == "more than 100 fields are included"


def test_number_of_fields_to_sort_by() -> None:
    names = ",".join(['"name"'] * (limits.MAX_SORT_FIELDS + 1))

    assert problem(f'items.find().sort({{"$asc":[{names}]}})') == "more than 16 fields to sort by"


@pytest.mark.parametrize("value", ['"{}"', "1{}", '"\\n{}"'])
def test_length_of_a_value(value: str) -> None:
    at_most = "0" * (limits.MAX_TEXT - len(value.format("")))

    assert parse(f'items.find({{"name":{value.format(at_most)}}})')
    assert problem(f'items.find({{"name":{value.format(at_most + "0")}}})') == (
        "this has 8193 characters, of 8192 at most"
    )
