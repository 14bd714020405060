"""``?list``, ``?lastModified`` and ``?permissions`` of the storage API."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
import hashlib
import pytest


LIST = "application/vnd.org.jfrog.artifactory.storage.FileList+json"


def put(app: Artifactory, path: str, body: bytes = b"x") -> None:
    assert app.request("PUT", path, user=ADMIN, body=body).status_code == 201, path


@pytest.fixture
def tree(artifactory: Artifactory) -> Artifactory:
    """``l``: top.txt, a/one.txt, a/b/two.txt, a/b/c/three.txt, and the empty folder ``e``."""
    artifactory.create("l")
    for path in ("top.txt", "a/one.txt", "a/b/two.txt", "a/b/c/three.txt"):
        put(artifactory, f"l/{path}", path.encode())
    put(artifactory, "l/e/", b"")
    return artifactory


def uris(app: Artifactory, path: str, query: str) -> list[str]:
    answer = app.get(f"api/storage/{path}?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.content_type == LIST
    return [entry["uri"] for entry in answer.json["files"]]


def test_list_shows_the_files_of_a_folder(tree: Artifactory) -> None:
    answer = tree.get("api/storage/l/a?list").json

    assert answer["uri"] == "http://localhost/artifactory/api/storage/l/a"
    assert answer["created"].endswith("Z")
    (file,) = answer["files"]
    body = b"a/one.txt"
    assert file["uri"] == "/one.txt"
    assert file["size"] == len(body)
    assert file["folder"] is False
    assert file["sha1"] == hashlib.sha1(body).hexdigest()
    assert file["sha2"] == hashlib.sha256(body).hexdigest()
    assert file["lastModified"].endswith("Z")
    assert "mdTimestamps" not in file


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("list", ["/one.txt"]),
        ("list=true", ["/one.txt"]),
        ("list&deep=0&depth=7", ["/one.txt"]),
        ("list&listFolders=1", ["/b", "/one.txt"]),
        ("list&deep=1", ["/b/c/three.txt", "/b/two.txt", "/one.txt"]),
        ("list&deep=1&depth=2", ["/b/two.txt", "/one.txt"]),
        ("list&deep=1&depth=0", ["/b/c/three.txt", "/b/two.txt", "/one.txt"]),
        (
            "list&deep=1&listFolders=1&includeRootPath=1",
            ["/", "/b", "/b/c", "/b/c/three.txt", "/b/two.txt", "/one.txt"],
        ),
    ],
)
def test_list_options(tree: Artifactory, query: str, expected: list[str]) -> None:
    assert uris(tree, "l/a", query) == expected


def test_list_of_the_root(tree: Artifactory) -> None:
    expected = ["/a/b/c/three.txt", "/a/b/two.txt", "/a/one.txt", "/top.txt"]
    assert uris(tree, "l", "list&deep=1") == expected
    assert uris(tree, "l/e", "list&deep=1&listFolders=1") == []


def test_folders_have_a_size_of_minus_one_and_no_checksums(tree: Artifactory) -> None:
    files = tree.get("api/storage/l/a?list&listFolders=1").json["files"]

    (folder,) = [file for file in files if file["folder"]]
    assert folder["size"] == -1
    assert folder["folder"] is True
    assert not {"sha1", "sha2"} & set(folder)


def test_timestamps_of_properties_are_shown_when_asked_for(tree: Artifactory) -> None:
    tree.request("PUT", "api/storage/l/top.txt?properties=k=v", user=ADMIN)

    files = tree.get("api/storage/l?list&mdTimestamps=1&listFolders=1").json["files"]
    stamped = [file["uri"] for file in files if "mdTimestamps" in file]
    assert stamped == ["/top.txt"]
    (file,) = [file for file in files if file["uri"] == "/top.txt"]
    assert file["mdTimestamps"] == {"properties": file["lastModified"]}


@pytest.mark.parametrize(
    "query",
    ["list&deep=2", "list&deep=1&depth=x", "list&deep=1&depth=-1", "list&deep=1&depth=12345678"],
)
def test_options_that_make_no_sense_are_refused(tree: Artifactory, query: str) -> None:
    answer = tree.get(f"api/storage/l?{query}")

    assert answer.status_code == 400
    errors_of(answer)


def test_list_of_a_file_is_refused(tree: Artifactory) -> None:
    answer = tree.get("api/storage/l/top.txt?list")

    assert answer.status_code == 400
    assert message_of(answer) == "Expected a folder but found a file, at: l:top.txt"
    assert tree.get("api/storage/l/nope?list").status_code == 404


@pytest.mark.parametrize("other", ["stats", "lastModified", "properties", "permissions"])
def test_kinds_exclude_each_other(tree: Artifactory, other: str) -> None:
    assert tree.get(f"api/storage/l?list&deep=1&{other}").status_code == 400


def test_paths_deeper_than_functions_call_each_other(artifactory: Artifactory) -> None:
    artifactory.create("l")
    path = "/".join("a" * 500)
    put(artifactory, f"l/{path}")

    assert uris(artifactory, "l", "list&deep=1") == [f"/{path}"]
    assert artifactory.get("api/storage/l?lastModified").json["uri"].endswith(path)


def test_list_of_a_cache_and_of_a_virtual(artifactory: Artifactory, upstream: Upstream) -> None:
    wheel = make_wheel("demo", "1.0")
    upstream.put_project("demo", {wheel_filename("demo", "1.0"): wheel})
    artifactory.create("l")
    put(artifactory, "l/packages/own.txt")
    artifactory.create_remote("r", upstream.url)
    artifactory.create("v", "virtual", repositories=["l", "r"])
    page = artifactory.get(
        "api/pypi/r/simple/demo/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    ).json
    url = page["files"][0]["url"].split("#")[0].removeprefix("../../")
    assert uris(artifactory, "r", "list&deep=1") == []
    assert artifactory.get(f"api/pypi/r/{url}").status_code == 200

    cached = [f"/{url}"]
    assert uris(artifactory, "r-cache", "list&deep=1") == cached
    assert uris(artifactory, "r", "list&deep=1") == cached
    assert uris(artifactory, "v", "list&deep=1") == sorted([*cached, "/packages/own.txt"])
    assert "/packages" in uris(artifactory, "v", "list&listFolders=1")


def test_virtual_without_members_is_an_empty_folder(artifactory: Artifactory) -> None:
    artifactory.create("v", "virtual", repositories=[])

    assert artifactory.get("api/storage/v").json["children"] == []
    assert uris(artifactory, "v", "list&deep=1") == []


def test_lists_need_the_right_to_read(tree: Artifactory) -> None:
    stranger = tree.create_user("stranger")
    tree.patch_index("repo/l", "acl_read=root")

    for query in ("list", "stats", "lastModified"):
        assert tree.get(f"api/storage/l/top.txt?{query}").status_code == 401
        assert tree.get(f"api/storage/l/top.txt?{query}", user=stranger).status_code == 403
    assert tree.get("api/storage/l?list", user=ADMIN).status_code == 200


def test_list_is_compressed_for_who_takes_it(tree: Artifactory) -> None:
    headers, body = tree.get_packed("api/storage/l?list&deep=1")

    assert headers["Content-Encoding"] == "gzip"
    assert headers["Vary"] == "Accept-Encoding"
    assert int(headers["Content-Length"]) == len(body)


def test_last_modified_is_that_of_the_newest_file_below(tree: Artifactory) -> None:
    put(tree, "l/a/b/last.txt")

    for path in ("l", "l/a", "l/a/b"):
        shown = tree.get(f"api/storage/{path}?lastModified")
        assert shown.content_type.endswith("storage.ItemLastModified+json")
        assert shown.json["uri"].endswith("/artifactory/api/storage/l/a/b/last.txt")
    info = tree.get("api/storage/l/a/b/last.txt").json
    assert shown.json["lastModified"] == info["lastModified"]


def test_last_modified_of_a_file_and_of_an_empty_folder_is_their_own(tree: Artifactory) -> None:
    for path in ("l/top.txt", "l/e"):
        shown = tree.get(f"api/storage/{path}?lastModified").json
        info = tree.get(f"api/storage/{path}").json
        assert shown == {"uri": info["uri"], "lastModified": info["lastModified"]}


def principals(app: Artifactory, path: str, **kw: Any) -> dict[str, dict[str, str]]:
    kw.setdefault("user", ADMIN)
    answer = app.get(f"api/storage/{path}?permissions", **kw)
    assert answer.status_code == 200, answer.text
    assert answer.json["uri"].endswith(f"/api/storage/{path}")
    shown = answer.json["principals"]
    return {kind: {n: "".join(ls) for n, ls in names.items()} for kind, names in shown.items()}


def test_permissions_are_those_of_devpi(tree: Artifactory) -> None:
    tree.patch_index("repo/l", "acl_upload=root,ci,:makers", "acl_read=:AUTHENTICATED:,:makers,ann")

    assert principals(tree, "l/top.txt") == {
        "users": {"root": "mdwnr", "repo": "mdnr", "ci": "wn", "ann": "r"},
        "groups": {"makers": "wnr", "readers": "r"},
    }


def test_permissions_say_what_everybody_may(tree: Artifactory, upstream: Upstream) -> None:
    tree.create_remote("r", upstream.url)
    tree.create("v", "virtual", repositories=["l", "r"], defaultDeploymentRepo="l")

    assert principals(tree, "l")["users"]["anonymous"] == "r"
    assert principals(tree, "r-cache")["users"] == {
        "root": "mdnr",
        "repo": "mdnr",
        "anonymous": "r",
    }
    assert principals(tree, "v")["users"]["root"] == "mwr"


def test_permissions_are_for_administrators_and_owners(tree: Artifactory) -> None:
    assert tree.get("api/storage/l?permissions").status_code == 401
    stranger = tree.create_user("stranger")
    assert tree.get("api/storage/l?permissions", user=stranger).status_code == 403
    assert tree.get("api/storage/l/nope?permissions", user=ADMIN).status_code == 404
