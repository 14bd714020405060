"""One remote at the root of a devpi server, with real clients."""

from __future__ import annotations

from clients import Client
from collections.abc import Iterator
from installing import NEWEST
from installing import Pip
from installing import installed
from installing import pip_client
from pathlib import Path
from scene import Administrator
from scene import Scene
from upstreams import DevpiServer
import pytest


PASSWORD = "their-password"

#: what each index of the upstream has: one project in both, and one of its own
RELEASES = {
    "team/stable": {"greeter": "1.0", "stable-only": "1.5"},
    "lab/dev": {"greeter": "2.0", "dev-only": "0.1"},
}


@pytest.fixture(scope="module")
def devpi(tmp_path_factory: pytest.TempPathFactory, scene: Scene) -> Iterator[DevpiServer]:
    """A devpi server, and the remote ``devpi`` for all of it."""
    with DevpiServer(tmp_path_factory.mktemp("devpi")) as running:
        for index, releases in RELEASES.items():
            user, _, name = index.partition("/")
            running.create_index(user, name, password=PASSWORD)
            running.upload(index, *releases.items(), password=PASSWORD)
        Administrator(scene.server).create(
            "devpi",
            "remote",
            url=running.url,
            pyPIRegistryUrl=running.url,
            pyPIRepositorySuffix="+simple",
            retrievalCachePeriodSecs=0,
            assumedOfflinePeriodSecs=0,
        )
        yield running


def index_url(scene: Scene, scope: str) -> str:
    return scene.index_url(f"devpi/{scope}")


def test_installers_get_what_is_in_each_scope(
    scene: Scene, devpi: DevpiServer, uv: Client, home: Path, tmp_path: Path
) -> None:
    """Also when the upstream is gone and nothing is cached but here: each scope keeps its own."""
    pip = Pip(pip_client(NEWEST), home)

    def install(attempt: str) -> None:
        for number, (scope, releases) in enumerate(RELEASES.items()):
            url = index_url(scene, scope)
            by_pip, by_uv = (tmp_path / f"{attempt}-{by}-{number}" for by in ("pip", "uv"))
            pip.install("--no-cache-dir", *releases, into=by_pip, index_url=url)
            uv.run(
                *("uv", "pip", "install", "--no-cache", "--default-index", url),
                *("--target", str(by_uv), *releases),
                home=home,
            )
            assert installed(by_pip) == installed(by_uv) == releases

    install("online")
    devpi.kill()
    try:
        install("offline")
    finally:
        devpi.start()


def test_scope_does_not_have_what_is_in_another(scene: Scene, devpi: DevpiServer) -> None:
    answer = scene.server.request("GET", f"{index_url(scene, 'team/stable')}/dev-only/")

    assert answer.status_code == 404


@pytest.mark.parametrize("scope", ["team/nothing", "nobody/dev", "team"])
@pytest.mark.parametrize("page", ["", "/greeter/"])
def test_scope_that_the_upstream_does_not_have_is_404(
    scene: Scene, devpi: DevpiServer, scope: str, page: str
) -> None:
    answer = scene.server.request("GET", f"{index_url(scene, scope)}{page}")

    assert answer.status_code == 404
    (error,) = answer.json()["errors"]
    assert error["status"] == 404


def test_list_of_a_scope_is_the_upstreams(scene: Scene, devpi: DevpiServer) -> None:
    json = {"Accept": "application/vnd.pypi.simple.v1+json"}
    lists = {
        scope: scene.server.request("GET", f"{index_url(scene, scope)}/", headers=json).json()
        for scope in RELEASES
    }

    for scope, releases in RELEASES.items():
        assert [project["name"] for project in lists[scope]["projects"]] == sorted(releases)
