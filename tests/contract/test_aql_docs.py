"""docs/aql.md tells every domain, field, comparator, operator, unit and limit, and no other."""

from __future__ import annotations

from devpi_artifactory_compat.search.aql import limits
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.names import LINKS
from devpi_artifactory_compat.search.aql.parser import METHODS
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.periods import UNITS
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import FieldType
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.values import COMPARATORS
from pathlib import Path
import pytest
import re


TEXT = (Path(__file__).parents[2] / "docs" / "aql.md").read_text()


def table(first: str, text: str = TEXT) -> list[list[str]]:
    """The rows of the table whose first column has this heading."""
    found = re.search(rf"^\| {first} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found, f"no table of {first}"
    rows = found[1].splitlines()
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def section(title: str) -> str:
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    return found[1]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_domain_has_a_section_and_no_other() -> None:
    assert re.findall(r"^### `(.+)`$", TEXT, re.MULTILINE) == [each.value for each in FIELDS]


@pytest.mark.parametrize("domain", list(Domain))
def test_fields_of_a_domain(domain: Domain) -> None:
    """Name, type, whether it is shown by default, and meaning are those of the code."""
    assert table("field", section(f"`{domain.value}`")) == [
        [f"`{name}`", known.type.value, "yes" if known.is_default else "no", known.meaning]
        for name, known in FIELDS[domain].items()
    ]


def test_comparators_with_the_types_that_they_take() -> None:
    assert [row[:2] for row in table("comparator")] == [
        [f"`{each.value}`", ", ".join(one.value for one in FieldType if each in COMPARATORS[one])]
        for each in Comparator
    ]


def test_operators() -> None:
    assert [row[0] for row in table("operator")] == [f"`{each.value}`" for each in Group]


def test_types() -> None:
    assert [row[0] for row in table("type")] == [each.value for each in FieldType]


def test_units_with_all_spellings() -> None:
    rows = [quoted(row[1]) for row in table("unit")]

    assert [spelling for row in rows for spelling in row] == list(UNITS)
    assert all(len({UNITS[spelling] for spelling in row}) == 1 for row in rows)
    assert [row[0] for row in table("unit")] == [row[-1] for row in rows]


def test_methods() -> None:
    names = {name.partition("(")[0] for row in table("method") for name in quoted(row[0])}

    assert names == set(METHODS)


def test_paths_to_domains_without_rows() -> None:
    linked = {link for link, domain in LINKS.items() if domain not in DOMAINS_WITH_ROWS}

    assert set(re.findall(r"`(\w+)\.…`", section("Domains without rows"))) == linked


def test_limits() -> None:
    assert [int(row[1].replace(",", "")) for row in table("limit")] == [
        limits.MAX_QUERY,
        limits.MAX_DEPTH,
        limits.MAX_CRITERIA,
        limits.MAX_INCLUDES,
        limits.MAX_SORT_FIELDS,
        limits.MAX_TEXT,
    ]


EXAMPLES = re.findall(r"^```aql\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
QUERIES = [query for example in EXAMPLES for query in re.split(r"\n(?=\w)", example.strip())]


@pytest.mark.parametrize("query", QUERIES)
def test_examples_are_understood(query: str) -> None:
    assert parse(query).criteria.criteria


def test_there_are_examples() -> None:
    assert len(QUERIES) > len(EXAMPLES) > 1
