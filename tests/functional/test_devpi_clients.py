"""devpi-client beside our REST calls on a live server: each sees at once what the other did."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from server import LiveServer
from server import clean_environment
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
import os
import pytest
import signal
import subprocess
import sys


ALONE = ["--no-default-repositories"]


class Devpi:
    """devpi-client, logged in as root."""

    def __init__(self, server: LiveServer, home: Path) -> None:
        self._command = str(Path(sys.executable).with_name("devpi"))
        self._clientdir = str(home / "client")
        # the client asks its environment for pip
        self._environment = clean_environment(home, PATH=os.environ["PATH"])
        self._home = home
        self("use", server.url)
        self("login", server.admin[0], "--password", server.admin[1])

    def __call__(self, *words: str) -> str:
        name, *rest = words
        done = subprocess.run(
            [self._command, name, "--clientdir", self._clientdir, *rest],
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=self._home,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def upload(self, index: str, name: str, version: str) -> None:
        file = self._home / wheel_filename(name, version)
        file.write_bytes(make_wheel(name, version))
        self("use", index)
        self("upload", str(file))


@pytest.fixture
def live(make_server: Callable[..., LiveServer]) -> LiveServer:
    server: LiveServer = make_server(options=ALONE)
    for key in ("dev", "prod"):
        body = {"rclass": "local", "packageType": "pypi"}
        url = f"/artifactory/api/repositories/{key}"
        assert server.request("PUT", url, auth=server.admin, json=body).ok
    return server


def path_of(name: str, version: str) -> str:
    return f"{name}/{version}/{wheel_filename(name, version)}"


def item(server: LiveServer, path: str, query: str = "") -> Any:
    answer = server.request("GET", f"/artifactory/api/storage/{path}{query}")
    return answer.json() if answer.ok else answer.status_code


def pypi_properties(server: LiveServer, path: str) -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = item(server, path, "?properties")["properties"]
    return found


def test_upload_push_and_remove_by_devpi_client_show_at_once(live: LiveServer, home: Path) -> None:
    devpi = Devpi(live, home)
    path = path_of("demo", "1.0")

    devpi.upload("repo/dev", "demo", "1.0")
    info = item(live, f"dev/{path}")
    assert info["createdBy"] == "root"
    assert pypi_properties(live, f"dev/{path}")["pypi.name"] == ["demo"]
    assert live.request("GET", f"/artifactory/dev;pypi.version=1.0/{path}").ok

    devpi("use", "repo/dev")
    devpi("push", "demo==1.0", "repo/prod")
    pushed = item(live, f"prod/{path}")
    assert pushed["checksums"] == info["checksums"]
    properties = pypi_properties(live, f"prod/{path}")
    assert properties["pypi.normalized.name"] == ["demo"]
    assert properties["pypi.version"] == ["1.0"]
    assert "demo" in live.request("GET", f"{live.index_url('prod')}/").text

    devpi("remove", "-y", "demo==1.0")
    assert item(live, f"dev/{path}") == 404
    assert live.request("GET", f"/artifactory/dev/{path}").status_code == 404
    assert live.request("GET", f"{live.index_url('dev')}/demo/").status_code == 404
    assert item(live, f"prod/{path}")["size"] == pushed["size"]


def test_our_calls_show_to_devpi_client_at_once(live: LiveServer, home: Path) -> None:
    devpi = Devpi(live, home)
    path = path_of("demo", "1.0")
    url = f"/artifactory/dev;pypi.name=demo;pypi.version=1.0/{path}"
    wheel = make_wheel("demo", "1.0")

    assert live.request("PUT", url, auth=live.admin, data=wheel).status_code == 201
    devpi("use", "repo/dev")
    assert wheel_filename("demo", "1.0") in devpi("list", "demo")
    devpi("push", "demo==1.0", "repo/prod")
    assert item(live, f"prod/{path}")["size"] == str(len(wheel))


def test_uploads_of_many_show_at_once_under_load(live: LiveServer) -> None:
    """Each of several who upload by devpi's own route reads at once what they uploaded."""
    login = live.request(
        "POST", "/+login", json={"user": live.admin[0], "password": live.admin[1]}
    ).json()
    auth = (live.admin[0], login["result"]["password"])

    def upload_and_look(name: str) -> list[int]:
        seen = []
        for number in range(6):
            version = f"1.{number}"
            form = {":action": "file_upload", "name": name, "version": version}
            content = (wheel_filename(name, version), make_wheel(name, version))
            answer = live.request(
                "POST", "/repo/dev/", auth=auth, data=form, files={"content": content}
            )
            assert answer.ok, answer.text
            found = live.request(
                "GET", f"/artifactory/api/storage/dev/{path_of(name, version)}?properties"
            )
            seen.append(found.status_code)
        return seen

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(upload_and_look, [f"demo{n}" for n in range(4)]))
    assert results == [[200] * 6] * 4


def test_index_that_is_not_volatile_keeps_its_files(live: LiveServer, home: Path) -> None:
    devpi = Devpi(live, home)
    devpi.upload("repo/dev", "demo", "1.0")
    devpi("index", "repo/dev", "volatile=False")
    path = path_of("demo", "1.0")
    before = item(live, f"dev/{path}")["checksums"]

    for url in (f"/artifactory/dev/{path}", f"/artifactory/dev;pypi.name=demo/{path}"):
        answer = live.request("PUT", url, auth=live.admin, data=b"other content")
        assert answer.status_code == 409, answer.text
    form = {":action": "file_upload", "name": "demo", "version": "1.0"}
    other = (wheel_filename("demo", "1.0"), make_wheel("demo", "1.0", files={"x.py": "1"}))
    answer = live.request(
        "POST", live.upload_url("dev"), auth=live.admin, data=form, files={"content": other}
    )
    assert answer.status_code == 409, answer.text
    assert item(live, f"dev/{path}")["checksums"] == before


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_counts_of_downloads_outlive_the_server(live: LiveServer, end: signal.Signals) -> None:
    live.request("PUT", "/artifactory/dev/x.txt", auth=live.admin, data=b"x")
    for _ in range(3):
        assert live.request("GET", "/artifactory/dev/x.txt", auth=live.admin).ok
    assert item(live, "dev/x.txt", "?stats")["downloadCount"] == 3

    assert live.stop(end) == 0
    live.start()

    shown = item(live, "dev/x.txt", "?stats")
    assert (shown["downloadCount"], shown["lastDownloadedBy"]) == (3, "root")
