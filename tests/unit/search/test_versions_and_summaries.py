"""Versions and projects that the search database knows of."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.search.summaries import projects_with_summary
from devpi_artifactory_compat.search.versions import project_versions
from devpi_artifactory_compat.search.versions import property_versions
from support.searchable import Searchable
import pytest


DEMO = NormalizedName("demo")


@pytest.fixture
def rows(database_url: str) -> Iterator[Searchable]:
    searchable = Searchable(database_url)
    yield searchable
    searchable.close()


def add(
    rows: Searchable, path: str, project: str, place: str = "repo/l", **properties: str
) -> None:
    told = {f"pypi.{key}": [value] for key, value in properties.items()}
    rows.add(place, path, project=project, properties=told)


def test_versions_of_a_project_come_once_each(rows: Searchable) -> None:
    add(rows, "a", "demo", version="1.0")
    add(rows, "b", "demo", version="1.0")
    add(rows, "c", "demo", version="1.10")
    add(rows, "d", "other", version="2.0")
    add(rows, "e", "demo", place="repo/m", version="3.0")
    rows.add("repo/l", "generic", properties={"pypi.version": ["9"]})

    with rows.reading() as reading:
        assert set(project_versions(reading, ["repo/l"], DEMO, limit=9)) == {"1.0", "1.10"}
        assert len(project_versions(reading, ["repo/l"], DEMO, limit=1)) == 1
        both = project_versions(reading, ["repo/l", "repo/m"], DEMO, limit=9)
        assert sorted(both) == ["1.0", "1.10", "3.0"]
        assert project_versions(reading, [], DEMO, limit=9) == []


def test_values_of_the_property_version(rows: Searchable) -> None:
    rows.add("repo/l", "a", properties={"version": ["1", "2"]})
    rows.add("repo/l", "b", properties={"version": ["2"], "Version": ["3"]})
    rows.add_folder("repo/l", "f", version=["4"])

    with rows.reading() as reading:
        assert sorted(property_versions(reading, ["repo/l"], [])) == ["1", "2"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["WORD"], ["demo", "zeta"]),
        (["höhe", "nothing"], ["other"]),
        (["%"], ["zeta"]),
        (["_"], []),
        (["nothing"], []),
        (["*"], []),
        (["x" * 200], []),
    ],
)
def test_projects_by_their_summaries(
    rows: Searchable, terms: list[str], expected: list[str]
) -> None:
    """In any case, each once, by name; no character of a term has a meaning of its own."""
    add(rows, "z", "zeta", summary="100% words")
    add(rows, "a", "demo", summary="A Word")
    add(rows, "b", "demo", summary="another word")
    add(rows, "c", "other", summary="HÖHE", name="word")
    add(rows, "e", "far", place="repo/m", summary="word")
    rows.add("repo/l", "generic", properties={"pypi.summary": ["word"]})

    with rows.reading() as reading:
        assert list(projects_with_summary(reading, "repo/l", terms)) == expected
