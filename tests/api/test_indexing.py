"""Files that wait to be resolvable: the worker, reindex calls and the status, as a whole."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.storage.management import purge
from pathlib import Path
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_sdist
from support.archives import make_tar
from support.archives import make_wheel
from support.archives import metadata_text
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
import pytest
import time


WHEEL = make_wheel("demo", "1.0", summary="A demo")
NAME = wheel_filename("demo", "1.0")
PATH = f"demo/1.0/{NAME}"
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}

HAPPENS_WITHIN = 60


@pytest.fixture
def local(artifactory: Artifactory) -> Iterator[Artifactory]:
    """A server whose threads run, as they do in a process, and one repository."""
    artifactory.create("l")
    run_threads(artifactory)
    return artifactory


def run_threads(artifactory: Artifactory) -> None:
    artifactory.xom.thread_pool.start(ignore_running=True)


def put(app: Artifactory, path: str, body: bytes = WHEEL, **kw: Any) -> None:
    answer = app.request("PUT", path, body=body, user=ADMIN, **kw)
    assert answer.status_code == 201, answer.text


def files_of(app: Artifactory, project: str = "demo", key: str = "l") -> list[str]:
    answer = app.get(f"api/pypi/{key}/simple/{project}/", headers=JSON)
    return [file["filename"] for file in answer.json["files"]] if answer.status_code == 200 else []


def status(app: Artifactory, key: str = "l") -> dict[str, Any]:
    answer = app.get(f"api/pypi/{key}/indexing")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def until(app: Artifactory, holds: Callable[[], bool]) -> None:
    """Look again at every commit."""
    deadline = time.monotonic() + HAPPENS_WITHIN
    while True:
        serial = app.xom.keyfs.get_current_serial()
        if holds():
            return
        assert time.monotonic() < deadline
        app.xom.keyfs.wait_tx_serial(serial + 1, timeout=1)


def reindex(app: Artifactory, key: str = "l", query: str = "", **kw: Any) -> Any:
    kw.setdefault("user", ADMIN)
    return app.request("POST", f"api/pypi/{key}/reindex{query}", **kw)


def test_status_tells_what_waits(local: Artifactory) -> None:
    put(local, f"l/{PATH}")
    shown = status(local)

    assert shown["repository"] == "l"
    assert shown["quietPeriod"] == 60
    assert shown["waitingCount"] == 1
    (waiting,) = shown["waiting"]
    assert waiting["path"] == PATH
    assert waiting["since"] == shown["lastUpload"] < waiting["until"]
    assert shown["failed"] == []
    assert shown["reindex"] is None
    assert files_of(local) == []
    assert local.get(f"l/{PATH}").body == WHEEL


def test_status_of_a_repository_where_nothing_waits(local: Artifactory) -> None:
    shown = status(local)

    assert (shown["waiting"], shown["waitingCount"], shown["lastUpload"]) == ([], 0, None)


@pytest.mark.parametrize("how", ["devpi", "rest"])
def test_shorter_period_counts_at_once(local: Artifactory, how: str) -> None:
    put(local, f"l/{PATH}")
    if how == "devpi":
        assert local.patch_index("repo/l", "artifactory_quiet_period=0").status_code == 200
    else:
        body = {"quietPeriod": 0}
        answer = local.request("POST", "api/repositories/l", user=ADMIN, body=body)
        assert answer.status_code == 200, answer.text

    until(local, lambda: files_of(local) == [NAME])
    assert status(local)["quietPeriod"] == 0
    assert status(local)["waiting"] == []
    properties = local.get(f"api/storage/l/{PATH}?properties").json["properties"]
    assert properties["pypi.name"] == ["demo"]
    assert properties["pypi.summary"] == ["A demo"]
    assert local.get(f"api/pypi/l/{PATH}.metadata").status_code == 200
    assert local.get("/repo/l/+simple/demo/").text.count(NAME) > 0


def test_period_of_the_server_is_that_of_every_repository(
    make_artifactory: Callable[..., Artifactory],
) -> None:
    app = make_artifactory("--artifactory-quiet-period", "1")
    app.create("l")
    run_threads(app)
    put(app, f"l/{PATH}")

    until(app, lambda: files_of(app) == [NAME])


def test_without_a_period_files_do_not_wait(
    make_artifactory: Callable[..., Artifactory],
) -> None:
    app = make_artifactory("--artifactory-quiet-period", "0")
    app.create("l")
    put(app, f"l/{PATH}")

    assert files_of(app) == [NAME]


@pytest.mark.parametrize("value", ["-1", "soon", "1.5", "604801"])
def test_server_does_not_start_with_a_period_that_makes_no_sense(
    make_artifactory: Callable[..., Artifactory], value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make_artifactory(f"--artifactory-quiet-period={value}")

    assert "between 0 and 604800" in capsys.readouterr().err


def test_nor_with_one_in_its_configuration_file(
    make_artifactory: Callable[..., Artifactory],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "devpi.yml"
    file.write_text("devpi-server:\n  artifactory-quiet-period: -5\n")

    with pytest.raises(SystemExit):
        make_artifactory("--configfile", str(file))

    assert "between 0 and 604800" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-1", "soon", "1.5", "604801", "99999999999"])
def test_periods_that_make_no_sense_are_refused(local: Artifactory, value: str) -> None:
    answer = local.patch_index("repo/l", f"artifactory_quiet_period={value}")

    assert answer.status_code == 400
    assert "artifactory_quiet_period" in answer.text


@pytest.mark.parametrize("value", [-1, "60", 1.5, True, 604801, [], 2**70])
def test_fields_that_are_no_period_are_refused(local: Artifactory, value: object) -> None:
    body = {"quietPeriod": value}
    answer = local.request("POST", "api/repositories/l", user=ADMIN, body=body)

    assert answer.status_code == 400
    assert "'quietPeriod'" in message_of(answer)


def test_file_that_cannot_be_resolved_says_why(local: Artifactory) -> None:
    put(local, f"l/{PATH}", b"no wheel")
    assert reindex(local).status_code == 200

    (failed,) = status(local)["failed"]
    assert failed["path"] == PATH
    properties = local.get(f"api/storage/l/{PATH}?properties").json["properties"]
    assert properties["pypi.indexing.error"] == [failed["reason"]]
    assert "broken" in failed["reason"]
    assert local.get(f"l/{PATH}").body == b"no wheel"


@pytest.mark.parametrize(
    ("filename", "body"),
    [
        (NAME, WHEEL),
        ("demo-1.0.tar.gz", make_sdist("demo", "1.0")),
        ("demo-1.0.tgz", make_sdist("demo", "1.0")),
        *(
            (
                f"demo-1.0{suffix}",
                make_tar({"demo-1.0/PKG-INFO": metadata_text("demo", "1.0")}, mode),
            )
            for suffix, mode in ((".tar", "w"), (".tar.bz2", "w:bz2"), (".tar.xz", "w:xz"))
        ),
    ],
)
def test_reindex_makes_resolvable_what_waits(
    local: Artifactory, filename: str, body: bytes
) -> None:
    put(local, f"l/any/{filename}", body)
    put(local, "l/notes.txt", b"text")

    answer = reindex(local)

    assert answer.status_code == 200
    assert answer.content_type == "text/plain"
    assert answer.text == (
        "Recalculating index for PyPI repository l finished: 2 files looked at, "
        "1 made resolvable, 0 of devpi's own recorded, 0 that cannot be resolved.\n"
    )
    assert files_of(local) == [filename]
    assert filename in local.get("/repo/l/+simple/demo/").text
    shown = status(local)["lastReindex"]
    assert (shown["lookedAt"], shown["indexed"], shown["failed"]) == (2, 1, 0)


def test_reindex_takes_the_other_file_of_a_name_when_the_first_is_gone(local: Artifactory) -> None:
    named = ";pypi.name=demo;pypi.version=1.0"
    put(local, f"l/one/{NAME}{named}")
    put(local, f"l/two/{NAME}{named}")
    headers = {"Accept": "application/json"}
    gone = local.request("DELETE", "/repo/l/demo/1.0", user=ADMIN, headers=headers)
    assert gone.status_code == 200
    until(local, lambda: local.get(f"l/one/{NAME}").status_code == 404)
    assert files_of(local) == []

    assert reindex(local).status_code == 200
    assert files_of(local) == [NAME]
    assert f"two/{NAME}" in local.get("api/pypi/l/simple/demo/").text
    assert status(local)["failed"] == []
    properties = local.get(f"api/storage/l/two/{NAME}?properties").json["properties"]
    assert "pypi.indexing.error" not in properties


def test_file_that_comes_again_after_devpi_deleted_it_keeps_its_record(
    artifactory: Artifactory,
) -> None:
    artifactory.create("l")
    named = ";pypi.name=demo;pypi.version=1.0"
    put(artifactory, f"l/one/{NAME}{named}")
    headers = {"Accept": "application/json"}
    gone = artifactory.request("DELETE", "/repo/l/demo/1.0", user=ADMIN, headers=headers)
    assert gone.status_code == 200
    put(artifactory, f"l/two/{NAME}{named};team=blue")

    # only now the deletion is told of
    run_threads(artifactory)
    notifier = artifactory.xom.keyfs.notifier
    notifier.wait_event_serial(artifactory.xom.keyfs.get_current_serial())

    assert f"two/{NAME}" in artifactory.get("api/pypi/l/simple/demo/").text
    shown = artifactory.get(f"api/storage/l/two/{NAME}?properties").json["properties"]
    assert shown["team"] == ["blue"]
    assert artifactory.get(f"api/storage/l/one/{NAME}").status_code == 404


@pytest.mark.parametrize("query", ["?async=true", "?async", "?async=1"])
def test_reindex_in_the_background_answers_at_once(local: Artifactory, query: str) -> None:
    put(local, f"l/{PATH}")
    answer = reindex(local, query=query)

    assert answer.status_code == 202
    assert answer.text == "Recalculating index for PyPI repository l scheduled to run.\n"
    until(local, lambda: status(local)["lastReindex"] is not None)
    assert files_of(local) == [NAME]
    assert status(local)["reindex"] is None


def test_reindex_that_was_asked_for_survives_a_stop(artifactory: Artifactory) -> None:
    artifactory.create("l")
    put(artifactory, f"l/{PATH}")
    # no thread runs yet
    assert reindex(artifactory, query="?async=true").status_code == 202
    assert set(status(artifactory)["reindex"]) == {"since", "done", "total"}

    run_threads(artifactory)
    until(artifactory, lambda: files_of(artifactory) == [NAME])


def test_reindex_wants_an_administrator_or_the_owner(local: Artifactory) -> None:
    owner = local.create_user("ann")
    bob = local.create_user("bob")
    body = {"type": "stage", "artifactory_key": "hers", "acl_upload": ["bob"]}
    assert local.request("PUT", "/ann/hers", user=ADMIN, body=body).status_code == 200

    for key in ("l", "hers"):
        assert reindex(local, key, user=None).status_code == 401
        assert reindex(local, key, user=("root", "wrong")).status_code == 401
        assert reindex(local, key, user=bob).status_code == 403
        assert reindex(local, key).status_code == 200
    assert reindex(local, "l", user=owner).status_code == 403
    assert reindex(local, "hers", user=owner).status_code == 200


def test_status_wants_a_reader(local: Artifactory) -> None:
    local.patch_index("repo/l", "acl_read=root")
    bob = local.create_user("bob")

    assert local.get("api/pypi/l/indexing").status_code == 401
    assert local.get("api/pypi/l/indexing", user=bob).status_code == 403
    assert local.get("api/pypi/l/indexing", user=ADMIN).status_code == 200


def test_remotes_and_virtuals_have_nothing_to_index(local: Artifactory) -> None:
    local.create_remote("r", "http://127.0.0.1:9")
    local.create("v", "virtual", repositories=["l"], defaultDeploymentRepo="l")

    for key, rclass in (("r", "remote"), ("v", "virtual")):
        answer = reindex(local, key)
        assert answer.status_code == 400
        assert f"'{key}' is {rclass}" in message_of(answer)
        assert local.get(f"api/pypi/{key}/indexing").status_code == 400
    assert reindex(local, "nope").status_code == 404
    assert local.get("api/pypi/nope/indexing").status_code == 404


def test_stage_with_bases_indexes_its_own_files(local: Artifactory) -> None:
    body = {"type": "stage", "bases": ["repo/l"], "artifactory_key": "top"}
    assert local.request("PUT", "/root/top", user=ADMIN, body=body).status_code == 200
    put(local, f"top/{PATH}")
    assert status(local, "top")["waitingCount"] == 1

    assert reindex(local, "top").status_code == 200
    assert files_of(local, key="top") == [NAME]


@pytest.mark.parametrize("query", ["?async=maybe", "?async=%ff", "?async=" + "x" * 5_000])
def test_queries_that_say_nothing_are_400(local: Artifactory, query: str) -> None:
    assert reindex(local, query=query).status_code == 400


def test_other_methods_are_not_there(local: Artifactory) -> None:
    assert local.request("PUT", "api/pypi/l/reindex", user=ADMIN).status_code == 404
    assert local.request("POST", "api/pypi/l/indexing", user=ADMIN).status_code == 405


def test_index_that_becomes_a_repository_is_recorded_by_itself(local: Artifactory) -> None:
    body = {"type": "stage", "volatile": True, "artifactory_key": "old"}
    local.request("PUT", "/root/old", user=ADMIN, body=body)
    wheel = local.upload_wheel("old", "demo", "1.0")
    local.patch_index("root/old", "artifactory_key-=")
    forget(local, "root", "old")

    assert local.patch_index("root/old", "artifactory_key=old").status_code == 200

    until(local, lambda: status(local, "old")["lastReindex"] is not None)
    assert status(local, "old")["lastReindex"]["recorded"] == 1
    shown = local.get(f"api/storage/old/{PATH}?properties").json["properties"]
    assert shown["pypi.name"] == ["demo"]
    assert local.get(f"old/{PATH}").body == wheel


def forget(app: Artifactory, user: str, index: str) -> None:
    """As if the files had come before the plugin was installed."""
    notifier = app.xom.keyfs.notifier
    notifier.wait_event_serial(app.xom.keyfs.get_current_serial())
    with app.xom.keyfs.write_transaction():
        purge(app.xom, user, index)
    notifier.wait_event_serial(app.xom.keyfs.get_current_serial())


def test_repository_without_any_record_is_looked_at_when_the_server_starts(
    artifactory: Artifactory,
) -> None:
    artifactory.create("l")
    artifactory.upload_wheel("l", "demo", "1.0")
    with artifactory.xom.keyfs.write_transaction():
        purge(artifactory.xom, "repo", "l")
    assert artifactory.get("api/storage/l").json["children"] == []

    run_threads(artifactory)
    until(artifactory, lambda: artifactory.get(f"api/storage/l/{PATH}").status_code == 200)


def test_mirror_that_becomes_a_remote_shows_what_it_has_cached(
    local: Artifactory, upstream: Upstream
) -> None:
    upstream.put_project("demo", {NAME: WHEEL})
    local.create_remote("r", upstream.url)
    page = local.get("api/pypi/r/simple/demo/", headers=JSON).json
    (url,) = [file["url"] for file in page["files"]]
    path = url.split("#")[0].removeprefix("../../")
    assert local.get(f"api/pypi/r/{path}").body == WHEEL
    local.patch_index("repo/r", "artifactory_key-=")
    forget(local, "repo", "r")

    assert local.patch_index("repo/r", "artifactory_key=r").status_code == 200
    until(local, lambda: local.get(f"api/storage/r-cache/{path}").status_code == 200)


def test_upload_by_devpi_keeps_the_repository_from_being_quiet(local: Artifactory) -> None:
    put(local, f"l/{PATH}")
    before = status(local)["lastUpload"]
    other = make_sdist("other", "1.0")
    native(local, "repo/l", "other-1.0.tar.gz", other)

    until(local, lambda: status(local)["lastUpload"] > before)
    assert status(local)["waitingCount"] == 1


def native(app: Artifactory, index: str, filename: str, content: bytes) -> None:
    """What ``devpi upload`` sends."""
    name, version = filename.removesuffix(".tar.gz").split("-")
    answer = app.upload("l", filename, content, name=name, version=version, path=f"/{index}/")
    assert answer.status_code == 200, answer.text
