"""Files that wait to be resolvable in a server process: real pip, kill -9, a busy repository."""

from __future__ import annotations

from clients import client
from collections.abc import Callable
from pathlib import Path
from server import LiveServer
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
import pytest
import time


MakeServer = Callable[..., LiveServer]

HAPPENS_WITHIN = 90
PAUSE = 0.05

PAGE = {"Accept": "application/vnd.pypi.simple.v1+json"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def server(make_server: MakeServer) -> LiveServer:
    return make_server(devpi_options=["--artifactory-quiet-period", "2"])


def put(server: LiveServer, path: str, body: bytes) -> None:
    answer = server.request("PUT", f"/artifactory/{path}", auth=server.admin, data=body)
    assert answer.status_code == 201, answer.text


def deploy(server: LiveServer, name: str, version: str = "1.0") -> str:
    """A new wheel, deployed without properties; its path."""
    path = f"{name}/{version}/{wheel_filename(name, version)}"
    put(server, f"pypi-local/{path}", make_wheel(name, version))
    return path


def is_resolvable(server: LiveServer, name: str) -> bool:
    url = f"{server.index_url('pypi-local')}/{name}/"
    return server.request("GET", url, headers=PAGE).status_code == 200


def status(server: LiveServer) -> dict[str, Any]:
    answer = server.request("GET", f"{server.upload_url('pypi-local')}/indexing")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HAPPENS_WITHIN
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(PAUSE)


def set_period(server: LiveServer, seconds: int) -> None:
    answer = server.request(
        "POST",
        "/artifactory/api/repositories/pypi-local",
        auth=server.admin,
        json={"quietPeriod": seconds},
    )
    assert answer.status_code == 200, answer.text


def test_deployed_wheel_is_there_at_once_and_installed_after_the_quiet_period(
    server: LiveServer, home: Path, target: Path
) -> None:
    path = deploy(server, "late")
    assert [each["path"] for each in status(server)["waiting"]] == [path]
    assert not is_resolvable(server, "late")
    assert server.request("GET", f"/artifactory/pypi-local/{path}").status_code == 200

    until(lambda: is_resolvable(server, "late"))

    assert status(server)["waiting"] == []
    pip = client("installing-pip-newest", "pip", "setuptools", "wheel")
    index = server.index_url("pypi-local")
    pip.run(
        *("python", "-m", "pip", "install", "--no-cache-dir", "--target", str(target)),
        *("--index-url", index, "late==1.0"),
        home=home,
    )
    assert (target / "late" / "__init__.py").exists()


def test_busy_repository_is_indexed_after_ten_periods_at_the_latest(server: LiveServer) -> None:
    set_period(server, 1)
    deploy(server, "early")
    deadline = time.monotonic() + HAPPENS_WITHIN
    number = 0
    while not is_resolvable(server, "early"):
        assert time.monotonic() < deadline
        number += 1
        put(server, f"pypi-local/notes/{number % 10}.txt", f"note {number}".encode())

    # it was never quiet: other files have come until then
    assert number > 0


def test_killed_server_forgets_no_file_and_indexes_each_once(
    make_server: MakeServer,
) -> None:
    server = make_server(devpi_options=["--artifactory-quiet-period", "3600"])
    names = [f"project{number}" for number in range(40)]
    for name in names:
        deploy(server, name)
    server.kill()

    server.start()
    assert status(server)["waitingCount"] == len(names)
    # while it indexes them it is killed again
    set_period(server, 0)
    until(lambda: any(is_resolvable(server, name) for name in names))
    server.kill()

    server.start()
    until(lambda: status(server)["waitingCount"] == 0)
    assert status(server)["failed"] == []
    for name in names:
        assert is_resolvable(server, name)
        assert uploads_of(server, name) == 1
    log = (server.serverdir / "devpi-server.log").read_text(encoding="utf-8")
    assert "could not be indexed" not in log
    assert "Indexing failed" not in log


def uploads_of(server: LiveServer, name: str) -> int:
    """How often devpi says that the one file of a project was uploaded."""
    answer = server.request("GET", f"/repo/pypi-local/{name}/1.0", headers=JSON)
    (link,) = answer.json()["result"]["+links"]
    return sum(entry["what"] == "upload" for entry in link["log"])


def test_reindex_answers_when_it_is_done(make_server: MakeServer) -> None:
    server = make_server()
    for number in range(5):
        deploy(server, f"project{number}")

    answer = server.request("POST", f"{server.upload_url('pypi-local')}/reindex", auth=server.admin)

    assert answer.status_code == 200, answer.text
    assert "5 files looked at, 5 made resolvable" in answer.text
    assert all(is_resolvable(server, f"project{number}") for number in range(5))
