"""Patterns and black-out: what a repository's settings keep from its users."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from urllib.parse import urljoin
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def scene(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    artifactory.create("l", "local")
    artifactory.create_remote("r", upstream.url)
    artifactory.create("v", "virtual", repositories=["l", "r"], defaultDeploymentRepo="l")
    for project in ("demo", "other"):
        name = wheel_filename(project, "1.0")
        upstream.put_project(project, {name: make_wheel(project, "1.0")})
    upstream.put("/simple/", '<a href="demo/">demo</a><a href="other/">other</a>')
    return artifactory


def configure(artifactory: Artifactory, key: str, **fields: object) -> None:
    answer = artifactory.request("POST", f"api/repositories/{key}", user=ADMIN, body=fields)
    assert answer.status_code == 200, answer.text


def has(artifactory: Artifactory, key: str, project: str) -> bool:
    return artifactory.get(f"api/pypi/{key}/simple/{project}/").status_code == 200


@pytest.mark.parametrize("pattern", ["other", ".pypi/other.*", "packages/**/other-*", "oth*"])
@pytest.mark.parametrize("key", ["r", "v"])
def test_excluded_project_is_not_there(scene: Artifactory, pattern: str, key: str) -> None:
    page = f"/artifactory/api/pypi/{key}/simple/other/"
    (file,) = scene.get(page, headers=JSON).json["files"]
    url = urljoin(page, file["url"])
    configure(scene, "r", excludesPattern=pattern)

    assert has(scene, key, "demo")
    assert not has(scene, key, "other")
    assert scene.get(url).status_code == 404
    assert scene.get(f"{url}.metadata").status_code == 404


def test_only_included_projects_are_there(scene: Artifactory, upstream: Upstream) -> None:
    configure(scene, "r", includesPattern="demo*")

    assert has(scene, "r", "demo")
    assert not has(scene, "r", "other")
    names = scene.get("api/pypi/r/simple/", headers=JSON).json["projects"]
    assert [project["name"] for project in names] == ["demo"]
    assert "/simple/other/" not in upstream.paths


def test_patterns_of_a_virtual_hold_for_all_its_members(scene: Artifactory) -> None:
    scene.upload_wheel("l", "own", "1.0")
    scene.create("outer", "virtual", repositories=["v"])
    configure(scene, "v", excludesPattern="own,other")

    for key in ("v", "outer"):
        assert has(scene, key, "demo")
        assert not has(scene, key, "own")
        assert not has(scene, key, "other")
    assert has(scene, "l", "own")


def test_page_keeps_the_files_that_are_included(scene: Artifactory) -> None:
    scene.upload_wheel("l", "demo", "1.0")
    scene.upload_wheel("l", "demo", "2.0")
    configure(scene, "l", excludesPattern="**/*-1.0-*")

    page = scene.get("api/pypi/l/simple/demo/", headers=JSON).json

    assert page["versions"] == ["2.0"]
    assert [file["filename"] for file in page["files"]] == [wheel_filename("demo", "2.0")]


def test_upload_that_the_patterns_do_not_accept_is_refused(scene: Artifactory) -> None:
    configure(scene, "l", includesPattern="team-*")
    wheel = make_wheel("demo", "1.0")

    for key in ("l", "v"):
        answer = scene.upload(key, wheel_filename("demo", "1.0"), wheel)
        assert answer.status_code == 403
        assert "patterns" in message_of(answer)
    scene.upload_wheel("l", "team-tool", "1.0")
    assert has(scene, "l", "team-tool")


@pytest.mark.parametrize("key", ["r", "v"])
def test_blacked_out_repository_takes_part_in_nothing(scene: Artifactory, key: str) -> None:
    assert has(scene, key, "demo")
    configure(scene, "r", blackedOut=True)

    assert not has(scene, key, "demo")
    configure(scene, "r", blackedOut=False)
    assert has(scene, key, "demo")


def test_blacked_out_local_takes_no_upload(scene: Artifactory) -> None:
    configure(scene, "l", blackedOut=True)

    answer = scene.upload("v", wheel_filename("demo", "1.0"), make_wheel("demo", "1.0"))

    assert answer.status_code == 403
    assert "blacked out" in message_of(answer)
