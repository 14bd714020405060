"""Repositories are devpi's indexes: its own client makes and changes them by the same rules."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat import plugin
from pluggy import HookimplMarker
from pyramid.httpexceptions import HTTPException
from pyramid.response import Response
from support.app import ADMIN
from support.app import Artifactory
from support.upstream import Upstream
from typing import Any
from webtest import TestApp
import pytest


hookimpl = HookimplMarker("devpiserver")


def make(artifactory: Artifactory, index: str, **options: object) -> object:
    return artifactory.request("PUT", f"/{index}", user=ADMIN, body=options)


def config(artifactory: Artifactory, index: str) -> dict[str, object]:
    answer = artifactory.get(f"/{index}?no_projects=", headers={"Accept": "application/json"})
    return dict(answer.json["result"])


def test_index_with_a_key_is_a_repository(artifactory: Artifactory, upstream: Upstream) -> None:
    make(artifactory, "root/own", type="stage", artifactory_key="own")
    make(
        artifactory,
        "root/up",
        type="mirror",
        mirror_url=f"{upstream.url}/simple/",
        artifactory_key="up",
    )
    make(artifactory, "root/all", type="virtual", bases="root/own,root/up", artifactory_key="all")

    listed = artifactory.get("api/repositories").json

    assert [(row["key"], row["type"]) for row in listed] == [
        ("all", "VIRTUAL"),
        ("own", "LOCAL"),
        ("up", "REMOTE"),
    ]
    up = artifactory.get("api/repositories/up", user=ADMIN).json
    assert up["pyPIRegistryUrl"] == upstream.url
    assert up["pyPIRepositorySuffix"] == "simple"
    everything = artifactory.get("api/repositories/all", user=ADMIN).json
    assert everything["repositories"] == ["own", "up"]


def test_index_without_a_key_is_none(artifactory: Artifactory) -> None:
    make(artifactory, "root/own", type="stage")

    assert artifactory.get("api/repositories").json == []
    assert set(config(artifactory, "root/own")).isdisjoint({"artifactory_key", "acl_read"})


def test_repository_of_rest_is_an_index(artifactory: Artifactory, upstream: Upstream) -> None:
    artifactory.create("l", "local", blackedOut=True)
    artifactory.create_remote("r", upstream.url, retrievalCachePeriodSecs=60)
    artifactory.create("v", "virtual", repositories=["l", "r"], defaultDeploymentRepo="l")

    assert config(artifactory, "repo/l")["type"] == "stage"
    assert config(artifactory, "repo/l")["artifactory_blacked_out"] is True
    assert config(artifactory, "repo/r")["mirror_url"] == f"{upstream.url}/simple/"
    assert config(artifactory, "repo/r")["artifactory_retrieval_cache_period_secs"] == 60
    assert config(artifactory, "repo/v")["bases"] == ["repo/l", "repo/r"]
    assert config(artifactory, "repo/v")["artifactory_default_deployment_repo"] == "l"


def test_options_are_set_by_devpi_client(artifactory: Artifactory) -> None:
    artifactory.create("r", "remote", url="http://a.example", pyPIRegistryUrl="http://a.example")

    changed = artifactory.patch_index(
        "repo/r", "artifactory_hard_fail=True", "artifactory_socket_timeout_millis=99"
    )

    assert changed.status_code == 200
    shown = artifactory.get("api/repositories/r", user=ADMIN).json
    assert shown["hardFail"] is True
    assert shown["socketTimeoutMillis"] == 99


def test_urls_follow_each_other(artifactory: Artifactory) -> None:
    """Artifactory's two fields and devpi's ``mirror_url`` never disagree."""
    artifactory.create("r", "remote", url="http://a.example", pyPIRegistryUrl="http://a.example/")

    artifactory.patch_index("repo/r", "mirror_url=http://b.example/root/dev/+simple/")
    shown = artifactory.get("api/repositories/r", user=ADMIN).json
    assert shown["pyPIRegistryUrl"] == "http://b.example/root/dev"
    assert shown["pyPIRepositorySuffix"] == "+simple"

    artifactory.patch_index(
        "repo/r",
        "artifactory_pypi_registry_url=http://c.example",
        "artifactory_pypi_repository_suffix=index",
    )
    assert config(artifactory, "repo/r")["mirror_url"] == "http://c.example/index/"


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"type": "stage", "artifactory_key": "bad key"}, "key may only contain"),
        ({"type": "stage", "artifactory_key": "api"}, "api"),
        ({"type": "stage", "artifactory_key": "taken"}, "already exists"),
        ({"type": "stage", "artifactory_key": "TAKEN"}, "already exists"),
        ({"type": "stage", "artifactory_key": "x", "artifactory_blacked_out": "maybe"}, "blacked"),
        ({"type": "virtual", "artifactory_key": "x", "bases": "root/plain"}, "root/plain"),
        ({"type": "virtual", "artifactory_key": "x", "bases": "root/nope"}, "root/nope"),
    ],
)
def test_same_rules_as_over_rest(
    artifactory: Artifactory, options: dict[str, object], fault: str
) -> None:
    artifactory.create("taken", "local")
    make(artifactory, "root/plain", type="stage")

    answer = artifactory.request("PUT", "/root/new", user=ADMIN, body=options)

    assert answer.status_code == 400
    assert fault in answer.json["message"]
    missing = artifactory.get("/root/new", headers={"Accept": "application/json"})
    assert missing.status_code == 404


def test_cycle_is_refused(artifactory: Artifactory) -> None:
    artifactory.create("a", "virtual")
    artifactory.create("b", "virtual", repositories=["a"])

    answer = artifactory.patch_index("repo/a", "bases=repo/b")

    assert answer.status_code == 400
    assert "a -> b -> a" in answer.json["message"]
    assert config(artifactory, "repo/a")["bases"] == []


def test_partial_change_does_not_open_a_private_index(artifactory: Artifactory) -> None:
    """A JSON object that names only one option leaves the others as they are."""
    artifactory.create("l", "local")
    artifactory.patch_index("repo/l", "acl_read=bob")

    answer = artifactory.request("PATCH", "/repo/l", user=ADMIN, body={"volatile": False})

    assert answer.status_code == 200
    assert config_as_admin(artifactory)["acl_read"] == ["bob"]
    assert config_as_admin(artifactory)["artifactory_key"] == "l"
    assert artifactory.get("api/pypi/l/simple/").status_code == 401


def config_as_admin(artifactory: Artifactory) -> dict[str, object]:
    answer = artifactory.get("/repo/l", user=ADMIN, headers={"Accept": "application/json"})
    return dict(answer.json["result"])


def test_option_is_removed_when_asked_for(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")

    assert artifactory.patch_index("repo/l", "artifactory_key-=").status_code == 200

    assert artifactory.get("api/repositories").json == []


def test_virtual_index_takes_no_native_upload(artifactory: Artifactory) -> None:
    artifactory.create("v", "virtual")
    artifactory.patch_index("repo/v", "acl_upload=root")

    answer = artifactory.upload("v", "demo-1.0.tar.gz", b"x", path="/repo/v/")

    assert answer.status_code in {400, 403, 405}


def test_devpis_default_mirror_can_be_a_repository(artifactory: Artifactory) -> None:
    answer = artifactory.patch_index("root/pypi", "artifactory_key=pypi-remote")

    assert answer.status_code == 200, answer.text
    shown = artifactory.get("api/repositories/pypi-remote", user=ADMIN).json
    assert shown["rclass"] == "remote"
    assert shown["pyPIRepositorySuffix"] == "simple"


def test_only_administrators_give_a_key(artifactory: Artifactory) -> None:
    """Anybody may have indexes; what stands at our URLs is for administrators to say."""
    bob = artifactory.create_user("bob")
    body = {"type": "stage", "artifactory_key": "mine"}

    refused = artifactory.request("PUT", "/bob/dev", user=bob, body=body)
    own = artifactory.request("PUT", "/bob/dev", user=bob, body={"type": "stage"})
    renamed = artifactory.patch_index("bob/dev", "artifactory_key=mine", user=bob)
    given = artifactory.patch_index("bob/dev", "artifactory_key=mine")
    kept = artifactory.patch_index("bob/dev", "volatile=False", user=bob)

    assert (refused.status_code, own.status_code, renamed.status_code) == (403, 200, 403)
    assert (given.status_code, kept.status_code) == (200, 200)
    assert [row["key"] for row in artifactory.get("api/repositories").json] == ["mine"]


def test_native_write_is_kept(artifactory: Artifactory) -> None:
    """The plugin's tween leaves devpi's own transactions as they are."""
    make(artifactory, "root/own", type="stage")

    assert config(artifactory, "root/own")["type"] == "stage"


class PagesOfErrors:
    """A plugin that shows failures to people, as devpi-web does."""

    @hookimpl
    def devpiserver_pyramid_configure(self, config: Any, pyramid_config: Any) -> None:
        pyramid_config.add_view(self.show, context=HTTPException)

    def show(self, context: HTTPException, request: Any) -> Response:
        return Response(f"page of {context.status_code}", status=context.status_code)


def test_refusal_of_a_closed_index_is_shown_by_other_plugins(
    makexom: Callable[..., Any],
) -> None:
    xom = makexom([], plugins=[plugin, PagesOfErrors()])
    artifactory = Artifactory(TestApp(xom.create_app(), lint=False), xom)
    make(artifactory, "root/closed", type="stage", acl_read="root")

    answer = artifactory.get("/root/closed")

    assert (answer.status_code, answer.text) == (401, "page of 401")
