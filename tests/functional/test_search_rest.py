"""Searches by REST against live servers: a primary, its replica, and an upstream."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from scene import Administrator
from server import LiveServer
from support.archives import make_wheel
from support.archives import wheel_filename
from test_replica import pair
from test_replica import until_listed
from test_replica import upload
from typing import Any
import pytest
import requests


__all__ = ["pair"]


@pytest.fixture(scope="session")
def repositories(server: LiveServer) -> LiveServer:
    """``found`` has a wheel and two files; ``all-found`` is virtual over it."""
    administrator = Administrator(server)
    administrator.create("found", "local")
    administrator.create("all-found", "virtual", repositories=["found"])
    upload(server, "found", "found-lib", "1.9")
    upload(server, "found", "found-lib", "1.10")
    for path in ("docs/a%20guide.pdf;os=win;version=2.0", "docs/other.txt;os=mac"):
        answer = server.request(
            "PUT", f"artifactory/found/{path}", auth=server.admin, data=path.encode()
        )
        assert answer.status_code == 201, answer.text
    return server


def ask(server: LiveServer, path: str, **kw: Any) -> requests.Response:
    kw.setdefault("auth", server.admin)
    answer = server.request("GET", f"artifactory/api/{path}", **kw)
    assert answer.status_code == 200, answer.text
    return answer


def uris(server: LiveServer, path: str) -> list[str]:
    """Relative to the storage API."""
    found = ask(server, f"search/{path}").json()["results"]
    start = f"{server.api_url}/api/storage/"
    assert all(each["uri"].startswith(start) for each in found)
    return [each["uri"].removeprefix(start) for each in found]


GUIDE = "found/docs/a%20guide.pdf"
WHEELS = [
    f"found/found-lib/{version}/{wheel_filename('found-lib', version)}"
    for version in ("1.10", "1.9")
]


def test_each_search_finds_what_was_deployed(repositories: LiveServer) -> None:
    """The URLs that are told lead to the files."""
    server = repositories
    digest = sha256(make_wheel("found-lib", "1.9")).hexdigest()

    assert uris(server, "artifact?name=GUIDE&repos=found") == [GUIDE]
    assert uris(server, "artifact?name=found*.whl&repos=all-found") == WHEELS
    assert uris(server, "prop?os=win,mac&repos=found") == [GUIDE, "found/docs/other.txt"]
    assert uris(server, "prop?pypi.name=found-lib&pypi.version=1.9") == WHEELS[1:]
    assert uris(server, f"checksum?sha256={digest}&repos=found") == WHEELS[1:]
    assert len(uris(server, "creation?from=0&repos=found")) == 4
    assert len(uris(server, "dates?from=0&dateFields=lastModified&repos=found")) == 4
    assert len(uris(server, "usage?notUsedSince=99999999999999&repos=found")) == 4
    pattern = ask(server, "search/pattern?pattern=found:docs/*.pdf").json()
    assert pattern["files"] == ["docs/a guide.pdf"]
    versions = ask(server, "search/versions?a=Found_Lib").json()["results"]
    assert [each["version"] for each in versions] == ["1.10", "1.9"]
    assert ask(server, "search/latestVersion?a=found-lib").text == "1.10"
    newest = ask(server, "versions/_any/docs?os=win&listFiles=1").json()
    assert newest["version"] == "2.0"
    for each in newest["artifacts"]:
        info = server.request("GET", each["uri"], auth=server.admin).json()
        assert info["path"] == "/docs/a guide.pdf"
        assert server.request("GET", info["downloadUri"]).status_code == 200


def test_write_that_was_answered_is_found_by_whoever_searches_next(
    repositories: LiveServer,
) -> None:
    server = repositories

    def deploy_and_search(number: int) -> list[str]:
        path = f"artifactory/found/many/{number}.bin;batch={number}"
        answer = server.request("PUT", path, auth=server.admin, data=b"x" * number)
        assert answer.status_code == 201, answer.text
        return uris(server, f"prop?batch={number}")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(deploy_and_search, range(40)))

    assert found == [[f"found/many/{number}.bin"] for number in range(40)]


def test_replica_searches_by_itself_and_lets_its_primary_ask_upstreams(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    primary, replica = pair
    administrator = Administrator(primary)
    administrator.create("released", "local")
    administrator.upload("released", "far-lib", "3.0")
    administrator.create_remote("r", primary)
    upload(primary, "l", "near-lib", "1.0")
    until_listed(replica, "l", "near-lib")

    name = wheel_filename("near-lib", "1.0")
    assert uris(replica, "prop?pypi.name=near-lib") == [f"l/near-lib/1.0/{name}"]
    assert uris(replica, "creation?from=0&repos=l") == [f"l/near-lib/1.0/{name}"]
    assert ask(replica, "search/latestVersion?a=near-lib").text == "1.0"
    latest = ask(replica, "search/latestVersion?a=far-lib&remote=1&repos=r")
    assert latest.text == "3.0"
