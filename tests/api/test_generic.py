"""Repositories of package type generic: files at paths, and nothing that installers resolve."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
import pytest


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
NAMED = ";pypi.name=demo;pypi.version=1.0"
NATIVE = {"Accept": "application/json"}


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    """``g`` is generic, ``l`` is PyPI's."""
    artifactory.create("g", packageType="generic")
    artifactory.create("l")
    return artifactory


def put(app: Artifactory, path: str, body: bytes = b"some bytes", **kw: Any) -> Any:
    kw.setdefault("user", ADMIN)
    return app.request("PUT", path, body=body, **kw)


# configuration


def test_lists_show_and_filter_the_package_type(local: Artifactory) -> None:
    local.create("v", "virtual", packageType="generic", repositories=["g"])

    def keys(query: str) -> list[str]:
        return [row["key"] for row in local.get(f"api/repositories?{query}").json]

    listed = {row["key"]: row["packageType"] for row in local.get("api/repositories").json}
    assert listed == {"g": "Generic", "l": "Pypi", "v": "Generic"}
    assert keys("packageType=generic") == ["g", "v"]
    assert keys("packageType=Generic&type=local") == ["g"]
    assert keys("packageType=pypi") == ["l"]
    assert keys("packageType=pypi,generic") == ["g", "l", "v"]
    assert keys("packageType=npm") == []


def test_single_configuration_spells_it_in_lower_case(local: Artifactory) -> None:
    for prefix in ("api/repositories", "api/v2/repositories"):
        shown = local.get(f"{prefix}/g", user=ADMIN).json
        assert (shown["rclass"], shown["packageType"]) == ("local", "generic")
        assert shown["enablePypiSupport"] is False
    assert local.head("api/repositories/g").status_code == 200


def test_configurations_existence_and_batch_know_it(local: Artifactory) -> None:
    query = "api/repositories/configurations?packageType=generic"
    configurations = local.get(query, user=ADMIN).json
    assert [repo["key"] for repo in configurations["LOCAL"]] == ["g"]
    exists = local.get("api/repositories/existence?type=local&packageType=generic").json
    assert exists["exists"] is True
    batch = [{"key": "x", "rclass": "local", "packageType": "generic"}]
    made = local.request("PUT", "api/v2/repositories/batch", user=ADMIN, body=batch)
    assert made.status_code == 201
    both = local.get("api/v2/repositories/batch?names=x,l", user=ADMIN).json
    assert {key: repo["packageType"] for key, repo in both.items()} == {
        "x": "generic",
        "l": "pypi",
    }


def test_update_keeps_and_cannot_change_it(local: Artifactory) -> None:
    url = "api/repositories/g"
    changed = local.request("POST", url, user=ADMIN, body={"description": "d"})
    assert changed.status_code == 200
    refused = local.request("POST", url, user=ADMIN, body={"packageType": "pypi"})
    assert refused.status_code == 400
    assert "must be 'generic'" in message_of(refused)
    shown = local.get(url, user=ADMIN).json
    assert (shown["description"], shown["packageType"]) == ("d", "generic")


def test_other_package_types_are_refused_by_the_names_of_both(artifactory: Artifactory) -> None:
    body = {"rclass": "local", "packageType": "docker"}
    answer = artifactory.request("PUT", "api/repositories/x", user=ADMIN, body=body)

    assert answer.status_code == 400
    assert "'pypi' and 'generic' only" in message_of(answer)


@pytest.mark.parametrize(
    ("package_type", "members", "target", "reason"),
    [
        ("generic", ["g", "l"], "g", "Member 'l' of virtual repository 'v'"),
        ("pypi", ["g"], "", "is of package type 'generic', not 'pypi'"),
        ("generic", ["g"], "l", "'l', which is not a member"),
    ],
)
def test_virtual_takes_its_own_package_type_only(
    local: Artifactory, package_type: str, members: list[str], target: str, reason: str
) -> None:
    body = {
        "rclass": "virtual",
        "packageType": package_type,
        "repositories": members,
        "defaultDeploymentRepo": target,
    }
    answer = local.request("PUT", "api/repositories/v", user=ADMIN, body=body)

    assert answer.status_code == 400
    assert reason in message_of(answer)


# PyPI endpoints


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "api/pypi/g/simple/"),
        ("GET", "api/pypi/g/simple/demo/"),
        ("GET", "api/pypi/g/pypi/demo/json"),
        ("GET", "api/pypi/g/pypi/demo/1.0/json"),
        ("GET", "api/pypi/g/some/file.txt"),
        ("GET", "api/pypi/g/team/dev/simple/demo/"),
        ("GET", "api/pypi/g/team/packages/a/b.whl"),
        ("GET", "api/pypi/g"),
        ("POST", "api/pypi/g/some/where"),
        ("POST", "g"),
        ("POST", "g/some/where"),
        ("GET", "pypi/g/simple/demo/"),
        ("GET", "pypi/g/some/file.txt"),
    ],
)
def test_there_are_no_pypi_endpoints(local: Artifactory, method: str, path: str) -> None:
    put(local, "g/some/file.txt")

    answer = local.request(method, path, user=ADMIN)

    assert answer.status_code == 400
    assert "'g' is of package type generic" in message_of(answer)


def test_upload_form_is_refused(local: Artifactory) -> None:
    local.create(
        "v", "virtual", packageType="generic", repositories=["g"], defaultDeploymentRepo="g"
    )
    for key in ("g", "v"):
        answer = local.upload(key, NAME, WHEEL)

        assert answer.status_code == 400
        assert "is of package type generic" in message_of(answer)
    assert local.get("api/storage/g").json["children"] == []


def test_package_type_is_told_to_readers_only(local: Artifactory) -> None:
    local.patch_index("repo/g", "acl_read=root")
    bob = local.create_user("bob")

    for path in ("api/pypi/g/simple/", "pypi/g/simple/", "g/folder/"):
        assert local.get(path).status_code == 401
        assert local.get(path, user=bob).status_code == 403


def test_repository_named_pypi_may_be_generic(artifactory: Artifactory) -> None:
    """The short prefix and the repository have one URL."""
    artifactory.create("pypi", packageType="generic")
    artifactory.create("g", packageType="generic")

    assert put(artifactory, "pypi/g/a.txt").status_code == 201
    assert artifactory.get("pypi/g/a.txt").body == b"some bytes"


# deploys


@pytest.mark.parametrize("said", ["", NAMED, ";pypi.name=other;pypi.version=1.0"])
def test_distribution_is_a_plain_artifact(local: Artifactory, said: str) -> None:
    """Whatever its name looks like and its properties say."""
    answer = put(local, f"g/demo/1.0/{NAME}{said}", WHEEL)

    assert answer.status_code == 201
    assert local.get(f"g/demo/1.0/{NAME}").body == WHEEL
    assert local.get(f"g/demo/1.0/{NAME}.metadata").status_code == 404
    properties = local.get(f"api/storage/g/demo/1.0/{NAME}?properties")
    assert ("pypi.name" in properties.text) is bool(said)
    assert "pypi.indexing.error" not in properties.text
    assert local.get("/repo/g/+simple/", headers=NATIVE).status_code == 200
    assert "demo" not in local.get("/repo/g/+simple/").text
    assert local.get("/repo/g/+simple/demo/").status_code == 404


def test_distribution_is_never_indexed(make_artifactory: Any) -> None:
    """Not even where those of a PyPI repository are at once."""
    artifactory = make_artifactory("--artifactory-quiet-period", "0")
    artifactory.create("g", packageType="generic")

    put(artifactory, f"g/{NAME}", WHEEL)

    listed = artifactory.get("/repo/g", headers=NATIVE).json["result"]
    assert listed["projects"] == []
    assert artifactory.get(f"api/storage/g/{NAME}?properties").status_code == 404


def test_file_beside_another_is_a_file_of_its_own(local: Artifactory) -> None:
    """``.metadata`` and ``.asc`` mean nothing here."""
    put(local, f"g/{NAME}", WHEEL)
    put(local, f"g/{NAME}.metadata", b"mine")

    assert local.get(f"g/{NAME}.metadata").body == b"mine"


def test_patterns_match_paths_only(local: Artifactory) -> None:
    """A pattern without a slash is one for the top folder, and never a project's name."""
    settings = {"includesPattern": "**/*.whl,*.txt", "excludesPattern": "demo,tmp/**"}
    local.request("POST", "api/repositories/g", user=ADMIN, body=settings)

    assert put(local, f"g/a/{NAME}", WHEEL).status_code == 201
    assert put(local, "g/notes.txt").status_code == 201
    assert put(local, "g/a/notes.txt").status_code == 403
    assert put(local, f"g/tmp/{NAME}", WHEEL).status_code == 403
    assert local.get(f"g/a/{NAME}").status_code == 200


def test_blacked_out(local: Artifactory) -> None:
    put(local, "g/a.txt")
    local.request("POST", "api/repositories/g", user=ADMIN, body={"blackedOut": True})

    assert local.get("g/a.txt").status_code == 404
    assert put(local, "g/b.txt").status_code == 403


def test_trailing_slash_names_no_file(local: Artifactory) -> None:
    put(local, "g/a.txt")

    assert local.get("g/a.txt/").status_code == 404


def test_repository_goes_with_its_files(local: Artifactory) -> None:
    put(local, f"g/{NAME}{NAMED}", WHEEL)

    assert local.request("DELETE", "api/repositories/g", user=ADMIN).status_code == 200

    files = local.xom.config.server_path / "+files"
    assert [path for path in files.rglob("*") if path.is_file()] == []


# virtual


@pytest.fixture
def virtual(local: Artifactory, upstream: Upstream) -> Artifactory:
    """``v`` of the remotes ``r`` and ``s``, and of ``g``, which takes the deployments."""
    for key in ("r", "s"):
        local.create(key, "remote", packageType="generic", url=f"{upstream.url}/{key}")
    local.create(
        "v",
        "virtual",
        packageType="generic",
        repositories=["r", "s", "g"],
        defaultDeploymentRepo="g",
    )
    return local


def test_first_member_with_the_file_wins(virtual: Artifactory, upstream: Upstream) -> None:
    """Locals before remotes, each in the listed order."""
    for path in ("/r/a", "/s/a", "/s/b", "/r/c"):
        upstream.put(path, path)
    put(virtual, "g/c", b"/g/c")

    assert [virtual.get(f"v/{name}").text for name in "abc"] == ["/r/a", "/s/b", "/g/c"]
    assert virtual.get("v/d").status_code == 404


def test_cached_file_comes_before_that_of_an_upstream(
    virtual: Artifactory, upstream: Upstream
) -> None:
    """Artifactory's order: locals, caches of remotes, remotes."""
    upstream.put("/r/a", "r")
    upstream.put("/s/a", "s")
    virtual.get("s/a")

    assert virtual.get("v/a").text == "s"
    assert virtual.get("api/storage/v/a").json["repo"] == "s-cache"
    assert upstream.paths == ["/s/a"]


def test_folders_of_the_members_are_one(virtual: Artifactory, upstream: Upstream) -> None:
    upstream.put("/r/dir/a", "r")
    virtual.get("v/dir/a")
    put(virtual, "v/dir/b")

    children = virtual.get("api/storage/v/dir").json["children"]
    assert [child["uri"] for child in children] == ["/a", "/b"]
    assert virtual.get("g/dir/b").body == b"some bytes"


@pytest.mark.parametrize("hard", [False, True])
def test_member_that_fails(virtual: Artifactory, upstream: Upstream, *, hard: bool) -> None:
    """The others answer, unless ``hardFail`` is set; nobody is told that there is no such file."""
    put(virtual, "g/here")
    virtual.request("POST", "api/repositories/r", user=ADMIN, body={"hardFail": hard})
    upstream.put("/s/a", "s")
    upstream.put("/r/a", "", status=500)

    assert virtual.get("v/here").status_code == 200
    assert virtual.get("v/a").status_code == (502 if hard else 200)
    assert virtual.get("v/nowhere").status_code == 502


def test_virtual_without_a_target_takes_no_deployments(virtual: Artifactory) -> None:
    virtual.create("w", "virtual", packageType="generic", repositories=["v"])

    assert put(virtual, "w/a").status_code == 405
    put(virtual, "v/a")
    assert virtual.get("w/a").body == b"some bytes"


# devpi's own routes


def test_devpi_takes_and_shows_no_packages(local: Artifactory) -> None:
    local.upload_wheel("l", "demo", "1.0")
    uploaded = local.upload("g", NAME, WHEEL, path="/repo/g/")
    pushed = local.request(
        "POST",
        "/repo/l",
        user=ADMIN,
        body={"name": "demo", "version": "1.0", "targetindex": "repo/g"},
    )

    for answer in (uploaded, pushed):
        assert answer.status_code == 400
        assert "is of package type generic" in answer.text
    for user in (None, local.create_user("bob")):
        assert local.upload("g", NAME, WHEEL, path="/repo/g/", user=user).status_code in {401, 403}
    for path in ("demo", "demo/1.0", "+simple/demo"):
        assert local.get(f"/repo/g/{path}", headers=NATIVE).status_code == 404
    assert local.get("api/storage/g").json["children"] == []


def test_devpi_does_not_resolve_by_way_of_it(virtual: Artifactory, upstream: Upstream) -> None:
    """An index that inherits from a generic one shows its own packages; no upstream is asked."""
    upstream.put_project("demo", {NAME: WHEEL})
    made = virtual.request(
        "PUT", "/root/dev", user=ADMIN, body={"bases": "repo/g,repo/r", "artifactory_key": "dev"}
    )
    assert made.status_code == 200, made.text

    assert virtual.get("/root/dev/+simple/demo/").status_code == 404
    assert virtual.get("/repo/r/+simple/demo/").status_code == 404
    assert virtual.get("/repo/v/+simple/demo/").status_code == 404
    assert virtual.get("/repo/r/+simple/").status_code == 200
    assert virtual.get("api/pypi/dev/simple/demo/").status_code == 404
    assert upstream.asked == []


def make(app: Artifactory, index: str, **options: object) -> Any:
    return app.request("PUT", f"/{index}", user=ADMIN, body=options)


def test_index_of_devpi_is_generic_when_its_option_says_so(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    upstream.put("/pub/a", "a")
    made = make(
        artifactory,
        "root/files",
        type="mirror",
        mirror_url=f"{upstream.url}/pub",
        artifactory_key="files",
        artifactory_package_type="Generic",
    )
    assert made.status_code == 200, made.text

    shown = artifactory.get("api/repositories/files", user=ADMIN).json
    assert (shown["packageType"], shown["url"]) == ("generic", f"{upstream.url}/pub")
    assert artifactory.get("files/a").text == "a"
    assert artifactory.get("/root/files/+simple/").status_code == 200
    assert upstream.paths == ["/pub/a"]


def test_urls_follow_each_other(artifactory: Artifactory) -> None:
    artifactory.create("r", "remote", packageType="generic", url="http://a.example/x")

    def mirror_url() -> str:
        return str(
            artifactory.get("/repo/r?no_projects=", headers=NATIVE).json["result"]["mirror_url"]
        )

    assert mirror_url() == "http://a.example/x/"
    artifactory.patch_index("repo/r", "artifactory_url=http://b.example")
    assert mirror_url() == "http://b.example/"
    artifactory.patch_index("repo/r", "mirror_url=http://c.example/y")
    assert artifactory.get("api/repositories/r").json["url"] == "http://c.example/y"


@pytest.mark.parametrize(
    ("index", "change", "reason"),
    [
        ("repo/g", "artifactory_package_type=pypi", "cannot change"),
        ("repo/g", "artifactory_package_type-=", "cannot change"),
        ("repo/l", "artifactory_package_type=generic", "cannot change"),
        ("repo/l", "artifactory_package_type=npm", "'pypi' and 'generic' only"),
        ("repo/g", "bases=repo/l", "has no bases"),
        ("root/own", "artifactory_package_type=generic", "has projects"),
    ],
)
def test_devpi_changes_it_by_the_same_rules(
    local: Artifactory, index: str, change: str, reason: str
) -> None:
    make(local, "root/own", type="stage")
    local.upload("own", NAME, WHEEL, path="/root/own/")

    answer = local.patch_index(index, change)

    assert answer.status_code == 400
    assert reason in answer.json["message"]


def test_index_without_a_key_may_become_generic(artifactory: Artifactory) -> None:
    make(artifactory, "root/own", type="stage")

    changed = artifactory.patch_index(
        "root/own", "artifactory_package_type=generic", "artifactory_key=own"
    )

    assert changed.status_code == 200, changed.text
    assert artifactory.get("api/repositories/own").json["packageType"] == "generic"
