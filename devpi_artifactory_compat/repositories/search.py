"""What ``pip search`` asks, and how answers are matched, merged and ordered."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.summaries import preference
from devpi_artifactory_compat.repositories.patterns import Patterns
from functools import cached_property
from typing import Protocol
import re


#: the most projects that one search finds
MAX_RESULTS = 1000


@dataclass(frozen=True)
class ProjectQuery:
    """Projects whose name or summary holds one of the terms, whatever their case.

    With ``every_field`` both must do so, as far as there are terms for them. Names match in any
    spelling. ``patterns`` are those of the repositories through which the search goes: what they
    do not accept is not there.
    """

    names: tuple[str, ...] = ()
    summaries: tuple[str, ...] = ()
    every_field: bool = True
    patterns: tuple[Patterns, ...] = ()

    def through(self, patterns: Patterns) -> ProjectQuery:
        return replace(self, patterns=(*self.patterns, patterns))

    def accepts_project(self, project: NormalizedName) -> bool:
        return all(patterns.accepts_project(project) for patterns in self.patterns)

    def accepts_file(self, path: str, project: NormalizedName) -> bool:
        return all(patterns.accepts_file(path, project) for patterns in self.patterns)

    @cached_property
    def _name_terms(self) -> tuple[str, ...]:
        return tuple(re.sub(r"[-_.]+", "-", term).lower() for term in self.names)

    @cached_property
    def _summary_terms(self) -> tuple[str, ...]:
        return tuple(term.casefold() for term in self.summaries)

    def matches_name(self, project: NormalizedName) -> bool:
        return any(term in project for term in self._name_terms)

    def matches_summary(self, summary: str) -> bool:
        folded = summary.casefold()
        return any(term in folded for term in self._summary_terms)

    @property
    def needs_name(self) -> bool:
        """Whether nothing is found whose name does not match."""
        return bool(self.names) and (self.every_field or not self.summaries)

    def matches(self, found: FoundProject) -> bool:
        name, summary = self.matches_name(found.project), self.matches_summary(found.summary)
        if self.every_field:
            return (name or not self.names) and (summary or not self.summaries)
        return name or summary

    def relevance(self, project: NormalizedName) -> int:
        """From 3 for the name itself to 0 for a name that has nothing of the query."""
        if project in self._name_terms:
            return 3
        if any(project.startswith(term) for term in self._name_terms):
            return 2
        return int(self.matches_name(project))

    def ranked(self, found: Iterable[FoundProject]) -> list[FoundProject]:
        """The most relevant first, then by name; not more than ``MAX_RESULTS``."""
        ordered = sorted(found, key=lambda each: (-self.relevance(each.project), each.project))
        return ordered[:MAX_RESULTS]


class ProjectSearch(Protocol):
    """Something that can be searched: a database, a walk over projects, another server."""

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        """What matches, in any order, each project once.

        Only versions that have a file which the query's patterns accept are found, as far as
        their files are known. At most about ``MAX_RESULTS`` are worth finding.

        Raises UpstreamError when there is no answer.
        """
        ...


class SummaryIndex(Protocol):
    """The summaries of one store of projects."""

    def projects_with_summary(self, terms: Collection[str]) -> Collection[NormalizedName]:
        """Those of which a file has a summary with one of the terms in it, whatever their case.

        By name. It need not be the file whose summary is shown.

        Raises SearchUnavailable when they cannot be searched now.
        """
        ...


def merged(found: Iterable[FoundProject]) -> list[FoundProject]:
    """Each project once, in its preferred version; of the same version the first one stays.

    A summary that the one does not know is taken from another.
    """
    best: dict[NormalizedName, FoundProject] = {}
    for each in found:
        project = each.project
        known = best.setdefault(project, each)
        wins = preference(each.version) > preference(known.version)
        chosen, other = (each, known) if wins else (known, each)
        if not chosen.summary and other.summary:
            chosen = replace(chosen, summary=other.summary)
        best[project] = chosen
    return list(best.values())
