"""Copying and moving artifacts and folders, within a repository and between two."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
import pytest


WHEEL = make_wheel("demo", "1.0", summary="A demo", requires_python=">=3.8")
NAME = wheel_filename("demo", "1.0")
NAMED = ";pypi.name=demo;pypi.version=1.0"
RESULT = "application/vnd.org.jfrog.artifactory.storage.CopyOrMoveResult+json"


@pytest.fixture
def app(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    artifactory.create("m")
    return artifactory


def levels(answer: Any) -> list[str]:
    return [message["level"] for message in answer.json["messages"]]


def texts(answer: Any) -> list[str]:
    return [message["message"] for message in answer.json["messages"]]


# where things land


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_file_is_brought_to_a_path(app: Artifactory, verb: str) -> None:
    app.put("l/a/b.bin;team=blue")

    answer = app.post(f"api/{verb}/l/a/b.bin?to=/m/x/y.bin")

    assert answer.status_code == 200
    assert answer.content_type == RESULT
    done = "copied" if verb == "copy" else "moved"
    doing = "copying" if verb == "copy" else "moving"
    assert answer.json == {
        "messages": [
            {
                "level": "INFO",
                "message": f"{doing} l:a/b.bin to m:x/y.bin completed successfully, "
                f"1 artifacts and 0 folders were {done}",
            }
        ]
    }
    assert app.get("m/x/y.bin").body == b"some bytes"
    assert app.properties("m/x/y.bin") == {"team": ["blue"]}
    assert app.get("l/a/b.bin").status_code == (200 if verb == "copy" else 404)
    assert app.children("l") == ["a/"]


@pytest.mark.parametrize(
    ("to", "lands"),
    [
        ("/m/there", "m/there/b.bin"),
        ("m/there", "m/there/b.bin"),
        ("m%2Fthere", "m/there/b.bin"),
        ("/m/there/", "m/there/b.bin"),
        ("/m/new/", "m/new/b.bin"),
        ("/m/new", "m/new"),
        ("/m", "m/b.bin"),
        ("m/", "m/b.bin"),
        ("/m/a%20b%2Bc.bin", "m/a%20b+c.bin"),
    ],
)
def test_file_lands_in_a_folder_under_its_own_name(app: Artifactory, to: str, lands: str) -> None:
    app.put("l/a/b.bin")
    app.put("m/there/", b"")

    assert app.post(f"api/copy/l/a/b.bin?to={to}").status_code == 200
    assert app.get(lands).status_code == 200


def test_folder_nests_in_one_that_is_there(app: Artifactory) -> None:
    app.put("l/a/b.bin")
    app.put("m/there/", b"")

    assert app.post("api/copy/l/a?to=/m/there").status_code == 200
    assert app.post("api/copy/l/a?to=/m/new").status_code == 200
    assert app.post("api/copy/l/a?to=/m").status_code == 200

    assert app.children("m/there") == ["a/"]
    assert app.children("m/there/a") == app.children("m/new") == app.children("m/a") == ["b.bin"]


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_folder_goes_with_all_below_it_and_what_is_said_of_it(app: Artifactory, verb: str) -> None:
    app.put("l/a/b/;level=2", b"")
    app.put("l/a/b/c.bin;level=3")
    app.put("l/a/empty/", b"")
    app.put("m/x/b/;level=0;other=1", b"")

    answer = app.post(f"api/{verb}/l/a/b/?to=/m/x")

    assert answer.status_code == 200
    assert app.properties("m/x/b") == {"level": ["2"], "other": ["1"]}
    assert app.properties("m/x/b/c.bin") == {"level": ["3"]}
    left = ["b/", "empty/"] if verb == "copy" else ["empty/"]
    assert app.children("l/a") == left


def test_whole_repository_is_copied(app: Artifactory) -> None:
    app.put("l/a/b.bin")
    app.put("l/c.bin")

    answer = app.post("api/copy/l?to=/m/backup")

    assert answer.status_code == 200
    assert "2 artifacts and 2 folders were copied" in texts(answer)[0]
    assert app.children("m/backup") == ["a/", "c.bin"]


def test_virtual_target_is_its_default_deployment_repository(app: Artifactory) -> None:
    app.create("v", "virtual", repositories=["l", "m"], defaultDeploymentRepo="m")
    app.put("l/there/a.bin")

    assert app.post("api/copy/l/there/a.bin?to=/v/there").status_code == 200
    # the folder is there in the union, and not where the file goes
    assert app.get("m/there").status_code == 200


# distributions


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_distribution_is_resolved_at_its_destination(app: Artifactory, verb: str) -> None:
    app.upload(
        "l",
        NAME,
        WHEEL,
        fields=[("keywords", "one,two"), ("home_page", "https://demo.example")],
        files=[("gpg_signature", f"{NAME}.asc", b"-----BEGIN PGP SIGNATURE-----")],
    )
    app.request("PUT", f"api/storage/l/demo/1.0/{NAME}?properties=team=blue", user=ADMIN)
    before = app.properties(f"l/demo/1.0/{NAME}")

    assert app.post(f"api/{verb}/l/demo/1.0/{NAME}?to=/m/other/{NAME}").status_code == 200

    assert app.resolved("demo", "m") == {NAME: f"../../other/{NAME}"}
    assert app.devpi_links("repo/m", "demo") == [NAME]
    assert app.get(f"m/other/{NAME}").body == WHEEL
    assert app.get(f"m/other/{NAME}.metadata").status_code == 200
    assert app.get(f"m/other/{NAME}.asc").body == b"-----BEGIN PGP SIGNATURE-----"
    assert app.properties(f"m/other/{NAME}") == before
    info = app.get("api/pypi/m/pypi/demo/1.0/json").json["info"]
    assert info["home_page"] == "https://demo.example"
    assert info["summary"] == "A demo"
    assert list(app.resolved("demo", "l")) == ([NAME] if verb == "copy" else [])
    assert app.devpi_links("repo/l", "demo") == ([NAME] if verb == "copy" else [])


def test_move_within_a_repository_changes_only_the_path(app: Artifactory) -> None:
    app.upload(
        "l", NAME, WHEEL, files=[("gpg_signature", f"{NAME}.asc", b"-----BEGIN PGP SIGNATURE-----")]
    )
    links = app.get("/repo/l/+simple/demo/").text
    before = app.get(f"api/storage/l/demo/1.0/{NAME}").json

    assert app.post("api/move/l/demo?to=/l/moved/here").status_code == 200

    after = app.get(f"api/storage/l/moved/here/1.0/{NAME}").json
    for name in ("created", "createdBy", "lastModified", "modifiedBy", "checksums"):
        assert after[name] == before[name]
    assert app.resolved("demo", "l") == {NAME: f"../../moved/here/1.0/{NAME}"}
    assert app.get(f"api/pypi/l/moved/here/1.0/{NAME}").body == WHEEL
    assert app.get(f"l/moved/here/1.0/{NAME}.metadata").status_code == 200
    assert app.get(f"l/moved/here/1.0/{NAME}.asc").status_code == 200
    assert app.get("/repo/l/+simple/demo/").text == links
    assert app.children("l") == ["moved/"]
    assert app.delete("l/moved").status_code == 204
    assert app.devpi_links("repo/l", "demo") == []


def test_move_keeps_who_and_when_and_a_copy_begins_anew(app: Artifactory) -> None:
    bob = app.create_user("bob")
    app.patch_index("repo/l", "acl_upload=bob")
    app.put(f"l/x/{NAME}{NAMED}", WHEEL, user=bob)
    app.put("l/x/plain.bin", user=bob)
    before = {name: app.get(f"api/storage/l/x/{name}").json for name in (NAME, "plain.bin")}

    app.post("api/copy/l/x?to=/m/copied")
    app.post("api/move/l/x?to=/m/moved")

    for name, shown in before.items():
        moved = app.get(f"api/storage/m/moved/{name}").json
        copied = app.get(f"api/storage/m/copied/{name}").json
        assert moved["created"] == shown["created"]
        assert moved["createdBy"] == moved["modifiedBy"] == "bob"
        assert copied["createdBy"] == copied["modifiedBy"] == "root"


@pytest.mark.parametrize("target", ["l", "m"])
def test_downloads_are_counted_on_after_a_move(app: Artifactory, target: str) -> None:
    """Who cleans up what nobody downloads must not take it for that."""
    app.put("l/a.bin")
    app.get("l/a.bin")

    app.post(f"api/copy/l/a.bin?to=/{target}/copied.bin")
    app.post(f"api/move/l/a.bin?to=/{target}/x/a.bin")

    assert app.get(f"api/storage/{target}/x/a.bin?stats").json["downloadCount"] == 1
    assert app.get(f"api/storage/{target}/copied.bin?stats").json["downloadCount"] == 0


def test_copy_within_a_repository_is_resolved_once(app: Artifactory) -> None:
    app.put(f"l/a/{NAME}{NAMED}", WHEEL)

    assert app.post("api/copy/l/a?to=/l/b").status_code == 200

    assert app.resolved("demo", "l") == {NAME: f"../../a/{NAME}"}
    assert app.get(f"l/b/{NAME}").body == WHEEL
    (reason,) = app.properties(f"l/b/{NAME}")["pypi.indexing.error"]
    assert reason == f"'{NAME}' is already resolved from 'a/{NAME}'."
    # the copy goes on without its source
    app.delete("l/a")
    assert app.get(f"l/b/{NAME}").body == WHEEL


@pytest.mark.parametrize("target", ["l", "m"])
def test_renamed_distribution_waits_to_be_looked_at(app: Artifactory, target: str) -> None:
    app.put(f"l/a/{NAME}{NAMED};team=blue", WHEEL)
    other = "demo-1.0-1-py3-none-any.whl"

    assert app.post(f"api/move/l/a/{NAME}?to=/{target}/b/{other}").status_code == 200

    assert app.resolved("demo", "l") == app.resolved("demo", "m") == {}
    assert app.devpi_links("repo/l", "demo") == []
    assert app.get(f"{target}/b/{other}").body == WHEEL
    assert app.properties(f"{target}/b/{other}") == {"team": ["blue"]}
    assert waiting(app, target) == [f"b/{other}"]


@pytest.mark.parametrize("verb", ["copy", "move"])
@pytest.mark.parametrize("target", ["l", "m"])
def test_waiting_file_waits_on_at_its_destination(app: Artifactory, verb: str, target: str) -> None:
    app.put(f"l/a/{NAME}", WHEEL)

    assert app.post(f"api/{verb}/l/a/{NAME}?to=/{target}/b/{NAME}").status_code == 200

    assert f"b/{NAME}" in waiting(app, target)
    assert (f"a/{NAME}" in waiting(app, "l")) is (verb == "copy")


def waiting(app: Artifactory, key: str) -> list[str]:
    with app.xom.keyfs.read_transaction():
        files = app.xom.keyfs.ARTIFACTORY_WAITING(user="repo", index=key).get()
        return list(files.get("paths", {}))


@pytest.fixture
def cached(app: Artifactory, upstream: Upstream) -> str:
    """The path of one of two files that a remote has cached."""
    app.create_remote("r", upstream.url)
    upstream.put_project("demo", {NAME: WHEEL, "demo-2.0.tar.gz": make_sdist("demo", "2.0")})
    paths = {name: url.removeprefix("../../") for name, url in app.resolved("demo", "r").items()}
    for path in paths.values():
        assert app.get(f"api/pypi/r/{path}").status_code == 200
    return paths[NAME]


def test_cached_distributions_are_copied_and_resolved(app: Artifactory, cached: str) -> None:
    answer = app.post("api/copy/r-cache/packages?to=/l")

    assert answer.status_code == 200
    assert sorted(app.resolved("demo", "l")) == [NAME, "demo-2.0.tar.gz"]
    assert sorted(app.devpi_links("repo/l", "demo")) == [NAME, "demo-2.0.tar.gz"]
    assert app.get("api/pypi/l/pypi/demo/1.0/json").json["info"]["summary"] == "A demo"
    path = app.resolved("demo", "l")[NAME].removeprefix("../../")
    assert app.get(f"l/{path}").body == WHEEL
    assert app.get(f"l/{path}.metadata").status_code == 200
    # both stand for themselves
    app.delete("r-cache/packages")
    assert app.get(f"l/{path}").body == WHEEL


def test_remote_itself_is_read_from_its_cache(app: Artifactory, cached: str) -> None:
    assert app.post(f"api/copy/r/{cached}?to=/l/demo/{NAME}").status_code == 200
    assert app.get(f"l/demo/{NAME}").body == WHEEL


def test_cache_is_not_moved_from(app: Artifactory, cached: str) -> None:
    answer = app.post(f"api/move/r-cache/{cached}?to=/l/demo/{NAME}")

    assert answer.status_code == 400
    assert message_of(answer) == "What 'r-cache' has is copied, not moved."


def test_files_are_linked_and_not_copied(app: Artifactory) -> None:
    app.upload_wheel("l", "demo", "1.0")
    app.put("l/plain.bin")

    app.post("api/copy/l/demo?to=/m")
    app.post("api/copy/l/plain.bin?to=/m")

    files = app.xom.config.server_path / "+files"
    for name in (NAME, "plain.bin"):
        one, other = files.rglob(name)
        assert one.stat().st_ino == other.stat().st_ino


# what stands in the way


@pytest.mark.parametrize("dry", ["", "&dry=1"])
def test_other_content_needs_the_right_to_overwrite(app: Artifactory, dry: str) -> None:
    bob = app.create_user("bob")
    app.patch_index("repo/m", "acl_upload=bob")
    app.put("l/a/b.bin")
    app.put("l/a/c.bin")
    app.put("m/a/c.bin", b"other")

    answer = app.post(f"api/copy/l/a?to=/m{dry}", user=bob)

    assert answer.status_code == 409
    assert levels(answer) == ["ERROR"]
    (text,) = texts(answer)
    assert text == (
        "Failed to copy l:a/c.bin to m:a/c.bin: File already exists with other content. Not "
        "enough permissions to delete/overwrite artifact 'm:a/c.bin' (user: 'bob' needs DELETE "
        "permission)."
    )
    assert answer.json["errors"] == [{"status": 409, "message": text}]
    # all or nothing
    assert app.children("m/a") == ["c.bin"]
    assert app.get("m/a/c.bin").body == b"other"


@pytest.mark.parametrize("target", ["l", "m"])
def test_who_may_delete_overwrites(app: Artifactory, target: str) -> None:
    app.put("l/a.bin;from=a")
    app.put(f"{target}/b.bin;from=b", b"other")

    assert app.post(f"api/move/l/a.bin?to=/{target}/b.bin").status_code == 200

    assert app.get(f"{target}/b.bin").body == b"some bytes"
    assert app.properties(f"{target}/b.bin") == {"from": ["a"]}


@pytest.mark.parametrize("target", ["l", "m"])
def test_same_content_at_the_destination_is_no_obstacle(app: Artifactory, target: str) -> None:
    app.put("l/a.bin;one=1")
    app.put(f"{target}/b.bin;two=2")

    assert app.post(f"api/move/l/a.bin?to=/{target}/b.bin").status_code == 200
    assert app.properties(f"{target}/b.bin") == {"one": ["1"], "two": ["2"]}
    assert app.get("l/a.bin").status_code == 404


def test_all_obstacles_are_told_or_only_the_first(app: Artifactory) -> None:
    app.patch_index("repo/m", "volatile=False")
    for name in ("a", "b", "c"):
        app.put(f"l/x/{name}")
        app.put(f"m/x/{name}", name.encode())

    assert len(texts(app.post("api/copy/l/x?to=/m"))) == 3
    assert len(texts(app.post("api/copy/l/x?to=/m&failFast=1"))) == 1


def test_file_and_folder_of_one_path_are_409(app: Artifactory) -> None:
    app.put("l/x/a/b.bin")
    app.put("m/x/a")
    app.put("l/file")
    app.put("m/y/file/", b"")

    assert "'m:x/a' is a file" in texts(app.post("api/copy/l/x?to=/m"))[0]
    assert app.post("api/copy/l/file?to=/m/x/a/b").status_code == 409
    assert app.post("api/copy/l/file?to=/m/y").status_code == 409
    assert app.children("m/x") == ["a"]


def test_patterns_of_the_destination_are_kept(app: Artifactory) -> None:
    app.create("n", includesPattern="ok/**")
    app.put("l/a.bin")

    answer = app.post("api/copy/l/a.bin?to=/n/a.bin")

    assert answer.status_code == 409
    assert "do not accept 'a.bin'" in texts(answer)[0]
    assert app.post("api/copy/l/a.bin?to=/n/ok/a.bin").status_code == 200


@pytest.mark.parametrize("dry", ["", "&dry=1"])
@pytest.mark.parametrize("verb", ["copy", "move"])
def test_layout_of_the_destination_is_enforced(app: Artifactory, verb: str, dry: str) -> None:
    app.put(f"l/x/{NAME}{NAMED}", WHEEL)
    for key in ("l", "m"):
        app.patch_index(f"repo/{key}", "artifactory_enforce_layout=True")

    for key in ("l", "m"):
        answer = app.post(f"api/{verb}/l/x/{NAME}?to=/{key}/other/1.0/{NAME}{dry}")
        assert answer.status_code == 409
        assert "Enforce Layout policy" in texts(answer)[0]
    assert app.post(f"api/{verb}/l/x/{NAME}?to=/m/demo/1.0/{NAME}{dry}").status_code == 200


def test_generic_repository_resolves_nothing_that_comes_to_it(app: Artifactory) -> None:
    app.create("g", packageType="generic")
    app.put(f"l/a/{NAME}{NAMED}", WHEEL)
    app.put(f"l/b/{NAME}", WHEEL)

    answer = app.post("api/copy/l?to=/g")
    assert answer.status_code == 200, answer.text
    assert app.devpi_links("repo/g", "demo") == []
    assert waiting(app, "g") == []
    # and what it holds is looked into where packages are
    assert app.post(f"api/move/g/a/{NAME}?to=/m/a/{NAME}").status_code == 200
    assert waiting(app, "m") == [f"a/{NAME}"]


def test_path_that_becomes_too_long_is_refused(app: Artifactory) -> None:
    app.put(f"l/x/{'a/' * 300}b.bin")

    answer = app.post(f"api/copy/l/x?to=/m/{'b/' * 300}c")

    assert answer.status_code == 409
    assert "longer than 1024 characters" in texts(answer)[0]


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_dry_run_says_what_would_be_and_changes_nothing(app: Artifactory, verb: str) -> None:
    app.put("l/a/b.bin")
    serial = app.xom.keyfs.get_current_serial()

    answer = app.post(f"api/{verb}/l/a?to=/m&dry=1")

    assert answer.status_code == 200
    assert texts(answer)[:2] == [
        f"Would {verb} folder l:a to m:a",
        f"Would {verb} artifact l:a/b.bin to m:a/b.bin",
    ]
    assert texts(answer)[2].startswith("Dry Run for ")
    assert app.xom.keyfs.get_current_serial() == serial


@pytest.mark.parametrize("verb", ["copy", "move"])
@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("a", "l/a"),
        ("a", "l"),
        ("a", "l/a/b"),
        ("a", "l/a/new/deep"),
        ("a/b.bin", "l/a/b.bin"),
        ("a/b.bin", "l/a"),
        ("", "l/x"),
        ("n/n", "l"),
    ],
)
def test_nothing_is_brought_within_or_onto_itself(
    app: Artifactory, verb: str, path: str, to: str
) -> None:
    app.put("l/a/b.bin")
    app.put("l/a/b/", b"")
    app.put("l/n/n/n/f.bin")

    answer = app.post(f"api/{verb}/l/{path}?to=/{to}")

    assert answer.status_code == 400
    assert message_of(answer)
    assert app.get("l/a/b.bin").status_code == 200
    assert app.get("l/n/n/n/f.bin").status_code == 200


def test_folder_moves_up_when_nothing_overlaps(app: Artifactory) -> None:
    app.put("l/n/n/f.bin")

    assert app.post("api/move/l/n/n?to=/l").status_code == 200
    assert app.children("l/n") == ["f.bin"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("api/copy/l/nope?to=/m/x", "Could not locate artifact 'l:nope'"),
        ("api/copy/nope/a.bin?to=/m/x", "Repository 'nope' does not exist"),
        ("api/copy/l/a.bin?to=/nope/x", "Repository 'nope' does not exist"),
        ("api/copy/l/a.bin", "'to' must be"),
        ("api/copy/l/a.bin?to=", "'to' must be"),
        ("api/copy/l/a.bin?to=/", "'to' must be"),
        ("api/copy/l/a.bin?to=/m/../x", "relative segments"),
        ("api/copy/l/a.bin?to=/m/%00", "control characters"),
        ("api/copy/l/a.bin?to=/m/%ff", "not UTF-8"),
        ("api/copy/l/a.bin?to=/m/x&dry=maybe", "'dry' must be 0 or 1"),
        ("api/copy/l/a.bin?to=/m/x&failFast=maybe", "'failFast' must be 0 or 1"),
        ("api/copy/l/a.bin?to=/m/x&suppressLayouts=maybe", "'suppressLayouts' must be"),
        ("api/copy/l/a.bin?to=/r/x", "takes no deployments"),
        ("api/copy/l/a.bin?to=/r-cache/x", "takes no deployments"),
        ("api/copy/l/a.bin?to=/v/x", "takes no deployments"),
        ("api/copy/v/a.bin?to=/m/x", "name the member"),
        ("api/copy/l/a/../b?to=/m/x", "relative segments"),
    ],
)
def test_bad_request_is_400_with_the_reason(app: Artifactory, url: str, reason: str) -> None:
    app.create("v", "virtual", repositories=["l"])
    app.create_remote("r", "http://localhost:1")
    app.put("l/a.bin")

    answer = app.post(url)

    assert answer.status_code == 400
    assert reason in message_of(answer)


# rights


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_nobody_copies_or_moves(app: Artifactory, verb: str) -> None:
    app.put("l/a.bin")

    assert app.post(f"api/{verb}/l/a.bin?to=/m/a.bin", user=None).status_code == 401
    assert app.get("m/a.bin").status_code == 404


def test_copy_needs_to_read_and_to_upload(app: Artifactory) -> None:
    bob = app.create_user("bob")
    app.put("l/a.bin")

    assert app.post("api/copy/l/a.bin?to=/m/a.bin", user=bob).status_code == 403
    app.patch_index("repo/m", "acl_upload=bob")
    assert app.post("api/copy/l/a.bin?to=/m/a.bin", user=bob).status_code == 200
    app.patch_index("repo/l", "acl_read=root")
    assert app.post("api/copy/l/a.bin?to=/m/b.bin", user=bob).status_code == 403


def test_move_needs_to_delete(app: Artifactory) -> None:
    bob = app.create_user("bob")
    app.patch_index("repo/m", "acl_upload=bob")
    app.patch_index("repo/l", "acl_upload=bob")
    app.put("l/a.bin", user=bob)

    answer = app.post("api/move/l/a.bin?to=/m/a.bin", user=bob)

    assert answer.status_code == 403
    assert app.get("l/a.bin").status_code == 200


@pytest.mark.parametrize("target", ["l", "m"])
def test_index_that_is_not_volatile_is_copied_from_and_not_moved(
    app: Artifactory, target: str
) -> None:
    app.put("l/a.bin")
    app.patch_index("repo/l", "volatile=False")

    assert app.post(f"api/move/l/a.bin?to=/{target}/b.bin").status_code == 403
    assert app.post(f"api/copy/l/a.bin?to=/{target}/b.bin").status_code == 200
