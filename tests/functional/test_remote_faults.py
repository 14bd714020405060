"""Upstreams that fail, behind a live server, and what installers make of it."""

from __future__ import annotations

from clients import Client
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from installing import NEWEST
from installing import Pip
from installing import installed
from installing import pip_client
from pathlib import Path
from random import Random
from scene import Administrator
from scene import Scene
from scene import tracebacks
from support.archives import make_wheel
from support.archives import wheel_filename
from support.faulty import Fault
from support.faulty import FaultyUpstream
from support.faulty import answers
from support.faulty import hangs_after
from support.faulty import head
from support.faulty import sends
from support.upstream import JSON
import json
import pytest
import requests
import subprocess


#: ends long before a fault that hangs does, and long after the answer of a server that is well
TIMEOUT_MILLIS = 1000

SMALL = make_wheel("broken", "1.0")
#: more than what is held back until the whole file is known to be right
LARGE = make_wheel("broken", "1.0", files={"broken/data.txt": Random(1).randbytes(300_000).hex()})
OTHER = make_wheel("broken", "1.0", summary="Not what the page promises")
NAME = wheel_filename("broken", "1.0")

GARBAGE = answers(200, f"Content-Type: {JSON}", body=b'{"meta": {"api-version"')
CUT_OFF = sends(head(200, f"Content-Type: {JSON}", "Content-Length: 1000") + b'{"meta": ')

FAULTS_OF_PAGES = {
    "hangs": (hangs_after(), 504),
    "hangs-in-the-body": (hangs_after(head(200, "Content-Length: 1000") + b"<a "), 504),
    "unavailable": (answers(503), 502),
    "garbage": (GARBAGE, 502),
    "cut-off": (CUT_OFF, 502),
}


@dataclass(frozen=True)
class Installers:
    """Real clients with empty caches that do not try again."""

    scene: Scene
    pip: Pip
    uv: Client

    def by_pip(self, key: str, target: Path) -> subprocess.CompletedProcess[str]:
        return self.pip.install(
            *("--no-cache-dir", "--retries", "0", "broken"),
            into=target,
            index_url=self.scene.index_url(key),
            check=False,
        )

    def by_uv(self, key: str, target: Path) -> subprocess.CompletedProcess[str]:
        return self.uv.run(
            *("uv", "pip", "install", "--no-cache", "--default-index", self.scene.index_url(key)),
            *("--target", str(target), "broken"),
            home=self.pip.home,
            check=False,
            env={"UV_HTTP_RETRIES": "0"},
        )


@pytest.fixture
def installers(scene: Scene, uv: Client, home: Path) -> Installers:
    return Installers(scene, Pip(pip_client(NEWEST), home), uv)


@pytest.fixture
def upstream() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        running.put_project("broken", {NAME: SMALL})
        yield running


@pytest.fixture
def key(scene: Scene, upstream: FaultyUpstream) -> Iterator[str]:
    """A new remote that asks its upstream each time; the server logs no traceback meanwhile."""
    name = f"faulty-{upstream.url.rpartition(':')[2]}"
    Administrator(scene.server).create(
        name,
        "remote",
        url=f"{upstream.url}/files",
        pyPIRegistryUrl=upstream.url,
        socketTimeoutMillis=TIMEOUT_MILLIS,
        retrievalCachePeriodSecs=0,
        missedRetrievalCachePeriodSecs=0,
        assumedOfflinePeriodSecs=0,
    )
    yield name
    assert tracebacks(scene.server) == []


def fetch(scene: Scene, key: str, path: str) -> requests.Response:
    return scene.server.request("GET", f"{scene.server.upload_url(key)}/{path}")


def is_cached(scene: Scene, key: str, path: str) -> bool:
    url = f"{scene.server.api_url}/{key}-cache/packages{path}"
    return scene.server.request("GET", url).status_code == 200


def path_of_file(upstream: FaultyUpstream) -> str:
    (path,) = (path for path in upstream.answers if path.endswith(NAME))
    return path


@pytest.mark.parametrize("name", FAULTS_OF_PAGES)
def test_cached_content_is_installed_whatever_the_upstream_does(
    installers: Installers, upstream: FaultyUpstream, key: str, tmp_path: Path, name: str
) -> None:
    installers.by_uv(key, tmp_path / "before")
    upstream.everything, _ = FAULTS_OF_PAGES[name]

    installers.by_pip(key, tmp_path / "by-pip")
    installers.by_uv(key, tmp_path / "by-uv")

    for target in ("before", "by-pip", "by-uv"):
        assert installed(tmp_path / target) == {"broken": "1.0"}


@pytest.mark.parametrize("name", FAULTS_OF_PAGES)
def test_page_that_is_not_cached_is_a_clear_failure(
    installers: Installers, upstream: FaultyUpstream, key: str, tmp_path: Path, name: str
) -> None:
    """Within the time limit, and for the time of the fault only."""
    upstream.everything, status = FAULTS_OF_PAGES[name]

    answer = fetch(installers.scene, key, "simple/broken/")
    results = installers.by_pip(key, tmp_path / "none"), installers.by_uv(key, tmp_path / "none")

    # a fault that hangs ends by a closed connection, which is no time-out: 504 came before
    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert "upstream" in error["message"] or upstream.url in error["message"]
    assert all(result.returncode != 0 for result in results)
    assert "broken" in results[0].stderr
    assert str(status) in results[1].stderr
    assert not installed(tmp_path / "none")

    upstream.everything = None
    installers.by_uv(key, tmp_path / "after")
    assert installed(tmp_path / "after") == {"broken": "1.0"}


def hanging(body: bytes) -> Fault:
    return hangs_after(head(200, f"Content-Length: {len(body)}") + body[: len(body) // 2])


def truncated(body: bytes) -> Fault:
    return sends(head(200, f"Content-Length: {len(body)}") + body[: len(body) // 2])


def unavailable(body: bytes) -> Fault:
    return answers(503)


def replaced(body: bytes) -> Fault:
    return answers(200, body=OTHER)


@pytest.mark.parametrize("fault", [hanging, truncated, unavailable, replaced])
def test_file_that_does_not_come_right_is_neither_installed_nor_kept(
    installers: Installers,
    upstream: FaultyUpstream,
    key: str,
    tmp_path: Path,
    fault: Callable[[bytes], Fault],
) -> None:
    """A small one: the failure is an answer with its reason."""
    path = path_of_file(upstream)
    upstream.faults = {path: fault(SMALL), f"{path}.metadata": answers(404)}

    answer = fetch(installers.scene, key, f"packages{path}")
    results = installers.by_pip(key, tmp_path / "none"), installers.by_uv(key, tmp_path / "none")

    assert answer.status_code == (504 if fault is hanging else 502)
    assert answer.json()["errors"][0]["message"]
    assert all(result.returncode != 0 for result in results)
    assert not installed(tmp_path / "none")
    assert not is_cached(installers.scene, key, path)

    upstream.faults.clear()
    installers.by_pip(key, tmp_path / "after")
    assert installed(tmp_path / "after") == {"broken": "1.0"}
    assert fetch(installers.scene, key, f"packages{path}").content == SMALL


@pytest.mark.parametrize("length", [f"Content-Length: {len(LARGE)}", "Transfer-Encoding: chunked"])
def test_large_file_that_breaks_off_is_never_complete(
    installers: Installers, upstream: FaultyUpstream, key: str, tmp_path: Path, length: str
) -> None:
    """The answer has begun: its end does not come, so that no client takes it for all."""
    upstream.answers.clear()
    upstream.put_project("broken", {NAME: LARGE})
    path = path_of_file(upstream)
    half = LARGE[: len(LARGE) // 2]
    chunk = b"%x\r\n%b\r\n" % (len(half), half) if "chunked" in length else half
    upstream.faults[path] = hangs_after(head(200, length) + chunk)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        fetch(installers.scene, key, f"packages{path}")
    results = installers.by_pip(key, tmp_path / "none"), installers.by_uv(key, tmp_path / "none")

    assert all(result.returncode != 0 for result in results)
    assert not installed(tmp_path / "none")
    assert not is_cached(installers.scene, key, path)

    upstream.faults.clear()
    assert fetch(installers.scene, key, f"packages{path}").content == LARGE


def test_page_that_promises_another_hash_is_not_believed_for_a_kept_file(
    installers: Installers, upstream: FaultyUpstream, key: str, tmp_path: Path
) -> None:
    """The client decides: what is kept is what the upstream once sent, unchanged."""
    installers.by_uv(key, tmp_path / "before")
    path = path_of_file(upstream)
    page = json.loads(upstream.answers["/simple/broken/"].body)
    page["files"][0]["hashes"]["sha256"] = "0" * 64
    upstream.put("/simple/broken/", json.dumps(page), JSON)

    result = installers.by_pip(key, tmp_path / "none")

    assert result.returncode != 0
    assert not installed(tmp_path / "none")
    assert fetch(installers.scene, key, f"packages{path}").content == SMALL
