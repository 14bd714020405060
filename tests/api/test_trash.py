"""The trash can: what was deleted is listed, restored, cleaned, and forgotten after its time."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.storage.periodic import PeriodicWork
from devpi_artifactory_compat.storage.trash_can import TrashExpiry
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
import pytest
import time


WHEEL = make_wheel("demo", "1.0", summary="A demo")
NAME = wheel_filename("demo", "1.0")
DAY = 24 * 60 * 60
SIGNATURE = b"-----BEGIN PGP SIGNATURE-----"


@pytest.fixture
def app(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    return artifactory


def upload(app: Artifactory) -> None:
    answer = app.upload(
        "l",
        NAME,
        WHEEL,
        fields=[("home_page", "https://demo.example")],
        files=[("gpg_signature", f"{NAME}.asc", SIGNATURE)],
    )
    assert answer.status_code == 200
    app.request("PUT", f"api/storage/l/demo/1.0/{NAME}?properties=team=blue", user=ADMIN)


def restore(app: Artifactory, path: str, status: int = 202) -> str:
    answer = app.post(f"api/trash/restore/{path}")
    assert answer.status_code == status, answer.text
    return answer.text if status == 202 else message_of(answer)


# listing


def test_deleted_artifacts_are_listed_as_any_others(app: Artifactory) -> None:
    app.put("l/a/b.bin;team=blue")
    app.delete("l/a/b.bin")

    assert app.children("auto-trashcan") == ["l/"]
    assert app.children("auto-trashcan/l") == ["a/"]
    assert app.children("auto-trashcan/l/a") == ["b.bin"]
    shown = app.get("api/storage/auto-trashcan/l/a/b.bin", user=ADMIN).json
    assert shown["repo"] == "auto-trashcan"
    assert shown["path"] == "/l/a/b.bin"
    assert shown["size"] == "10"
    properties = app.properties("auto-trashcan/l/a/b.bin")
    assert abs(int(properties.pop("trash.time")[0]) / 1000 - time.time()) < DAY
    assert properties == {
        "team": ["blue"],
        "trash.deletedBy": ["root"],
        "trash.originalRepository": ["l"],
        "trash.originalRepositoryType": ["local"],
        "trash.originalPath": ["a/b.bin"],
    }


def test_what_is_not_in_the_trash_is_404(app: Artifactory) -> None:
    app.create("v", "virtual", repositories=["l"])
    app.put("l/a.bin")

    for path in ("l", "l/a.bin", "nope", "v", "nope/a"):
        assert app.get(f"api/storage/auto-trashcan/{path}", user=ADMIN).status_code == 404
        assert restore(app, path, 404)
        assert app.delete(f"api/trash/clean/{path}").status_code == 404
    assert app.children("auto-trashcan") == []


def test_caches_have_no_trash(app: Artifactory, upstream: object) -> None:
    url = upstream.url  # type: ignore[attr-defined]
    app.create_remote("r", url)
    upstream.put_project("demo", {NAME: WHEEL})  # type: ignore[attr-defined]
    path = app.resolved("demo", "r")[NAME].removeprefix("../../")
    app.get(f"r/{path}")

    assert app.delete(f"r-cache/{path}").status_code == 204

    assert app.children("auto-trashcan") == []
    assert app.stored_files() == []


def test_trash_that_is_off_keeps_nothing(make_artifactory: Callable[..., Artifactory]) -> None:
    app = make_artifactory("--artifactory-trash-days=0")
    app.create("l")
    app.put("l/a.bin")

    app.delete("l/a.bin")

    assert app.children("auto-trashcan") == []
    assert app.stored_files() == []


def test_files_are_kept_by_a_link(app: Artifactory) -> None:
    upload(app)
    files = app.xom.config.server_path / "+files"
    (before,) = files.rglob(NAME)
    inode = before.stat().st_ino

    app.delete("l/demo")

    (after,) = files.rglob(NAME)
    assert after.stat().st_ino == inode


# restoring


def test_restored_distribution_is_resolved_with_all_that_was_known(app: Artifactory) -> None:
    upload(app)
    path = f"l/demo/1.0/{NAME}"
    before = app.properties(path)
    info = app.get(f"api/storage/{path}").json
    page = app.get("api/pypi/l/simple/demo/").text
    metadata = app.get("api/pypi/l/pypi/demo/1.0/json").json
    app.delete(path)
    assert app.resolved("demo", "l") == {}

    assert restore(app, path) == f"Restored {path} to {path}: 1 artifacts.\n"

    assert app.get(path).body == WHEEL
    assert app.properties(path) == before
    assert app.get(f"api/storage/{path}").json == info
    assert app.get("api/pypi/l/simple/demo/").text == page
    assert app.get("api/pypi/l/pypi/demo/1.0/json").json["info"] == metadata["info"]
    assert app.get(f"{path}.asc").body == SIGNATURE
    assert app.get(f"{path}.metadata").status_code == 200
    assert app.devpi_links("repo/l", "demo") == [NAME]
    assert app.children("auto-trashcan") == []


def test_restored_distribution_survives_the_events_of_its_deletion(app: Artifactory) -> None:
    """devpi tells of a deletion late: the file may be there again by then."""
    upload(app)
    path = f"l/demo/1.0/{NAME}"
    app.delete(path)
    restore(app, path)
    app.xom.thread_pool.start_one(app.xom.keyfs.notifier)
    app.xom.keyfs.notifier.wait_event_serial(app.xom.keyfs.get_current_serial())

    assert app.properties(path)["team"] == ["blue"]
    assert list(app.resolved("demo", "l")) == [NAME]


def test_folder_is_restored_with_all_below_it(app: Artifactory) -> None:
    app.put("l/a/b/;level=2", b"")
    app.put("l/a/b/c.bin;level=3")
    app.put("l/a/empty/", b"")
    app.put(f"l/a/{NAME}", WHEEL)
    app.delete("l/a")
    app.put("l/a/new.bin")

    assert "3 artifacts" not in restore(app, "l/a")

    assert app.children("l/a") == ["b/", NAME, "empty/", "new.bin"]
    assert app.properties("l/a/b") == {"level": ["2"]}
    assert app.properties("l/a/b/c.bin") == {"level": ["3"]}
    with app.xom.keyfs.read_transaction():
        waiting = app.xom.keyfs.ARTIFACTORY_WAITING(user="repo", index="l").get()
    assert list(waiting["paths"]) == [f"a/{NAME}"]
    assert app.children("auto-trashcan") == []


@pytest.mark.parametrize(
    ("to", "lands"),
    [
        ("m", "m/b.bin"),
        ("/m/", "m/b.bin"),
        ("m/x/y.bin", "m/x/y.bin"),
        ("l/a/b.bin", "l/a/b.bin"),
        ("l/a", "l/a/b.bin"),
    ],
)
def test_file_is_restored_to_another_place(app: Artifactory, to: str, lands: str) -> None:
    app.create("m")
    app.put("l/a/b.bin;team=blue")
    app.delete("l/a/b.bin")

    restore(app, f"l/a/b.bin?to={to}")

    assert app.properties(lands) == {"team": ["blue"]}


def test_downloads_are_counted_on(app: Artifactory) -> None:
    app.put("l/a.bin")
    for _ in range(2):
        app.get("l/a.bin", user=ADMIN)

    app.delete("l/a.bin")
    restore(app, "l/a.bin")
    shown = app.get("api/storage/l/a.bin?stats").json

    assert shown["downloadCount"] == 2
    assert shown["lastDownloadedBy"] == "root"


def test_everything_of_a_repository_is_restored(app: Artifactory) -> None:
    app.put("l/a.bin")
    app.put("l/b/c.bin")
    app.delete("l/a.bin")
    app.delete("l/b")

    assert "2 artifacts" in restore(app, "l")
    assert app.children("l") == ["a.bin", "b/"]


def test_what_is_there_meanwhile_is_not_overwritten(app: Artifactory) -> None:
    app.put("l/a/x.bin")
    app.put("l/a/y.bin")
    app.delete("l/a")
    app.put("l/a/y.bin", b"other")

    answer = restore(app, "l/a", 409)

    assert answer.startswith("Other content is at 'l:a/y.bin'")
    assert app.children("l/a") == ["y.bin"]
    assert app.get("l/a/y.bin").body == b"other"
    # nothing is lost
    assert app.children("auto-trashcan/l/a") == ["x.bin", "y.bin"]


def test_last_deletion_of_a_path_is_kept(app: Artifactory) -> None:
    app.put("l/a", b"1")
    app.delete("l/a")
    app.put("l/a/b", b"2")
    app.delete("l/a")
    assert app.children("auto-trashcan/l/a") == ["b"]
    app.put("l/a", b"3", user=ADMIN)
    app.delete("l/a")

    assert app.stored_files() == ["a"]
    restore(app, "l/a")
    assert app.get("l/a").body == b"3"


@pytest.mark.parametrize(
    ("to", "status"), [("nope/x", 404), ("r/x", 400), ("v/x", 400), ("l/../x", 400)]
)
def test_place_that_takes_nothing_is_refused(app: Artifactory, to: str, status: int) -> None:
    app.create_remote("r", "http://localhost:1")
    app.create("v", "virtual", repositories=["l"])
    app.put("l/a")
    app.delete("l/a")

    restore(app, f"l/a?to={to}", status)
    restore(app, "l/a")


# emptying


def test_emptied_trash_holds_nothing(app: Artifactory) -> None:
    app.create("m")
    upload(app)
    app.put("m/a/b.bin")
    app.delete("l/demo")
    app.delete("m/a")

    answer = app.post("api/trash/empty")

    assert answer.status_code == 202
    assert app.children("auto-trashcan") == []
    assert app.stored_files() == []


def test_single_items_are_cleaned(app: Artifactory) -> None:
    for path in ("a/b.bin", "a/c.bin", "d.bin"):
        app.put(f"l/{path}")
        app.delete(f"l/{path}")

    assert app.delete("api/trash/clean/l/a/b.bin").status_code == 204
    assert app.children("auto-trashcan/l/a") == ["c.bin"]
    assert app.delete("api/trash/clean/l/a").status_code == 204
    assert app.children("auto-trashcan/l") == ["d.bin"]
    assert app.delete("api/trash/clean/l").status_code == 204
    assert app.children("auto-trashcan") == []
    assert app.stored_files() == []


def test_deep_folders_are_restored_and_cleaned(app: Artifactory) -> None:
    path = "/".join("a" * 500)
    app.put(f"l/{path}")
    app.delete("l/a")
    restore(app, "l/a")
    assert app.get(f"l/{path}").status_code == 200
    app.delete("l/a")

    assert app.delete("api/trash/clean/l/a").status_code == 204
    assert app.children("auto-trashcan") == []


def test_what_is_too_old_is_forgotten(app: Artifactory) -> None:
    upload(app)
    app.put("l/empty/", b"")
    app.put("l/a/b.bin")
    for path in ("l/demo", "l/empty", "l/a"):
        app.delete(path)
    now = time.time()

    TrashExpiry(app.xom, days=14, clock=lambda: now + 14 * DAY - 60).remove()
    assert app.children("auto-trashcan/l") == ["a/", "demo/", "empty/"]
    TrashExpiry(app.xom, days=14, clock=lambda: now + 14 * DAY + 60).remove()

    assert app.children("auto-trashcan") == []
    assert app.stored_files() == []


def test_only_what_is_too_old_is_forgotten(
    app: Artifactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.put("l/a/old.bin")
    app.put("l/a/new.bin")
    app.delete("l/a/old.bin")
    deleted = time.time()
    monkeypatch.setattr(time, "time", lambda: deleted + DAY)
    app.delete("l/a/new.bin")
    monkeypatch.undo()

    TrashExpiry(app.xom, days=1, clock=lambda: deleted + DAY + 60).remove()

    assert app.children("auto-trashcan/l/a") == ["new.bin"]


def test_expiry_is_among_the_periodic_work_of_a_primary(
    make_artifactory: Callable[..., Artifactory],
) -> None:
    def names(*options: str) -> set[str]:
        pool = make_artifactory(*options).xom.thread_pool
        return {one._name for one in pool._objects if isinstance(one, PeriodicWork)}

    assert "TRASH" in names()
    assert "TRASH" not in names("--artifactory-trash-days=0")


# rights


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "api/trash/restore/l/a"),
        ("POST", "api/trash/restore/l"),
        ("POST", "api/trash/empty"),
        ("DELETE", "api/trash/clean/l/a"),
        ("DELETE", "api/trash/clean/l"),
    ],
)
def test_administrators_only(app: Artifactory, method: str, url: str) -> None:
    """JFrog documents 400 for known users without the right."""
    bob = app.create_user("bob")
    app.put("l/a")
    app.delete("l/a")

    assert app.request(method, url).status_code == 401
    answer = app.request(method, url, user=bob)
    assert answer.status_code == 400
    assert "'bob' may not" in message_of(answer)
    assert app.children("auto-trashcan/l") == ["a"]


def test_administrators_only_see_the_trash(app: Artifactory) -> None:
    bob = app.create_user("bob")
    app.put("l/a")
    app.delete("l/a")

    for path in ("", "/l", "/l/a", "/l/a?properties"):
        assert app.get(f"api/storage/auto-trashcan{path}").status_code == 401
        assert app.get(f"api/storage/auto-trashcan{path}", user=bob).status_code == 403
