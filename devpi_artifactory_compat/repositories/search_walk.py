"""Searches that look at one project after the other, summaries aside."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import version_of
from devpi_artifactory_compat.packages.summaries import name_and_summary
from devpi_artifactory_compat.packages.summaries import one_line
from devpi_artifactory_compat.packages.summaries import preference
from devpi_artifactory_compat.packages.summaries import shown_name
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.repositories.paths import remote_path
from devpi_artifactory_compat.repositories.ports import LocalStore
from devpi_artifactory_compat.repositories.remote_ports import RemoteCache
from devpi_artifactory_compat.repositories.search import MAX_RESULTS
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search import SummaryIndex
from itertools import islice
from packaging.utils import canonicalize_name


#: what is read of a wheel's metadata, in bytes: a summary stands at its beginning
_METADATA_READ = 64 * 1024


class _Walk(ABC):
    """Implements ``ProjectSearch``: names first, then what the index of summaries knows."""

    def __init__(self, summaries: SummaryIndex) -> None:
        self._summaries = summaries

    @abstractmethod
    def _names(self) -> Iterable[str]: ...

    @abstractmethod
    def _describe(self, project: NormalizedName, query: ProjectQuery) -> FoundProject | None:
        """The project as the query's patterns let it be seen; None when nothing is left."""

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        described = (self._describe(project, query) for project in self._candidates(query))
        matching = (found for found in described if found is not None and query.matches(found))
        return list(islice(matching, MAX_RESULTS))

    def _candidates(self, query: ProjectQuery) -> Iterator[NormalizedName]:
        """The most relevant names first, then those that only a summary can bring in."""
        names = set(filter(query.accepts_project, map(canonicalize_name, self._names())))
        by_name = sorted(filter(query.matches_name, names))
        yield from sorted(by_name, key=lambda name: -query.relevance(name))
        if not query.needs_name:
            yield from (
                name
                for name in self._by_summary(query)
                if name in names and not query.matches_name(name)
            )

    def _by_summary(self, query: ProjectQuery) -> Iterable[NormalizedName]:
        """Raises SearchUnavailable where names alone would find nothing."""
        try:
            return self._summaries.projects_with_summary(query.summaries)
        except SearchUnavailable:
            if query.names:
                return ()
            raise


class LocalWalk(_Walk):
    """Over the projects of one store."""

    def __init__(self, store: LocalStore, summaries: SummaryIndex) -> None:
        super().__init__(summaries)
        self._store = store

    def _names(self) -> Iterable[str]:
        return self._store.project_names()

    def _describe(self, project: NormalizedName, query: ProjectQuery) -> FoundProject | None:
        releases = self._store.releases(project)
        versions = {r.version for r in releases if query.accepts_file(r.path, project)}
        if not versions:
            return None
        version = max(versions, key=preference)
        metadata = self._store.metadata(project, version) or {}
        name, summary = metadata.get("name"), metadata.get("summary")
        return FoundProject(
            name=shown_name(name if isinstance(name, str) and name else project),
            version=version,
            summary=one_line(summary) if isinstance(summary, str) else "",
        )


class CachedWalk(_Walk):
    """Over the projects whose pages a remote repository has cached.

    A summary is known once a wheel, or the metadata of one, was fetched, and it is searched once
    the wheel was.
    """

    def __init__(self, cache: RemoteCache, summaries: SummaryIndex) -> None:
        super().__init__(summaries)
        self._cache = cache

    def _names(self) -> Iterable[str]:
        return self._cache.cached_names()

    def _describe(self, project: NormalizedName, query: ProjectQuery) -> FoundProject | None:
        paths = self._cache.metadata_paths(project)
        if not paths and not query.matches_name(project):
            # a page can be long: it is not read in vain
            return None
        cached = self._cache.page(project)
        version = None if cached is None else page_version(cached.page, project, query)
        if cached is None or version is None:
            return None
        # what another scope of the repository keeps of the project says nothing about this one
        shown = {remote_path(file) for file in cached.page.files}
        visible = [p for p in paths if p in shown and query.accepts_file(p, project)]
        name, summary = self._told(project, visible)
        return FoundProject(name=shown_name(name or project), version=version, summary=summary)

    def _told(self, project: NormalizedName, paths: Iterable[str]) -> tuple[str, str]:
        """Name and summary by the newest of the files whose metadata is kept; else empty."""
        newest = max(paths, key=lambda path: preference(_version(path, project)), default=None)
        kept = None if newest is None else self._cache.sidecar(newest, ".metadata")
        if kept is None or kept.open is None:
            return "", ""
        with kept.open() as file:
            return name_and_summary(file.read(_METADATA_READ))


def page_version(page: UpstreamPage, project: NormalizedName, query: ProjectQuery) -> str | None:
    """The preferred version on an upstream's page of the files that the query's patterns accept.

    One that is yanked is preferred to nothing only. None when no file is left.
    """
    best: dict[str, bool] = {}
    for file in page.files:
        version = version_of(file.filename, project)
        if version and query.accepts_file(remote_path(file), project):
            best[version] = best.get(version, False) or file.yanked is None
    return max(best, key=lambda version: (best[version], preference(version)), default=None)


def _version(path: str, project: NormalizedName) -> str:
    return version_of(path.rpartition("/")[2], project) or ""
