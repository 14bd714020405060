"""``devpi-artifactory export`` and ``import``: a new server that answers as the old one did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from server import LiveServer
from snapshot import Answer
from snapshot import Snapshot
from snapshot import Things
from snapshot import snapshot
from support.archives import wheel_filename
from support.upstream import Upstream
from transferring import DEMO
from transferring import GENERIC
from transferring import JSON
from transferring import READER
from transferring import UPSTREAM_PASSWORD
from transferring import WRITER
from transferring import Filling
from transferring import run
from urllib.parse import urljoin
import base64
import hashlib
import json
import pytest
import shutil
import stat


@dataclass(frozen=True)
class Exported:
    """A server that was filled, looked at, stopped and exported."""

    server: LiveServer
    things: Things
    before: Snapshot
    directory: Path
    lean: Path
    upstream: Upstream


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    home = tmp_path_factory.mktemp("old")
    with Upstream() as upstream:
        server = LiveServer(home, options=["--no-default-repositories"])
        with server:
            filling = Filling(server, upstream)
            filling.fill()
            things = filling.things()
            before = look(server, things)
            # of the running server
            lean = home / "lean"
            result = run(server, "export", "--serverdir", server.serverdir, lean)
            assert (result.returncode, result.stderr) == (0, "")
        directory = home / "export"
        result = run(
            server, "export", "--serverdir", server.serverdir, "--include-mirrored-files", directory
        )
        assert (result.returncode, result.stderr) == (0, "")
        yield Exported(server, things, before, directory, lean, upstream)


def look(server: LiveServer, things: Things) -> Snapshot:
    return {**snapshot(server, things), **devpis_pages(server, things)}


def devpis_pages(server: LiveServer, things: Things) -> Snapshot:
    """What devpi itself shows of the indexes, releases and users."""
    found: Snapshot = {}
    paths = [f"repo/{key}" for key in things.keys]
    paths += [f"repo/{key}/{project}" for key in things.keys for project in things.projects]
    for path in ["", *paths]:
        answer = server.request("GET", path, headers={"Accept": "application/json"})
        # devpi's import sets the options of an index in no order
        body = json.dumps(answer.json(), sort_keys=True)
        found["", f"devpi:{path}", ""] = (answer.status_code, (), body.encode())
    return found


def imported(
    exported: Exported, home: Path, *options: str, directory: Path | None = None
) -> LiveServer:
    """A server on a new directory, at the address of the old one; not started yet."""
    server = LiveServer(home, options=["--no-default-repositories"])
    server.port = exported.server.port
    home.mkdir(parents=True, exist_ok=True)
    source = directory or exported.directory
    result = run(server, "import", "--serverdir", server.serverdir, source, *options)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"Imported {source} into {server.serverdir}: " in result.stdout
    return server


def test_every_get_answers_as_before(exported: Exported, tmp_path: Path) -> None:
    with imported(exported, tmp_path / "new") as server:
        after = look(server, exported.things)

    assert len(exported.before) > 500
    different = [key for key in exported.before if exported.before[key] != after[key]]
    # pytest cuts what is long
    shown = [
        f"{key}\n  " + "\n  ".join(differences(exported.before[key], after[key]))
        for key in different[:20]
    ]
    assert not different, "\n".join(shown)


def differences(before: Answer, after: Answer) -> Iterator[str]:
    for was, now in zip(before, after, strict=True):
        if was != now:
            yield f"{str(was)[:1000]}\n  {str(now)[:1000]}"


@pytest.mark.parametrize(
    "expected",
    [
        "PGP SIGNATURE",
        "very bad",
        "data-yanked",
        "some notes",
        "gone-1.0-py3",
        "the cache",
        "trash.deletedBy",
    ],
)
def test_the_old_server_was_seen_with_something_of_everything(
    exported: Exported, expected: str
) -> None:
    bodies = [answer[2] for answer in exported.before.values() if answer[0] == 200]

    assert any(expected.encode() in body for body in bodies)


def test_users_log_in_and_remotes_send_their_password(exported: Exported, tmp_path: Path) -> None:
    with imported(exported, tmp_path / "new", "--hard-links") as server:
        for user, password in (READER, WRITER, server.admin):
            login = {"user": user, "password": password}
            assert server.request("POST", "/+login", json=login).status_code == 200
        exported.upstream.asked.clear()
        assert server.request("GET", f"{server.index_url('r')}/cached/").ok

    expected = base64.b64encode(f"mirror:{UPSTREAM_PASSWORD}".encode()).decode()
    (asked,) = exported.upstream.asked
    assert asked.headers["Authorization"] == f"Basic {expected}"


def item(server: LiveServer, path: str) -> tuple[int, dict[str, object]]:
    answer = server.request("GET", f"artifactory/api/storage/{path}", auth=server.login())
    return answer.status_code, answer.json()


def test_what_was_deleted_before_can_be_restored_after_an_import(
    exported: Exported, tmp_path: Path
) -> None:
    with imported(exported, tmp_path / "new") as server:
        url = "artifactory/api/trash/restore/l/thrown"
        assert server.request("POST", url, auth=server.admin).status_code == 202

        text = server.request("GET", "artifactory/l/thrown/away.txt").content
        assert text == b"some more notes\n"
        page = server.request("GET", f"{server.index_url('l')}/thrown/").text
        assert wheel_filename("thrown", "1.0") in page


def test_a_file_that_the_upstream_has_dropped_is_carried_beside_devpis_export(
    exported: Exported,
) -> None:
    """devpi's own export has not got it: that devpi has forgotten its link."""
    name = wheel_filename("gone", "1.0")
    records = (exported.directory / "+artifactory" / "files.jsonl").read_text().splitlines()
    (line,) = [json.loads(line) for line in records if name in line]

    assert list((exported.directory / "repo").rglob(name)) == []
    sha256 = line["file"]["sha256"]
    content = exported.directory / "+artifactory" / "content" / sha256[:2] / sha256
    assert hashlib.sha256(content.read_bytes()).hexdigest() == sha256


def test_without_cached_files_remotes_begin_empty(exported: Exported, tmp_path: Path) -> None:
    """Local files are all there; a file of the remote comes back when somebody asks for it."""
    with imported(exported, tmp_path / "new", directory=exported.lean) as server:
        status, root = item(server, "r-cache")
        assert (status, root["children"]) == (200, [])
        assert item(server, "r-cache/?properties")[1]["properties"] == {"of": ["the cache"]}
        assert item(server, f"l/{GENERIC}")[0] == 200
        page = f"{server.index_url('r')}/cached/"
        (url,) = [file["url"] for file in server.request("GET", page, headers=JSON).json()["files"]]
        assert server.request("GET", urljoin(page, url)).ok
        assert item(server, "r-cache")[1]["children"] != []


@pytest.mark.parametrize("options", [(), ("--", "--no-events")])
def test_an_export_of_devpi_alone_gets_records_from_its_files(
    exported: Exported, tmp_path: Path, options: tuple[str, ...]
) -> None:
    directory = tmp_path / "plain"
    shutil.copytree(exported.directory, directory)
    shutil.rmtree(directory / "+artifactory")
    path = f"l/demo/1.0/{DEMO}"
    with imported(exported, tmp_path / "new", *options, directory=directory) as server:
        status, shown = item(server, path)
        properties = item(server, f"{path}?properties")[1]["properties"]

    old = json.loads(exported.before["root", f"/artifactory/api/storage/{path}", "*/*"][2])
    assert status == 200
    assert shown["checksums"] == old["checksums"]
    assert shown["createdBy"] == "root"
    assert isinstance(properties, dict)
    assert properties["pypi.name"] == ["demo"]


def test_what_holds_secrets_is_closed_to_other_users(exported: Exported) -> None:
    secrets = exported.directory / "+artifactory" / "secrets.jsonl"

    assert UPSTREAM_PASSWORD in secrets.read_text()
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(exported.directory.stat().st_mode) == 0o700
    others = [path for path in exported.directory.rglob("*") if path.is_file() and path != secrets]
    assert not [path for path in others if UPSTREAM_PASSWORD.encode() in path.read_bytes()]


def test_hard_links_take_no_space(exported: Exported, tmp_path: Path) -> None:
    server, directory = exported.server, tmp_path / "linked"
    result = run(server, "export", "--hard-links", "--serverdir", server.serverdir, directory)
    assert (result.returncode, result.stderr) == (0, "")

    content = [
        path for path in (directory / "+artifactory" / "content").rglob("*") if path.is_file()
    ]
    assert content
    assert {path.stat().st_nlink for path in content} == {2}
