"""The cache of a remote: what is deleted comes back, what is zapped is asked for again."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from urllib.parse import urljoin
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
PAGE = "/artifactory/api/pypi/r/simple/demo/"
WHEELS = {wheel_filename("demo", v): make_wheel("demo", v) for v in ("1.0", "2.0")}


@pytest.fixture
def cached(artifactory: Artifactory, upstream: Upstream) -> list[str]:
    """The paths of two files that are in the cache, with their metadata."""
    artifactory.create_remote("r", upstream.url)
    upstream.put_project("demo", WHEELS)
    paths = []
    for file in artifactory.get(PAGE, headers=JSON).json["files"]:
        url = urljoin(PAGE, file["url"])
        assert artifactory.get(url).status_code == 200
        assert artifactory.get(f"{url}.metadata").status_code == 200
        paths.append(url.removeprefix("/artifactory/api/pypi/r/"))
    return paths


def is_cached(artifactory: Artifactory, path: str) -> bool:
    return artifactory.get(f"r-cache/{path}").status_code == 200


def test_deleted_file_comes_back_from_the_upstream(
    artifactory: Artifactory, upstream: Upstream, cached: list[str]
) -> None:
    one, other = cached

    assert artifactory.request("DELETE", f"r-cache/{one}", user=ADMIN).status_code == 204

    assert not is_cached(artifactory, one)
    assert not is_cached(artifactory, f"{one}.metadata")
    assert is_cached(artifactory, other)
    assert artifactory.get(f"r/{one}").body in WHEELS.values()
    assert is_cached(artifactory, one)
    assert artifactory.get("/repo/r/+simple/demo/").status_code == 200


@pytest.mark.parametrize(
    "path", ["r-cache/packages", "r-cache/packages/files/", "r-cache", "r-cache/"]
)
def test_everything_below_a_path_is_deleted(
    artifactory: Artifactory, cached: list[str], path: str
) -> None:
    assert artifactory.request("DELETE", path, user=ADMIN).status_code == 204

    assert not any(is_cached(artifactory, path) for path in cached)
    files = artifactory.xom.config.server_path / "+files"
    assert [path for path in files.rglob("*") if path.is_file()] == []


def test_nothing_to_delete_is_404(artifactory: Artifactory, cached: list[str]) -> None:
    answer = artifactory.request("DELETE", "r-cache/packages/nope", user=ADMIN)

    assert answer.status_code == 404
    assert all(is_cached(artifactory, path) for path in cached)


def test_only_the_cache_is_deleted_from(artifactory: Artifactory, cached: list[str]) -> None:
    answer = artifactory.request("DELETE", f"r/{cached[0]}", user=ADMIN)

    assert answer.status_code == 405
    assert "-cache" in errors_of(answer)[0]["message"]


def test_zapped_pages_are_asked_for_again(
    artifactory: Artifactory, upstream: Upstream, cached: list[str]
) -> None:
    upstream.put_project("demo", {**WHEELS, "demo-3.0.tar.gz": b"new"})
    assert len(artifactory.get(PAGE, headers=JSON).json["files"]) == 2

    answer = artifactory.request("POST", "api/zap/r", user=ADMIN)

    assert answer.status_code == 200
    assert answer.json["message"]
    assert len(artifactory.get(PAGE, headers=JSON).json["files"]) == 3
    assert all(is_cached(artifactory, path) for path in cached)


def test_zapped_page_is_served_while_the_upstream_fails(
    artifactory: Artifactory, upstream: Upstream, cached: list[str]
) -> None:
    artifactory.request("POST", "api/zap/r-cache", user=ADMIN)
    upstream.failing = 503

    assert len(artifactory.get(PAGE, headers=JSON).json["files"]) == 2


def test_only_a_remote_is_zapped(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")

    assert artifactory.request("POST", "api/zap/l", user=ADMIN).status_code == 400
    assert artifactory.request("POST", "api/zap/nope", user=ADMIN).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("DELETE", "r-cache"), ("POST", "api/zap/r")])
def test_the_right_to_delete_is_needed(
    artifactory: Artifactory, cached: list[str], method: str, path: str
) -> None:
    bob = artifactory.create_user("bob")

    assert artifactory.request(method, path).status_code == 401
    assert artifactory.request(method, path, user=bob).status_code == 403
    assert all(is_cached(artifactory, path) for path in cached)


def test_version_of_a_project_is_deleted_as_devpis_own_client_does(
    artifactory: Artifactory, cached: list[str]
) -> None:
    one, other = sorted(cached, key=lambda path: path.rpartition("/")[2])

    answer = artifactory.request("DELETE", "/repo/r/demo/1.0", user=ADMIN)

    assert answer.status_code == 200, answer.text
    assert not is_cached(artifactory, one)
    assert is_cached(artifactory, other)
    assert artifactory.get(f"r/{one}").status_code == 200


def test_project_is_deleted_as_devpis_own_client_does(
    artifactory: Artifactory, cached: list[str]
) -> None:
    answer = artifactory.request("DELETE", "/repo/r/demo", user=ADMIN)

    assert answer.status_code == 200, answer.text
    assert not any(is_cached(artifactory, path) for path in cached)
    assert artifactory.get(f"r/{cached[0]}").status_code == 200
    assert is_cached(artifactory, cached[0])
