"""A remote with a custom registry suffix serves every scope below its upstream."""

from __future__ import annotations

from pathlib import Path
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
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


def lists_of(artifactory: Artifactory) -> list[Path]:
    """What is on the disk for lists of projects."""
    folder = Path(artifactory.xom.config.server_path) / "+artifactory"
    return sorted(folder.rglob("*")) if folder.exists() else []


@pytest.mark.parametrize("status", [404, 410])
def test_list_of_an_unknown_scope_is_404_and_leaves_nothing_behind(
    scoped: Artifactory, upstream: Upstream, status: int
) -> None:
    keyfs = scoped.xom.keyfs
    before = keyfs.get_current_serial()
    upstream.put("/nobody/index/+simple/", "no such index", status=status)

    answer = scoped.get("api/pypi/d/nobody/index/simple/")

    assert answer.status_code == 404
    assert message_of(answer) == "Repository 'd' has no 'nobody/index'."
    assert keyfs.get_current_serial() == before
    assert lists_of(scoped) == []


def test_unknown_scopes_leave_nothing_in_memory(scoped: Artifactory) -> None:
    scoped.get("api/pypi/d/nobody/index/simple/")
    before = len(scoped.xom._stagecache["repo/d"])

    for number in range(5):
        assert scoped.get(f"api/pypi/d/nobody/index{number}/simple/").status_code == 404

    assert len(scoped.xom._stagecache["repo/d"]) == before


def test_list_of_a_scope_goes_when_the_upstream_no_longer_has_it(
    scoped: Artifactory, upstream: Upstream
) -> None:
    """The upstream's word counts, and an outage later does not bring the list back."""
    url = "api/pypi/d/root/dev/simple/"
    assert scoped.get(url).status_code == 200
    answer = scoped.request(
        "POST", "api/repositories/d", user=ADMIN, body={"retrievalCachePeriodSecs": 0}
    )
    assert answer.status_code == 200, answer.text
    del upstream.answers["/root/dev/+simple/"]

    assert scoped.get(url).status_code == 404
    assert lists_of(scoped) == [folder for folder in lists_of(scoped) if folder.is_dir()]
    upstream.failing = 503
    assert scoped.get(url).status_code == 502


def test_scope_that_cannot_be_asked_does_not_show_the_projects_of_others(
    scoped: Artifactory, upstream: Upstream
) -> None:
    scoped.get(page_of("root/dev"))
    upstream.failing = 503

    assert scoped.get("api/pypi/d/nobody/index/simple/").status_code == 502


def test_offline_repository_has_no_list_of_a_scope_that_was_never_fetched(
    scoped: Artifactory, upstream: Upstream
) -> None:
    scoped.get(page_of("root/dev"))
    scoped.request("POST", "api/repositories/d", user=ADMIN, body={"offline": True})

    assert scoped.get("api/pypi/d/nobody/index/simple/").status_code == 404


def test_plain_remote_says_that_its_upstream_has_no_list(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    artifactory.create_remote("r", upstream.url)

    answer = artifactory.get("api/pypi/r/simple/")

    assert answer.status_code == 502
    assert message_of(answer) == (
        "The upstream has no list of all projects. Each project can still be asked for by its name."
    )
