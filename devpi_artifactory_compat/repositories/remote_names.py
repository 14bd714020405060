"""When the list of all projects of an upstream is fetched, and when the kept one is served."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.ports import KeptNames
from devpi_artifactory_compat.repositories.ports import NamesCache
from devpi_artifactory_compat.repositories.ports import PageAnswer
from devpi_artifactory_compat.repositories.ports import Upstream


class RemoteNames:
    """The list of one upstream: fresh for ``retrievalCachePeriodSecs``, then revalidated."""

    def __init__(
        self,
        config: RepositoryConfig,
        cache: NamesCache,
        upstream: Upstream,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._config = config
        self._cache = cache
        self._upstream = upstream
        self._clock = clock

    def project_list(self) -> ProjectList | None:
        """The list; None when the repository is offline and has never fetched it.

        Only one request at a time asks the upstream: the others get the old list meanwhile, or
        wait when there is none. Raises UpstreamError when there is none to fall back to.
        """
        kept = self._cache.names()
        if self._serves(kept):
            return None if kept is None else kept.projects
        with self._cache.names_lock(wait=kept is None) as is_mine:
            if not is_mine:
                return None if kept is None else kept.projects
            # somebody else may have fetched it while this request waited
            kept = self._cache.names()
            if not self._serves(kept):
                kept = self._refreshed(kept)
        return None if kept is None else kept.projects

    def _serves(self, kept: KeptNames | None) -> bool:
        if self._config.get_bool("offline"):
            return True
        period = self._config.get_int("retrievalCachePeriodSecs")
        return kept is not None and 0 <= self._clock() - kept.checked < period

    def _refreshed(self, kept: KeptNames | None) -> KeptNames:
        known = None if kept is None else kept.validators
        try:
            with self._upstream.project_names(known) as answer:
                if not isinstance(answer, PageAnswer):
                    return self._cache.save_names(answer, checked=self._clock())
        except UpstreamError:
            if kept is None:
                raise
            return kept
        if kept is None:
            raise UpstreamError("The upstream says that a list is unchanged which it never sent.")
        return self._cache.confirm_names(kept, checked=self._clock())
