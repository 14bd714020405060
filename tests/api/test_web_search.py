"""devpi-web's search shows nobody what they may not read."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat import plugin
from pluggy import HookimplMarker
from pyramid.threadlocal import RequestContext
from support.app import Artifactory
from types import SimpleNamespace
from typing import Any
from webtest import TestApp


class FoundEverything:
    """Stands for devpi-web's search index."""

    def query_projects(self, query: str, page: int) -> dict[str, Any]:
        found = [{"user": "repo", "index": name, "name": "demo"} for name in ("open", "closed")]
        return {"items": [{"data": data} for data in found], "info": {"pagenum": page}}

    def highlight(self, text: str) -> str:
        return f"<b>{text}</b>"


@HookimplMarker("devpiserver")
def devpiserver_pyramid_configure(config: Any, pyramid_config: Any) -> None:
    pyramid_config.registry["search_index"] = FoundEverything()


def test_private_indexes_are_left_out(makexom: Callable[..., Any]) -> None:
    web = SimpleNamespace(devpiserver_pyramid_configure=devpiserver_pyramid_configure)
    xom = makexom([], plugins=[plugin, web])
    app = xom.create_app()
    artifactory = Artifactory(TestApp(app, lint=False), xom)
    artifactory.create("open")
    artifactory.create("closed")
    artifactory.patch_index("repo/closed", "acl_read=reader")
    registry = app.app.registry
    request = app.app.request_factory.blank("/+search")
    request.registry = registry

    with xom.keyfs.read_transaction(), RequestContext(request):
        result = registry["search_index"].query_projects("demo", page=1)

    assert [item["data"]["index"] for item in result["items"]] == ["open"]
    assert result["info"] == {"pagenum": 1}
    assert registry["search_index"].highlight("x") == "<b>x</b>"
