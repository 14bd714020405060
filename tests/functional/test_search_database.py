"""The search database of servers that run, are killed, have replicas, or keep it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from server import COMMAND
from server import LiveServer
from typing import Any
import pytest
import secrets
import sqlite3
import subprocess
import threading
import time


HAPPENS_WITHIN = 60
STATUS = "/artifactory/api/system/search-database"

MakeServer = Callable[..., LiveServer]


def start(make_server: MakeServer, *devpi_options: str) -> LiveServer:
    server = make_server(options=["--no-default-repositories"], devpi_options=devpi_options)
    create(server)
    return server


def create(server: LiveServer) -> None:
    answer = server.request(
        "PUT", "/artifactory/api/repositories/l", auth=server.admin, json={"rclass": "local"}
    )
    assert answer.status_code == 200, answer.text


def deploy(server: LiveServer, path: str, auth: tuple[str, str]) -> None:
    answer = server.request("PUT", f"/artifactory/l/{path};k=v", auth=auth, data=path.encode())
    assert answer.status_code == 201, answer.text


def found(server: LiveServer) -> set[str]:
    """By AQL, asked again as long as the server says that it is not ready."""
    deadline = time.monotonic() + HAPPENS_WITHIN
    while True:
        answer = server.request(
            "POST",
            "/artifactory/api/search/aql",
            auth=server.admin,
            data='items.find({"@k": "v"}).include("path", "name")',
        )
        if answer.status_code == 200:
            return {f"{each['path']}/{each['name']}" for each in answer.json()["results"]}
        assert answer.status_code == 503, answer.text
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)


def listed(server: LiveServer) -> set[str]:
    answer = server.request("GET", "/artifactory/api/storage/l?list&deep=1", auth=server.admin)
    return {file["uri"].lstrip("/") for file in answer.json()["files"]}


def status(server: LiveServer) -> dict[str, Any]:
    answer = server.request("GET", STATUS, auth=server.admin)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()
    return data


def command(
    server: LiveServer, *arguments: str, password: str | None = None
) -> subprocess.CompletedProcess[str]:
    """``devpi-artifactory search`` as the administrator, with no terminal."""
    given = server.admin[1] if password is None else password
    environment = {**server.environment, "DEVPI_ARTIFACTORY_PASSWORD": given}
    if not given:
        del environment["DEVPI_ARTIFACTORY_PASSWORD"]
    return subprocess.run(
        [COMMAND, "search", *arguments, "--url", server.url],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# the command


def test_command_builds_anew_and_shows_how_it_is(make_server: MakeServer) -> None:
    server = start(make_server)
    for number in range(3):
        deploy(server, f"a/{number}.txt", server.login())
    assert len(found(server)) == 3
    before = status(server)["active"]["id"]

    built = command(server, "rebuild")

    assert built.returncode == 0, built.stderr
    # the files, their folder, and the root
    assert built.stdout == "The search database is built: 5 items.\n"
    assert status(server)["active"]["id"] != before
    assert len(found(server)) == 3
    shown = command(server, "status")
    assert shown.returncode == 0
    assert f"{server.serverdir}/artifactory-search.sqlite" in shown.stdout
    assert "5 items" in shown.stdout


def test_command_says_in_one_line_why_it_cannot(make_server: MakeServer) -> None:
    server = start(make_server)

    wrong = command(server, "rebuild", password="wrong")
    none = command(server, "status", password="")
    server.stop()
    gone = command(server, "rebuild")

    for answer, said in (
        (wrong, "does not take the password of user 'root'"),
        (none, "set DEVPI_ARTIFACTORY_PASSWORD, or write it into ~/.netrc"),
        (gone, "cannot be reached"),
    ):
        assert answer.returncode == 2
        assert said in answer.stderr
        assert answer.stderr.count("\n") == 1
        assert answer.stdout == ""


def test_command_finds_the_password_in_netrc(make_server: MakeServer) -> None:
    server = start(make_server)
    user, password = server.admin
    netrc = server.home / ".netrc"
    netrc.write_text(f"machine {server.host} login {user} password {password}\n")
    netrc.chmod(0o600)

    assert command(server, "status", password="").returncode == 0
    assert command(server, "status", "--user", "other", password="").returncode == 2


# a life with accidents


class Deployer(threading.Thread):
    """Deploys until it is told to stop or the server is gone; ``done`` is what was answered."""

    def __init__(self, server: LiveServer, name: str) -> None:
        super().__init__()
        self._server = server
        self._auth = server.login()
        self._folder = name
        self.done: set[str] = set()
        self.stop = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            path = f"{self._folder}/{number}.txt"
            try:
                deploy(self._server, path, self._auth)
            except OSError:
                # the server was killed
                return
            self.done.add(path)
            number += 1


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HAPPENS_WITHIN
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_server_that_is_killed_finds_everything_after_its_next_start(
    make_server: MakeServer,
) -> None:
    server = start(make_server)
    for life in range(3):
        deployers = [Deployer(server, f"{life}-{each}") for each in range(2)]
        for deployer in deployers:
            deployer.start()
        until(lambda: all(len(each.done) >= 10 for each in deployers))  # noqa: B023 - within the loop
        found(server)
        server.kill()
        for deployer in deployers:
            deployer.join()
        server.start()
        assert {path for each in deployers for path in each.done} <= found(server)
        assert found(server) == listed(server)

    fed = found(server)
    assert command(server, "rebuild").returncode == 0
    assert found(server) == fed
    assert "Traceback" not in (server.serverdir / "devpi-server.log").read_text()


def test_server_that_is_killed_while_it_builds_builds_again(make_server: MakeServer) -> None:
    server = start(make_server)
    auth = server.login()
    for number in range(20):
        deploy(server, f"a/{number}.txt", auth)
    before = found(server)
    assert server.request("POST", f"{STATUS}/rebuild", auth=server.admin).status_code == 202
    server.kill()

    server.start()

    assert found(server) == before
    until(lambda: status(server)["rebuild"] is None)
    assert command(server, "rebuild").returncode == 0
    assert found(server) == before


def test_searches_and_deployments_go_on_while_the_database_is_built(
    make_server: MakeServer,
) -> None:
    server = start(make_server)
    deployer = Deployer(server, "a")
    deployer.start()
    try:
        until(lambda: len(deployer.done) >= 5)
        for _ in range(3):
            before = set(deployer.done)
            assert command(server, "rebuild").returncode == 0
            assert before <= found(server)
    finally:
        deployer.stop.set()
        deployer.join()
    assert found(server) == deployer.done == listed(server)


def test_damaged_file_of_a_running_server_is_replaced(make_server: MakeServer) -> None:
    server = start(make_server)
    deploy(server, "a/1.txt", server.login())
    assert found(server) == {"a/1.txt"}
    server.stop()
    path = server.serverdir / "artifactory-search.sqlite"
    # no companion is left after a clean end
    assert not Path(f"{path}-wal").exists()
    path.write_bytes(path.read_bytes()[:100] + b"\xa5" * 100_000)

    server.start()

    assert found(server) == {"a/1.txt"}
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


# replicas, PostgreSQL


@pytest.fixture
def pair(make_server: MakeServer, tmp_path: Path) -> tuple[LiveServer, LiveServer]:
    secret = tmp_path / "secret"
    secret.write_text(secrets.token_hex(32))
    secret.chmod(0o600)
    primary = start(make_server, "--role", "primary", "--secretfile", str(secret))
    replica = make_server(
        devpi_options=[
            *("--role", "replica", "--primary-url", primary.url),
            *("--secretfile", str(secret)),
        ]
    )
    return primary, replica


def test_replica_finds_what_has_arrived_in_a_database_of_its_own(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    primary, replica = pair
    for number in range(3):
        deploy(primary, f"a/{number}.txt", primary.login())

    until(lambda: len(found(replica)) == 3)
    assert found(replica) == found(primary)

    before = [status(each)["active"]["id"] for each in pair]
    assert before[0] != before[1]
    assert command(replica, "rebuild").returncode == 0
    after = [status(each)["active"]["id"] for each in pair]
    assert after[0] == before[0]
    assert after[1] != before[1]
    deploy(replica, "a/by-replica.txt", primary.login())
    until(lambda: "a/by-replica.txt" in found(replica))
    assert "a/by-replica.txt" in found(primary)


def test_database_in_postgresql(make_server: MakeServer, postgres_url: str) -> None:
    server = start(make_server, "--artifactory-search-database", postgres_url)
    deployer = Deployer(server, "a")
    deployer.start()
    until(lambda: len(deployer.done) >= 5)
    assert command(server, "rebuild").returncode == 0
    server.kill()
    deployer.join()
    server.start()

    assert found(server) == listed(server) >= deployer.done
    assert "postgresql" in command(server, "status").stdout
    assert not (server.serverdir / "artifactory-search.sqlite").exists()
