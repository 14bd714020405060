"""A remote with a custom registry suffix serves every scope below its upstream."""

from __future__ import annotations

from support.app import Artifactory
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from urllib.parse import urljoin
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


def page_of(scope: str, project: str = "demo") -> str:
    return f"/artifactory/api/pypi/d/{scope}/simple/{project}/"


@pytest.fixture
def scoped(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    """A devpi-like upstream with two indexes that both have the project."""
    artifactory.create(
        "d",
        "remote",
        url=upstream.url,
        pyPIRegistryUrl=upstream.url,
        pyPIRepositorySuffix="+simple",
    )
    for scope, version in (("root/dev", "1.0"), ("team/stable", "2.0")):
        name = wheel_filename("demo", version)
        path = f"/{scope}/+f/abc/{name}"
        upstream.put(path, make_wheel("demo", version))
        upstream.put(f"/{scope}/+simple/demo/", f'<a href="../../+f/abc/{name}">{name}</a>')
        upstream.put(f"/{scope}/+simple/", '<a href="demo/">demo</a>')
    return artifactory


@pytest.mark.parametrize(("scope", "version"), [("root/dev", "1.0"), ("team/stable", "2.0")])
def test_each_scope_has_its_own_pages_and_files(
    scoped: Artifactory, scope: str, version: str
) -> None:
    scoped.get(page_of("root/dev"))
    answer = scoped.get(page_of(scope), headers=JSON)

    assert answer.json["versions"] == [version]
    url = urljoin(page_of(scope), answer.json["files"][0]["url"])
    assert url.startswith(f"/artifactory/api/pypi/d/{scope}/packages/")
    assert scoped.get(url).body == make_wheel("demo", version)
    assert scoped.get(f"{url}.metadata").status_code == 200
    names = scoped.get(f"api/pypi/d/{scope}/simple/", headers=JSON).json["projects"]
    assert [project["name"] for project in names] == ["demo"]
    described = scoped.get(f"api/pypi/d/{scope}/pypi/demo/json").json
    assert described["info"]["version"] == version
    assert f"/api/pypi/d/{scope}/packages/" in described["urls"][0]["url"]


def test_unknown_scope_is_404_and_leaves_nothing_behind(
    scoped: Artifactory, upstream: Upstream
) -> None:
    keyfs = scoped.xom.keyfs
    before = keyfs.get_current_serial()

    for number in range(5):
        assert scoped.get(page_of(f"nobody/index{number}")).status_code == 404

    assert keyfs.get_current_serial() == before


@pytest.mark.parametrize(
    "scope",
    ["..", "a/..", "a/%2e%2e/b", "http:", "a/b/c/d/e", "x" * 300, "a%20b", "a/;b", "a/%3fb"],
)
def test_scope_cannot_lead_elsewhere(scoped: Artifactory, upstream: Upstream, scope: str) -> None:
    assert scoped.get(page_of(scope)).status_code in {400, 404}

    assert upstream.paths == []


def test_only_a_custom_suffix_takes_scopes(artifactory: Artifactory, upstream: Upstream) -> None:
    artifactory.create_remote("d", upstream.url)

    assert artifactory.get(page_of("root/dev")).status_code == 404
    assert upstream.paths == []


def test_cached_scope_is_served_when_the_upstream_is_gone(
    scoped: Artifactory, upstream: Upstream
) -> None:
    page = scoped.get(page_of("root/dev"), headers=JSON).json
    url = urljoin(page_of("root/dev"), page["files"][0]["url"])
    scoped.get(url)
    upstream.failing = 503

    assert scoped.get(page_of("root/dev"), headers=JSON).json["versions"] == ["1.0"]
    assert scoped.get(url).status_code == 200
