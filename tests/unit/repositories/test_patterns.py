"""Include and exclude patterns (Ant's, as in Artifactory), and project names besides."""

from __future__ import annotations

from devpi_artifactory_compat.repositories.patterns import Pattern
from devpi_artifactory_compat.repositories.patterns import Patterns
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
import fnmatch
import pytest


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("**/*", "a", True),
        ("**/*", "a/b/c.whl", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("**", "a/b/c", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", True),
        ("a/**", "ab/c", False),
        ("a/", "a/b/c", True),
        ("**/*.whl", "a/b/c.whl", True),
        ("**/*.whl", "c.whl", True),
        ("**/*.whl", "c.tar.gz", False),
        ("a/*/c", "a/b/c", True),
        ("a/*/c", "a/b/b/c", False),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("packages/?b/**", "packages/ab/cd", True),
        ("packages/?b/**", "packages/b/cd", False),
        ("/a/b", "a/b", True),
    ],
)
def test_paths_match_as_in_ant(pattern: str, path: str, *, expected: bool) -> None:
    assert Pattern.parse(pattern).matches_path(path) is expected


@given(st.text("ab*?", max_size=12), st.text("ab", max_size=12))
def test_segments_match_as_the_shells_wildcards(pattern: str, text: str) -> None:
    assert Pattern((pattern,)).matches_path(text) is fnmatch.fnmatchcase(text, pattern) or (
        pattern == "**"
    )


def test_hostile_pattern_takes_no_time() -> None:
    """A pattern made to send a backtracking matcher astray is answered at once."""
    assert not Pattern.parse("**/" * 200 + "a*" * 200 + "b").matches_path("a/" * 500 + "a" * 400)


def accepts(includes: str, excludes: str, project: str) -> bool:
    name = canonicalize_name(project)
    path = f"packages/packages/ab/{project}-1.0.tar.gz"
    return Patterns.parse(includes, excludes).accepts_file(path, name)


@pytest.mark.parametrize(
    ("includes", "excludes", "accepted"),
    [
        ("**/*", "", {"demo", "demo-extra", "other"}),
        ("", "", {"demo", "demo-extra", "other"}),
        ("**/*", ".pypi/demo.*", {"demo-extra", "other"}),
        ("**/*", ".pypi/demo*", {"other"}),
        ("**/*", "demo", {"demo-extra", "other"}),
        ("**/*", "Demo_Extra", {"demo", "other"}),
        ("**/*", "demo*", {"other"}),
        ("demo*", "", {"demo", "demo-extra"}),
        ("demo*,other", "*-extra", {"demo", "other"}),
        (".pypi/demo.*,packages/**", "", {"demo"}),
        (".pypi/**,packages/**", "", {"demo", "demo-extra", "other"}),
        ("packages/**", "", {"demo", "demo-extra", "other"}),
        ("elsewhere/**", "", set()),
        ("**/*", "**/*.tar.gz", set()),
    ],
)
def test_projects_by_name_by_page_and_by_path(
    includes: str, excludes: str, accepted: set[str]
) -> None:
    projects = ("demo", "demo-extra", "other")

    assert {project for project in projects if accepts(includes, excludes, project)} == accepted


def test_defaults_accept_everything() -> None:
    assert Patterns.parse("**/*", "").accepts_everything
    assert Patterns.parse("", "").accepts_everything
    assert not Patterns.parse("**/*", "x").accepts_everything
    assert not Patterns.parse("x", "").accepts_everything
