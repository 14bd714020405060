"""The summaries of an index's projects, as the search database knows them."""

from __future__ import annotations

from collections.abc import Collection
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.search.summaries import projects_with_summary
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_server.main import XOM


class IndexSummaries:
    """Implements ``repositories.search.SummaryIndex``."""

    def __init__(self, xom: XOM, index: str) -> None:
        self._xom = xom
        self._index = index

    def projects_with_summary(self, terms: Collection[str]) -> Collection[NormalizedName]:
        with searching(self._xom) as reading:
            return list(projects_with_summary(reading, self._index, terms))
