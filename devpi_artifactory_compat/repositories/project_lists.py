"""Lists of all projects: made of names in memory, and merged from several lists."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.packages.sorted_names import unique_names
from packaging.utils import canonicalize_name
import hashlib
import heapq


def listed(names: Iterable[str]) -> ProjectList:
    """The list of a repository whose names fit into memory; in any order and any spelling."""
    ordered = sorted({canonicalize_name(name) for name in names})
    return ProjectList(
        names=lambda: iter(ordered), etag=_digest(ordered, separator="\n"), count=len(ordered)
    )


def merged(lists: Sequence[ProjectList]) -> ProjectList:
    """The names of all lists, read side by side and never held together."""
    if len(lists) == 1:
        return lists[0]
    return ProjectList(
        names=lambda: unique_names(heapq.merge(*(projects.names() for projects in lists))),
        etag=_digest(sorted({projects.etag for projects in lists}), separator="+"),
        count=sum(projects.count for projects in lists),
    )


def filtered(
    projects: ProjectList, accepts: Callable[[NormalizedName], bool], *, rule: str
) -> ProjectList:
    """The names that are accepted; ``rule`` is another text when others are."""
    return replace(
        projects,
        names=lambda: filter(accepts, projects.names()),
        etag=_digest([projects.etag, rule], separator="|"),
    )


def _digest(texts: Iterable[str], *, separator: str) -> str:
    return hashlib.sha256(separator.join(texts).encode()).hexdigest()[:32]
