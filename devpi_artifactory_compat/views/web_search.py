"""devpi-web's search, when it is installed: shows nobody what they may not read."""

from __future__ import annotations

from devpi_artifactory_compat.storage.reading import may_use_base
from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from typing import Any


class ReadableSearch:
    """devpi-web's search index, with the results that the running request may see."""

    def __init__(self, index: Any, xom: Any) -> None:
        self._index = index
        self._xom = xom

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def query_projects(self, *args: Any, **kwargs: Any) -> Any:
        result = self._index.query_projects(*args, **kwargs)
        shown = [item for item in result["items"] if self._may_see(item["data"])]
        return {**result, "items": shown}

    def _may_see(self, data: Any) -> bool:
        stage = self._xom.model.getstage(data["user"], data["index"])
        return stage is not None and may_use_base(stage)


def includeme(config: Configurator) -> None:
    """To be included whether devpi-web is there or not."""

    def wrap(event: ApplicationCreated) -> None:
        registry = event.app.registry
        if "search_index" in registry:
            registry["search_index"] = ReadableSearch(registry["search_index"], registry["xom"])

    config.add_subscriber(wrap, ApplicationCreated)
