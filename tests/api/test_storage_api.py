"""What the storage API says of files and folders, and how properties are set."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
import pytest
import re


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
PATH = f"demo/1.0/{NAME}"
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    artifactory.upload("l", NAME, WHEEL)
    return artifactory


def properties_of(app: Artifactory, path: str) -> dict[str, list[str]]:
    answer = app.get(f"api/storage/{path}?properties")
    if answer.status_code == 404:
        assert "No properties could be found" in message_of(answer)
        return {}
    assert answer.content_type == (
        "application/vnd.org.jfrog.artifactory.storage.ItemProperties+json"
    )
    found: dict[str, list[str]] = answer.json["properties"]
    return {key: values for key, values in found.items() if not key.startswith("pypi.")}


def change(app: Artifactory, method: str, path: str, **kw: Any) -> int:
    kw.setdefault("user", ADMIN)
    answer = app.request(method, path, **kw)
    if answer.status_code >= 400:
        errors_of(answer)
    else:
        assert answer.body == b""
    return int(answer.status_code)


def test_file_is_described(local: Artifactory) -> None:
    answer = local.get(f"api/storage/l/{PATH}")

    assert answer.content_type == "application/vnd.org.jfrog.artifactory.storage.FileInfo+json"
    shown = answer.json
    assert shown["repo"] == "l"
    assert shown["path"] == f"/{PATH}"
    assert shown["size"] == str(len(WHEEL))
    assert shown["downloadUri"] == f"http://localhost/artifactory/l/{PATH}"
    assert shown["uri"] == f"http://localhost/artifactory/api/storage/l/{PATH}"
    assert shown["createdBy"] == shown["modifiedBy"] == "root"
    assert set(shown["checksums"]) == {"md5", "sha1", "sha256"}
    for name in ("created", "lastModified", "lastUpdated"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown[name])


@pytest.mark.parametrize(
    ("path", "children"),
    [("", ["/demo"]), ("/demo", ["/1.0"]), ("/demo/1.0/", [f"/{NAME}"])],
)
def test_folder_lists_its_children(local: Artifactory, path: str, children: list[str]) -> None:
    answer = local.get(f"api/storage/l{path}")

    assert answer.content_type == "application/vnd.org.jfrog.artifactory.storage.FolderInfo+json"
    shown = answer.json
    assert [child["uri"] for child in shown["children"]] == children
    assert "size" not in shown
    assert shown["uri"].endswith(f"/api/storage/l{path.rstrip('/')}")
    assert {"created", "lastModified", "lastUpdated", "createdBy", "modifiedBy"} <= set(shown)


def test_empty_repository_is_an_empty_folder(artifactory: Artifactory) -> None:
    artifactory.create("e")

    shown = artifactory.get("api/storage/e").json
    assert shown["children"] == []
    assert shown["path"] == "/"


def test_what_is_not_there_is_404_that_clients_understand(local: Artifactory) -> None:
    answer = local.get("api/storage/l/nope")

    assert answer.status_code == 404
    assert "File not found" in message_of(answer)
    assert local.get("api/storage/nope/x").status_code == 404


def test_several_kinds_at_once_are_refused(local: Artifactory) -> None:
    assert local.get("api/storage/l?properties&list").status_code in {400, 404}


def test_properties_are_set_and_others_stay(local: Artifactory) -> None:
    base = f"api/storage/l/{PATH}?properties="

    assert change(local, "PUT", f"{base}a=1,2;b=3") == 204
    assert change(local, "PUT", f"{base}b=4") == 204

    assert properties_of(local, f"l/{PATH}") == {"a": ["1", "2"], "b": ["4"]}
    shown = local.get(f"{base}a,nope").json["properties"]
    assert shown == {"a": ["1", "2"]}
    assert local.get(f"{base}nope").status_code == 404


def test_properties_are_deleted(local: Artifactory) -> None:
    base = f"api/storage/l/{PATH}?properties="
    change(local, "PUT", f"{base}a=1;b=2;c=3")

    assert change(local, "DELETE", f"{base}a,b,nope") == 204
    assert properties_of(local, f"l/{PATH}") == {"c": ["3"]}
    assert change(local, "DELETE", f"api/storage/l/{PATH}") == 400


@pytest.mark.parametrize("recursive", [None, "1", "0"])
def test_folders_pass_properties_on_unless_told_not_to(
    local: Artifactory, recursive: str | None
) -> None:
    suffix = "" if recursive is None else f"&recursive={recursive}"

    assert change(local, "PUT", f"api/storage/l/demo?properties=a=1{suffix}") == 204

    below = {} if recursive == "0" else {"a": ["1"]}
    assert properties_of(local, "l/demo") == {"a": ["1"]}
    assert properties_of(local, "l/demo/1.0") == below
    assert properties_of(local, f"l/{PATH}") == below
    assert properties_of(local, "l") == {}


def test_repository_itself_has_properties(local: Artifactory) -> None:
    local.create("e")

    for key in ("l", "e"):
        assert change(local, "PUT", f"api/storage/{key}?properties=a=1&recursive=0") == 204
        assert properties_of(local, key) == {"a": ["1"]}


def test_patch_sets_and_deletes(local: Artifactory) -> None:
    base = f"api/metadata/l/{PATH}"
    assert change(local, "PATCH", base, body={"props": {"a": "1", "b": ["2", "3"]}}) == 204
    assert change(local, "PATCH", base, body={"props": {"a": None, "c": ""}}) == 204

    assert properties_of(local, f"l/{PATH}") == {"b": ["2", "3"], "c": [""]}


@pytest.mark.parametrize("recursive", ["1", "0"])
def test_patch_is_recursive_when_told(local: Artifactory, recursive: str) -> None:
    url = f"api/metadata/l/demo?recursiveProperties={recursive}&atomicProperties=1"

    assert change(local, "PATCH", url, body={"props": {"a": "1"}}) == 204
    assert properties_of(local, f"l/{PATH}") == ({"a": ["1"]} if recursive == "1" else {})


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"props": 1}', b'{"props": {"a": 1}}', b'{"props": {"a b": "c"}}']
)
def test_patch_that_makes_no_sense_is_400(local: Artifactory, body: bytes) -> None:
    assert change(local, "PATCH", f"api/metadata/l/{PATH}", body=body) == 400


@pytest.mark.parametrize("query", ["", "properties=", "properties=a", "properties=a%2Fb=c"])
def test_set_that_makes_no_sense_is_400(local: Artifactory, query: str) -> None:
    assert change(local, "PUT", f"api/storage/l/{PATH}?{query}") == 400


def test_properties_of_what_is_not_there_are_404(local: Artifactory) -> None:
    assert change(local, "PUT", "api/storage/l/nope?properties=a=1") == 404
    assert change(local, "DELETE", "api/storage/l/nope?properties=a") == 404
    assert change(local, "PATCH", "api/metadata/l/nope", body={"props": {"a": "1"}}) == 404


def test_uploaders_annotate_and_others_do_not(local: Artifactory) -> None:
    bob, eve = local.create_user("bob"), local.create_user("eve")
    local.patch_index("repo/l", "acl_upload=bob")
    url = f"api/storage/l/{PATH}?properties=a=1"

    assert change(local, "PUT", url, user=eve) == 403
    assert change(local, "PUT", url, user=None) == 401
    assert change(local, "PUT", url, user=bob) == 204


def test_closed_repository_tells_strangers_nothing(local: Artifactory) -> None:
    local.patch_index("repo/l", "acl_read=root")

    for path in ("", f"/{PATH}", "/nope", f"/{PATH}?properties"):
        assert local.get(f"api/storage/l{path}").status_code == 401


def test_yanked_property_yanks_the_file_and_deleting_it_takes_that_back(
    local: Artifactory,
) -> None:
    def yanked() -> object:
        page = local.get("api/pypi/l/simple/demo/", headers=JSON).json
        return page["files"][0].get("yanked")

    url = f"api/storage/l/{PATH}?properties=pypi.yanked"
    assert yanked() in {None, False}

    change(local, "PUT", f"{url}=broken+on+Windows")
    assert yanked() == "broken on Windows"
    assert 'data-yanked="broken on Windows"' in local.get("api/pypi/l/simple/demo/").text
    change(local, "PUT", f"{url}=")
    assert yanked() is True
    change(local, "PUT", f"{url}=true")
    assert yanked() is True
    change(local, "DELETE", url)
    assert yanked() in {None, False}


@pytest.fixture
def cached(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    upstream.put_project("demo", {NAME: WHEEL})
    artifactory.create_remote("r", upstream.url)
    page = artifactory.get("api/pypi/r/simple/demo/", headers=JSON).json
    artifactory.get(
        f"api/pypi/r/simple/demo/{page['files'][0]['url']}".replace("simple/demo/../../", "")
    )
    return artifactory


def cached_path(app: Artifactory) -> str:
    path = ""
    while True:
        shown = app.get(f"api/storage/r-cache{path}").json
        if "children" not in shown:
            return path.strip("/")
        (child,) = shown["children"]
        path += child["uri"]


def test_cache_of_a_remote_is_listed_and_described(cached: Artifactory) -> None:
    path = cached_path(cached)

    shown = cached.get(f"api/storage/r-cache/{path}").json
    assert shown["repo"] == "r-cache"
    assert shown["remoteUrl"].endswith(f"/{path.removeprefix('packages/')}")
    assert cached.get(f"api/storage/r/{path}").json["repo"] == "r-cache"
    properties = cached.get(f"api/storage/r-cache/{path}?properties").json["properties"]
    assert properties["pypi.name"] == ["demo"]


def test_properties_of_a_remote_are_set_in_its_cache(cached: Artifactory) -> None:
    path = cached_path(cached)

    assert change(cached, "PUT", f"api/storage/r/{path}?properties=a=1") == 405
    assert change(cached, "PUT", f"api/storage/r-cache/{path}?properties=pypi.yanked=bad") == 204
    page = cached.get("api/pypi/r/simple/demo/", headers=JSON).json
    assert page["files"][0]["yanked"] == "bad"


def test_virtual_shows_the_union(cached: Artifactory) -> None:
    cached.create("l")
    cached.upload_wheel("l", "other", "1.0")
    cached.create("v", "virtual", repositories=["l", "r"])

    shown = cached.get("api/storage/v").json
    assert [child["uri"] for child in shown["children"]] == ["/other", "/packages"]
    assert shown["repo"] == "v"
    assert cached.get(f"api/storage/v/{cached_path(cached)}").json["repo"] == "r-cache"
    assert change(cached, "PUT", "api/storage/v/other?properties=a=1") == 405
