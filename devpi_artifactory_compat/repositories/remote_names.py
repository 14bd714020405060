"""When the list of all projects of an upstream is fetched, and when the kept one is served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.repositories.ports import FetchedNames
from devpi_artifactory_compat.repositories.names_ports import KeptNames
from devpi_artifactory_compat.repositories.names_ports import NamesCache
from devpi_artifactory_compat.repositories.ports import PageAnswer
from devpi_artifactory_compat.repositories.ports import Upstream
from itertools import chain
from itertools import islice


class RemoteNames:
    """The list of one upstream, revalidated when it is no longer fresh.

    ``is_fresh`` says so of a list that the upstream confirmed at a time.
    """

    def __init__(
        self,
        cache: NamesCache,
        upstream: Upstream,
        *,
        offline: bool,
        is_fresh: Callable[[float], bool],
        clock: Callable[[], float],
    ) -> None:
        self._cache = cache
        self._upstream = upstream
        self._offline = offline
        self._is_fresh = is_fresh
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
        return self._offline or (kept is not None and self._is_fresh(kept.checked))

    def _refreshed(self, kept: KeptNames | None) -> KeptNames:
        known = None if kept is None else kept.validators
        try:
            with self._upstream.project_names(known) as answer:
                if not isinstance(answer, PageAnswer):
                    fetched = answer if kept is None else _not_emptied(answer, kept)
                    return self._cache.save_names(fetched, checked=self._clock())
        except UpstreamError:
            if kept is None:
                raise
            return kept
        if kept is None:
            raise UpstreamError("The upstream says that a list is unchanged which it never sent.")
        return self._cache.confirm_names(kept, checked=self._clock())


def _not_emptied(fetched: FetchedNames, kept: KeptNames) -> FetchedNames:
    """What may be an error page with status 200 does not take the place of a list."""
    first = list(islice(fetched.names, 1))
    if not first and kept.projects.count:
        raise UpstreamError("The upstream's list shows no projects any more.")
    return replace(fetched, names=chain(first, fetched.names))
