"""How a query matches, and how the answers of several searches become one."""

from __future__ import annotations

from collections.abc import Collection
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.repositories.ports import LocalStore
from devpi_artifactory_compat.repositories.ports import Release
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search import merged
from devpi_artifactory_compat.repositories.search_walk import LocalWalk
from typing import cast
import pytest


def hit(name: str, version: str = "1.0", summary: str = "") -> FoundProject:
    return FoundProject(name=name, version=version, summary=summary)


@pytest.mark.parametrize(
    ("query", "matching"),
    [
        (ProjectQuery(("lib",)), {"fancy-lib"}),
        (ProjectQuery(("LIB", "demo")), {"fancy-lib", "demo"}),
        (ProjectQuery((), ("WORDS",)), {"fancy-lib", "other"}),
        (ProjectQuery(("fancy",), ("words",)), {"fancy-lib"}),
        (ProjectQuery(("demo",), ("words",)), set()),
        (ProjectQuery(("demo",), ("words",), every_field=False), {"demo", "fancy-lib", "other"}),
    ],
)
def test_matching(query: ProjectQuery, matching: set[str]) -> None:
    hits = [hit("Fancy_Lib", summary="Some words"), hit("demo"), hit("other", summary="words")]

    assert {each.project for each in hits if query.matches(each)} == matching


@pytest.mark.parametrize(
    ("query", "needs_name"),
    [
        (ProjectQuery(("a",)), True),
        (ProjectQuery(("a",), ("b",)), True),
        (ProjectQuery((), ("b",)), False),
        (ProjectQuery(("a",), ("b",), every_field=False), False),
        (ProjectQuery(("a",), (), every_field=False), True),
    ],
)
def test_summaries_are_needed_only_where_they_can_bring_something_in(
    query: ProjectQuery, *, needs_name: bool
) -> None:
    assert query.needs_name is needs_name


def test_ranking_is_by_relevance_then_by_name() -> None:
    names = ["zeta", "a-demo", "demo-b", "demo-a", "Demo"]

    ranked = ProjectQuery(("demo",)).ranked(map(hit, names))

    assert [each.name for each in ranked] == ["Demo", "demo-a", "demo-b", "a-demo", "zeta"]


def test_merging_keeps_the_newest_and_borrows_a_summary() -> None:
    hits = [
        hit("demo", "1.9", "old"),
        hit("Demo", "1.10"),
        hit("demo", "2.0rc1", "not final"),
        hit("same", "1.0", "first"),
        hit("same", "1.0", "second"),
    ]

    assert merged(hits) == [hit("Demo", "1.10", "old"), hit("same", "1.0", "first")]


class Shelf:
    """What a walk asks of a store of projects; notes what is read."""

    def __init__(self, summaries: dict[str, str]) -> None:
        self._summaries = summaries
        self.read: list[str] = []
        self.is_down = False

    def projects_with_summary(self, terms: Collection[str]) -> list[NormalizedName]:
        """As an index of the summaries tells them; a lagging one may know too much."""
        if self.is_down:
            raise SearchUnavailable
        found = [n for n, s in self._summaries.items() if any(term in s for term in terms)]
        return [NormalizedName(name) for name in sorted([*found, "gone"])]

    def project_names(self) -> list[str]:
        return list(self._summaries)

    def releases(self, project: NormalizedName) -> list[Release]:
        self.read.append(project)
        path = f"{project}/1.0/{project}-1.0.tar.gz"
        return [
            Release(
                filename=path.rpartition("/")[2],
                path=path,
                project=project,
                version="1.0",
                handle="",
                size=1,
                sha256="",
                uploaded=None,
            )
        ]

    def metadata(self, project: NormalizedName, version: str) -> dict[str, object]:
        return {"name": project, "summary": self._summaries[project]}


def walk(shelf: Shelf, query: ProjectQuery) -> list[str]:
    return [each.name for each in LocalWalk(cast("LocalStore", shelf), shelf).search(query)]


def test_walk_by_name_reads_only_what_matches() -> None:
    shelf = Shelf({"demo": "", "other": "demo", "demo-b": ""})

    assert walk(shelf, ProjectQuery(("demo",))) == ["demo", "demo-b"]
    assert shelf.read == ["demo", "demo-b"]


def test_walk_reads_only_the_projects_whose_summaries_are_known_to_match() -> None:
    shelf = Shelf(
        {f"p{number:05}": "a word" if number % 5_000 == 0 else "" for number in range(20_000)}
    )

    found = walk(shelf, ProjectQuery(("p00099",), ("word",), every_field=False))

    assert found == ["p00099", "p00000", "p05000", "p10000", "p15000"]
    assert shelf.read == found


def test_walk_finds_by_name_while_summaries_cannot_be_searched() -> None:
    """What has no name in it cannot be answered then."""
    shelf = Shelf({"demo": "", "other": "demo"})
    shelf.is_down = True

    assert walk(shelf, ProjectQuery(("demo",), ("demo",), every_field=False)) == ["demo"]
    with pytest.raises(SearchUnavailable):
        walk(shelf, ProjectQuery((), ("demo",)))


def test_walk_ends_when_enough_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_artifactory_compat.repositories.search_walk.MAX_RESULTS", 3)
    shelf = Shelf({f"p{number:03}": "" for number in range(100)})

    assert len(walk(shelf, ProjectQuery(("p",)))) == 3
    assert len(shelf.read) == 3
