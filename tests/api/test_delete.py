"""Deleting artifacts and folders of local repositories, as clients do by DELETE."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.views import replica
from pyramid.request import Request
from pyramid.response import Response
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import wheel_filename
import pytest


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
NAMED = ";pypi.name=demo;pypi.version=1.0"


@pytest.fixture
def local(make_artifactory: Callable[..., Artifactory]) -> Artifactory:
    """Without a trash can, so that nothing of what is deleted may stay."""
    app = make_artifactory("--artifactory-trash-days=0")
    app.create("l")
    return app


def test_file_is_gone_and_its_folder_stays(local: Artifactory) -> None:
    local.put("l/a/b.bin")

    answer = local.delete("l/a/b.bin")

    assert answer.status_code == 204
    assert answer.body == b""
    assert local.get("l/a/b.bin").status_code == 404
    assert local.children("l/a") == []
    assert local.stored_files() == []


def test_what_is_not_there_is_404(local: Artifactory) -> None:
    local.put("l/a/b.bin")

    answer = local.delete("l/a/c.bin")

    assert answer.status_code == 404
    assert (
        message_of(answer)
        == "Could not locate artifact 'l:a/c.bin'. Unable to find item. File not found."
    )
    assert local.delete("nope/a").status_code == 404
    assert local.delete("l/a/../b").status_code == 400


@pytest.mark.parametrize("path", ["l/demo", "l/demo/"])
def test_folder_goes_with_all_below_it(local: Artifactory, path: str) -> None:
    local.put(f"l/demo/1.0/{NAME}{NAMED}", WHEEL)
    local.put("l/demo/2.0/demo-2.0.tar.gz", make_sdist("demo", "2.0"))
    local.put("l/demo/empty/", b"")
    local.put("l/other.bin")

    assert local.delete(path).status_code == 204

    assert local.children("l") == ["other.bin"]
    assert local.get(f"l/demo/1.0/{NAME}").status_code == 404
    assert local.get("api/storage/l/demo/empty").status_code == 404
    assert local.stored_files() == ["other.bin"]


def test_deleted_package_file_leaves_every_page_and_devpi(local: Artifactory) -> None:
    local.upload_wheel("l", "demo", "1.0")
    local.upload_wheel("l", "demo", "2.0")
    local.create("v", "virtual", repositories=["l"])

    assert local.delete(f"l/demo/1.0/{NAME}").status_code == 204

    kept = wheel_filename("demo", "2.0")
    assert list(local.resolved("demo", "l")) == [kept]
    assert list(local.resolved("demo", "v")) == [kept]
    assert local.devpi_links("repo/l", "demo") == [kept]
    assert local.get(f"l/demo/1.0/{NAME}.metadata").status_code == 404
    assert local.get("/repo/l/demo/1.0").status_code == 404


def test_last_file_takes_its_project_along(local: Artifactory) -> None:
    local.upload_wheel("l", "demo", "1.0")
    local.upload_wheel("l", "demo", "2.0")

    assert local.delete("l/demo").status_code == 204

    assert local.resolved("demo", "l") == {}
    assert local.get("/repo/l/demo", headers={"Accept": "application/json"}).status_code == 404
    assert "demo" not in local.get("api/pypi/l/simple").text
    assert local.stored_files() == []


def test_name_can_be_used_again(local: Artifactory) -> None:
    local.upload_wheel("l", "demo", "1.0")
    local.delete(f"l/demo/1.0/{NAME}")

    other = local.upload_wheel("l", "demo", "1.0", summary="Another")

    assert local.get(f"l/demo/1.0/{NAME}").body == other
    assert list(local.resolved("demo", "l")) == [NAME]


def test_waiting_file_waits_no_more(local: Artifactory) -> None:
    local.put(f"l/demo/1.0/{NAME}", WHEEL)

    local.delete(f"l/demo/1.0/{NAME}")

    with local.xom.keyfs.read_transaction():
        keys = [local.xom.keyfs.ARTIFACTORY_WAITING]
        tx = local.xom.keyfs.tx
        waiting = [info for info in tx.iter_relpaths_at(keys, tx.at_serial) if info.value]
    assert waiting == []


def test_file_that_devpi_uploaded_is_deleted(local: Artifactory) -> None:
    local.xom.thread_pool.start_one(local.xom.keyfs.notifier)
    local.request("PUT", "/root/dev", user=ADMIN, body={})
    local.patch_index("root/dev", "artifactory_key=dev")
    answer = local.upload("dev", NAME, WHEEL, path="/root/dev/", name="demo", version="1.0")
    assert answer.status_code == 200

    assert local.delete(f"dev/demo/1.0/{NAME}").status_code == 204

    assert local.devpi_links("root/dev", "demo") == []


def test_deep_folder_is_deleted(local: Artifactory) -> None:
    """Paths have up to 1,024 characters, so a folder may have 500 below it."""
    path = "/".join("a" * 500)
    assert local.put(f"l/{path}").status_code == 201

    assert local.delete("l/a").status_code == 204

    assert local.children("l") == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("r/packages/a.bin", "'r-cache' gives up files"),
        ("r", "'r-cache' gives up files"),
        ("v/a.bin", "Virtual repository 'v' holds nothing itself"),
        ("l", "delete its folders, or the repository"),
        ("l/", "delete its folders, or the repository"),
    ],
)
def test_other_repositories_are_405_with_the_reason(
    local: Artifactory, path: str, reason: str
) -> None:
    local.create_remote("r", "http://localhost:1")
    local.create("v", "virtual", repositories=["l"])
    local.put("l/a.bin")

    answer = local.delete(path)

    assert answer.status_code == 405
    assert reason in message_of(answer)
    assert local.get("l/a.bin").status_code == 200


def test_only_owners_and_administrators_delete(local: Artifactory) -> None:
    bob = local.create_user("bob")
    local.patch_index("repo/l", "acl_upload=bob")
    local.put("l/a.bin", user=bob)

    assert local.delete("l/a.bin", user=None).status_code == 401
    answer = local.delete("l/a.bin", user=bob)

    assert answer.status_code == 403
    assert message_of(answer) == "User 'bob' may not delete artifacts of repository 'l'."
    assert local.get("l/a.bin").status_code == 200


def test_owner_of_an_index_deletes_from_it(local: Artifactory) -> None:
    bob = local.create_user("bob")
    local.request("PUT", "/bob/dev", user=bob, body={})
    local.patch_index("bob/dev", "artifactory_key=dev")
    local.put("dev/a.bin", user=bob)

    assert local.delete("dev/a.bin", user=bob).status_code == 204


def test_index_that_is_not_volatile_gives_nothing_up(local: Artifactory) -> None:
    local.upload_wheel("l", "demo", "1.0")
    local.patch_index("repo/l", "volatile=False")

    answer = local.delete(f"l/demo/1.0/{NAME}")

    assert answer.status_code == 403
    assert "not volatile" in message_of(answer)
    assert list(local.resolved("demo", "l")) == [NAME]


def test_stage_with_bases_gives_up_its_own_files(local: Artifactory) -> None:
    local.request("PUT", "/root/dev", user=ADMIN, body={"bases": ["repo/l"]})
    local.patch_index("root/dev", "artifactory_key=dev")
    local.put("dev/own.bin")
    local.put("l/base.bin")

    assert local.delete("dev/own.bin").status_code == 204
    assert local.delete("dev/base.bin").status_code == 404
    assert local.get("l/base.bin").status_code == 200


def test_short_prefix_deletes_from_the_repository_pypi(local: Artifactory) -> None:
    local.create("pypi")
    local.put("pypi/a/b/c.bin")
    local.put("pypi/d.bin")

    assert local.delete("pypi/a/b/c.bin").status_code == 204
    assert local.delete("pypi/d.bin").status_code == 204
    assert local.children("pypi/a/b") == []


def test_short_prefix_without_a_repository_pypi_names_another(local: Artifactory) -> None:
    local.put("l/a.bin")

    assert local.delete("pypi/l/a.bin").status_code == 204
    assert local.get("l/a.bin").status_code == 404


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("DELETE", "l/a.bin"),
        ("DELETE", "pypi/l/a.bin"),
        ("POST", "api/copy/l/a.bin?to=/l/b.bin"),
        ("POST", "api/move/l/a.bin?to=/l/b.bin"),
    ],
)
def test_replica_asks_its_primary(
    local: Artifactory, monkeypatch: pytest.MonkeyPatch, method: str, url: str
) -> None:
    """A server that takes itself for a replica; the primary's answers are told from its own."""
    local.put("l/a.bin")

    def answer(_context: object, request: Request) -> Response:
        return Response(f"asked {request.method} {request.path_qs}")

    monkeypatch.setattr(local.xom, "is_replica", lambda: True)
    monkeypatch.setattr(replica, "proxy_view_to_primary", answer)

    assert local.request(method, url, user=ADMIN).text == f"asked {method} /artifactory/{url}"
    assert local.get("l/a.bin").status_code == 200


def test_deleting_a_repository_with_deleted_files_leaves_nothing(
    make_artifactory: Callable[..., Artifactory],
) -> None:
    app = make_artifactory()
    app.create("l")
    app.upload_wheel("l", "demo", "1.0")
    app.put("l/a/b.bin")
    app.delete("l/demo")
    app.delete("l/a")
    assert app.stored_files() != []

    app.request("DELETE", "api/repositories/l", user=ADMIN)

    assert app.stored_files() == []
    app.create("l")
    assert app.get("api/storage/auto-trashcan/l", user=ADMIN).status_code == 404
