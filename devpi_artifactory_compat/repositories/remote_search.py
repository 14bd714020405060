"""Where a remote repository is searched: in what it has cached, and at its upstream."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.repositories.remote_ports import RemoteCache
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search import ProjectSearch
from devpi_artifactory_compat.repositories.search import merged
from devpi_artifactory_compat.repositories.search_walk import page_version


class RemoteSearches:
    """``cached`` finds what is here, ``upstream`` asks the upstream's own search."""

    def __init__(
        self, cache: RemoteCache, *, cached: ProjectSearch, upstream: ProjectSearch
    ) -> None:
        self._cache = cache
        self._cached = cached
        self._upstream = upstream

    def search(self, query: ProjectQuery, *, offline: bool) -> Sequence[FoundProject]:
        """Both answers as one; the upstream is not asked when the repository is ``offline``."""
        upstreams = () if offline else self._ask_upstream(query)
        visible = (each for found in upstreams for each in self._visible(found, query))
        return merged([*self._cached.search(query), *visible])

    def _ask_upstream(self, query: ProjectQuery) -> Sequence[FoundProject]:
        try:
            return self._upstream.search(query)
        except UpstreamError:
            # most upstreams have no search; the next request will not ask again at once
            return ()

    def _visible(self, found: FoundProject, query: ProjectQuery) -> Iterator[FoundProject]:
        """The upstream's find as the patterns let it be seen, which it does not know."""
        if not query.accepts_project(found.project):
            return
        cached = self._cache.page(found.project) if query.patterns else None
        if cached is None:
            yield found
            return
        version = page_version(cached.page, found.project, query)
        if version is not None:
            yield replace(found, version=version)
