"""Virtual repositories: several under one URL (Artifactory, virtual resolution order)."""

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
PAGE = "/artifactory/api/pypi/v/simple/demo/"


def files(artifactory: Artifactory, page: str = PAGE) -> dict[str, str]:
    answer = artifactory.get(page, headers=JSON)
    assert answer.status_code == 200, answer.text
    return {file["filename"]: file["url"] for file in answer.json["files"]}


@pytest.fixture
def members(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    artifactory.create("l", "local")
    artifactory.create_remote("r", upstream.url)
    artifactory.create("v", "virtual", repositories=["r", "l"])
    return artifactory


def test_versions_of_all_members_are_merged(members: Artifactory, upstream: Upstream) -> None:
    own = members.upload_wheel("l", "demo", "1.0")
    upstreams = make_wheel("demo", "2.0")
    upstream.put_project("demo", {wheel_filename("demo", "2.0"): upstreams})

    found = files(members)

    assert set(found) == {wheel_filename("demo", "1.0"), wheel_filename("demo", "2.0")}
    assert members.get(urljoin(PAGE, found[wheel_filename("demo", "1.0")])).body == own
    assert members.get(urljoin(PAGE, found[wheel_filename("demo", "2.0")])).body == upstreams
    assert all(url.startswith("../../") for url in found.values())
    page = members.get(PAGE, headers=JSON).json
    assert page["versions"] == ["1.0", "2.0"]


def test_of_the_same_name_the_local_file_wins(members: Artifactory, upstream: Upstream) -> None:
    """Locals come before remotes, whatever the listed order is."""
    own = members.upload_wheel("l", "demo", "1.0", summary="Ours")
    name = wheel_filename("demo", "1.0")
    upstream.put_project("demo", {name: make_wheel("demo", "1.0", summary="Theirs")})

    assert members.get(urljoin(PAGE, files(members)[name])).body == own


def test_nested_virtuals_are_expanded(members: Artifactory) -> None:
    wheel = members.upload_wheel("l", "demo", "1.0")
    members.create("outer", "virtual", repositories=["v"])

    page = "/artifactory/api/pypi/outer/simple/demo/"
    (url,) = files(members, page).values()

    assert members.get(urljoin(page, url)).body == wheel


def test_metadata_through_a_virtual(members: Artifactory, upstream: Upstream) -> None:
    name = wheel_filename("demo", "2.0")
    upstream.put_project("demo", {name: make_wheel("demo", "2.0")})
    members.upload_wheel("l", "demo", "1.0")

    for url in files(members).values():
        assert members.get(urljoin(PAGE, f"{url}.metadata")).status_code == 200


def test_priority_resolution_hides_other_members(members: Artifactory, upstream: Upstream) -> None:
    """A project that a prior member has comes from prior members only (dependency confusion)."""
    members.upload_wheel("l", "demo", "1.0")
    upstream.put_project("demo", {wheel_filename("demo", "9.0"): make_wheel("demo", "9.0")})
    upstream.put_project("other", {wheel_filename("other", "1.0"): make_wheel("other", "1.0")})
    members.request("POST", "api/repositories/l", user=ADMIN, body={"priorityResolution": True})

    assert set(files(members)) == {wheel_filename("demo", "1.0")}
    assert members.get("api/pypi/v/simple/other/").status_code == 200


def test_member_that_fails_does_not_hide_the_others(
    members: Artifactory, upstream: Upstream
) -> None:
    members.upload_wheel("l", "demo", "1.0")
    upstream.failing = 503

    assert set(files(members)) == {wheel_filename("demo", "1.0")}
    unknown = members.get("api/pypi/v/simple/elsewhere/")
    assert unknown.status_code == 502
    assert errors_of(unknown)


def test_unknown_project_is_404(members: Artifactory) -> None:
    assert members.get("api/pypi/v/simple/nope/").status_code == 404


def test_list_of_projects_is_merged(members: Artifactory, upstream: Upstream) -> None:
    members.upload_wheel("l", "demo", "1.0")
    upstream.put("/simple/", '<a href="demo/">demo</a><a href="two/">two</a>')

    names = members.get("api/pypi/v/simple/", headers=JSON).json["projects"]

    assert [project["name"] for project in names] == ["demo", "two"]


def test_warehouse_json_of_a_virtual(members: Artifactory, upstream: Upstream) -> None:
    members.upload_wheel("l", "demo", "1.0")
    upstream.put_project("demo", {wheel_filename("demo", "2.0"): make_wheel("demo", "2.0")})

    answer = members.get("api/pypi/v/pypi/demo/json").json

    assert set(answer["releases"]) == {"1.0", "2.0"}
    assert answer["info"]["version"] == "2.0"
    assert answer["urls"][0]["url"].startswith("http://localhost/artifactory/api/pypi/v/")


def test_virtual_does_not_show_what_its_member_refuses(members: Artifactory) -> None:
    members.upload_wheel("l", "demo", "1.0")
    reader = members.create_user("reader")
    members.patch_index("repo/l", "acl_read=reader")

    assert members.get("api/pypi/v/simple/demo/").status_code == 404
    assert members.get(f"v/demo/1.0/{wheel_filename('demo', '1.0')}").status_code == 404
    assert members.get("/repo/v/+simple/demo/").status_code == 404
    assert members.get("api/pypi/v/simple/demo/", user=reader).status_code == 200


def test_stage_with_bases_shows_what_devpi_shows(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    """Own files, then bases; a private project hides the mirrors unless it is whitelisted."""
    artifactory.create_remote("r", upstream.url)
    artifactory.create("base", "local")
    dev = {"bases": "repo/base,repo/r", "artifactory_key": "dev", "acl_upload": "root"}
    made = artifactory.request("PUT", "/root/dev", user=ADMIN, body=dev)
    assert made.status_code == 200, made.text
    artifactory.upload_wheel("base", "demo", "1.0")
    artifactory.upload_wheel("dev", "demo", "1.1")
    upstream.put_project("demo", {wheel_filename("demo", "9.0"): make_wheel("demo", "9.0")})
    upstream.put_project("open", {wheel_filename("open", "1.0"): make_wheel("open", "1.0")})

    shown = artifactory.get("api/repositories/dev", user=ADMIN).json
    assert shown["rclass"] == "virtual"
    assert shown["defaultDeploymentRepo"] == "dev"
    page = "/artifactory/api/pypi/dev/simple/demo/"
    assert set(files(artifactory, page)) == {
        wheel_filename("demo", "1.0"),
        wheel_filename("demo", "1.1"),
    }
    assert artifactory.get("api/pypi/dev/simple/open/").status_code == 200
    artifactory.patch_index("root/dev", "mirror_whitelist=demo")
    artifactory.patch_index("repo/base", "mirror_whitelist=demo")
    assert wheel_filename("demo", "9.0") in files(artifactory, page)
