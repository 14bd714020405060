"""Include and exclude patterns of repositories.

Artifactory's patterns are Ant's: ``*`` and ``?`` stay within a path segment, ``**`` crosses
segments, several patterns are separated by commas. They are matched against the paths of files,
and a project page counts as the file ``.pypi/<project>.html``. Here a pattern without a slash is
matched against project names as well, because that is what people expect of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from packaging.utils import NormalizedName
import re


_PAGE_FOLDER = ".pypi"
_ANY_DEPTH = "**"


@dataclass(frozen=True)
class Pattern:
    """One pattern, taken apart into path segments."""

    segments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        # Ant: a pattern that ends in a slash means everything below
        text = text.removeprefix("/")
        return cls(
            tuple(f"{text}{_ANY_DEPTH}".split("/") if text.endswith("/") else text.split("/"))
        )

    @property
    def is_for_pages(self) -> bool:
        return self.segments[0] == _PAGE_FOLDER

    @property
    def is_for_paths(self) -> bool:
        """No file lies at the top of a repository."""
        return len(self.segments) > 1 or self.segments[0] == _ANY_DEPTH

    def matches_path(self, path: str) -> bool:
        return _segments_match(self.segments, path.split("/"))

    def matches_project(self, project: NormalizedName) -> bool:
        if len(self.segments) != 1:
            return False
        return _wildcard_match(re.sub(r"[-_.]+", "-", self.segments[0]).lower(), project)

    def matches_page(self, project: NormalizedName) -> bool:
        return self.matches_project(project) or self.matches_path(f"{_PAGE_FOLDER}/{project}.html")


@dataclass(frozen=True)
class Patterns:
    """What a repository includes and excludes; an exclude wins."""

    includes: tuple[Pattern, ...]
    excludes: tuple[Pattern, ...]

    @classmethod
    def parse(cls, includes: str, excludes: str) -> Patterns:
        return cls(_parse_list(includes or "**/*"), _parse_list(excludes))

    @property
    def accepts_everything(self) -> bool:
        return not self.excludes and Pattern.parse("**/*") in self.includes

    def accepts_project(self, project: NormalizedName) -> bool:
        """Whether the project may have a page; its files are asked for one by one.

        Without an include for pages (``.pypi/…``) an include for paths leaves it to the files.
        """
        if any(pattern.matches_page(project) for pattern in self.excludes):
            return False
        if any(pattern.matches_page(project) for pattern in self.includes):
            return True
        if any(pattern.is_for_pages for pattern in self.includes):
            return False
        return any(pattern.is_for_paths for pattern in self.includes)

    def accepts_file(self, path: str, project: NormalizedName | None) -> bool:
        """Whether a file may be resolved or deployed."""
        if project is not None and not self.accepts_project(project):
            return False
        if any(pattern.matches_path(path) for pattern in self.excludes):
            return False
        return any(
            pattern.matches_path(path) or (project is not None and pattern.matches_project(project))
            for pattern in self.includes
        )


def _parse_list(text: str) -> tuple[Pattern, ...]:
    return tuple(Pattern.parse(part.strip()) for part in text.split(",") if part.strip())


def _segments_match(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """``**`` stands for any number of segments; the time is bounded by the product of both."""
    reachable = {0}
    for segment in pattern:
        if segment == _ANY_DEPTH:
            reachable = set(range(min(reachable), len(path) + 1))
        else:
            reachable = {
                at + 1 for at in reachable if at < len(path) and _wildcard_match(segment, path[at])
            }
        if not reachable:
            return False
    return len(path) in reachable


def _wildcard_match(pattern: str, text: str) -> bool:
    """``*`` and ``?`` in one segment; greedy with one step back, so never exponential."""
    at_pattern = at_text = 0
    star = restart = -1
    while at_text < len(text):
        if at_pattern < len(pattern) and pattern[at_pattern] == "*":
            star, restart = at_pattern, at_text
            at_pattern += 1
        elif at_pattern < len(pattern) and pattern[at_pattern] in ("?", text[at_text]):
            at_pattern += 1
            at_text += 1
        elif star >= 0:
            restart += 1
            at_pattern, at_text = star + 1, restart
        else:
            return False
    return all(char == "*" for char in pattern[at_pattern:])
