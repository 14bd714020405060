"""Files of a remote that many want at the same time, on their way from a slow upstream."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from devpi_artifactory_compat.views.files import BrokenOff
from hashlib import sha256
from pathlib import Path
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.archives import make_wheel
from support.archives import metadata_of
from support.archives import wheel_filename
from support.upstream import Upstream
from threading import Barrier
import os
import pytest
import random


LARGE = random.Random(1).randbytes(400_000)
SDIST = "demo-1.0.tar.gz"
WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")

#: more than what is held back of every file until all of it is there
BEGINNING = 200_000


class Scene:
    """A remote ``r`` with a large sdist at its upstream."""

    def __init__(self, artifactory: Artifactory, upstream: Upstream) -> None:
        self.artifactory = artifactory
        self.upstream = upstream
        # a failure is to be forgotten at once
        artifactory.create_remote("r", upstream.url, assumedOfflinePeriodSecs=0)
        upstream.put_project("demo", {SDIST: LARGE, NAME: WHEEL})

    def path(self, filename: str = SDIST) -> str:
        """Of the file at the upstream."""
        return next(path for path in self.upstream.answers if path.endswith(f"/{filename}"))

    def url(self, filename: str = SDIST) -> str:
        return f"api/pypi/r/packages{self.path(filename)}"

    def asked(self, suffix: str = SDIST) -> int:
        return sum(path.endswith(suffix) for path in self.upstream.paths)

    def open(self, url: str | None = None) -> Download:
        """Like a client that has the answer's head and its first bytes."""
        status, body = self.artifactory.open(self.url() if url is None else url)
        assert status == 200
        return Download(body)

    @property
    def files(self) -> Path:
        return Path(self.artifactory.xom.config.server_path, "+files")

    @property
    def arriving(self) -> list[Path]:
        return list((self.files / "+downloads").iterdir())


class Download:
    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self._pieces = iter(body)
        self.received = next(self._pieces)

    def finish(self) -> bytes:
        try:
            for piece in self._pieces:
                self.received += piece
        finally:
            self.leave()
        return self.received

    def leave(self) -> None:
        self._body.close()  # type: ignore[attr-defined]


@pytest.fixture
def scene(artifactory: Artifactory, upstream: Upstream) -> Scene:
    return Scene(artifactory, upstream)


def test_fifty_clients_cause_one_download_and_all_follow_it(scene: Scene) -> None:
    """The first bytes do not wait for the last: all have some when the upstream goes on."""
    gate = scene.upstream.hold(scene.path(), after=BEGINNING)
    together = Barrier(51, timeout=60)
    url = scene.url()

    def fetch(_number: int) -> bytes:
        download = scene.open(url)
        together.wait()
        return download.finish()

    with ThreadPoolExecutor(50) as pool:
        answers = [pool.submit(fetch, number) for number in range(50)]
        together.wait()
        gate.open()

    assert {answer.result() for answer in answers} == {LARGE}
    assert scene.asked() == 1


def test_fifty_clients_of_a_small_file_cause_one_download(scene: Scene) -> None:
    """However they meet its end: joining the download, or finding what it has kept."""
    together = Barrier(50, timeout=60)
    url = scene.url(NAME)

    def fetch(_number: int) -> bytes:
        together.wait()
        return scene.open(url).finish()

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(fetch, range(50))) == {WHEEL}

    assert scene.asked(NAME) == 1


def test_client_that_goes_away_does_not_end_it_for_others(scene: Scene) -> None:
    gate = scene.upstream.hold(scene.path(), after=BEGINNING)
    first, second = scene.open(), scene.open()

    first.leave()
    gate.open()

    assert second.finish() == LARGE
    assert scene.asked() == 1


def test_download_goes_on_when_everybody_has_gone(scene: Scene) -> None:
    gate = scene.upstream.hold(scene.path(), after=BEGINNING)
    scene.open().leave()
    gate.open()

    assert scene.open().finish() == LARGE
    assert scene.asked() == 1


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(LARGE[:-1] + b"?", "its page promises"), (LARGE[:-1], "broke off")],
    ids=["wrong hash", "truncated"],
)
def test_broken_file_is_complete_for_nobody_and_not_kept(
    scene: Scene, sent: bytes, reason: str
) -> None:
    path, url = scene.path(), scene.url()
    scene.upstream.put(path, sent, length=len(LARGE))
    gate = scene.upstream.hold(path, after=BEGINNING)
    clients = [scene.open() for _ in range(5)]

    gate.open()

    for client in clients:
        with pytest.raises(BrokenOff, match=reason):
            client.finish()
        assert LARGE.startswith(client.received)
        assert len(client.received) < len(LARGE)
    assert scene.arriving == []
    assert scene.artifactory.get(url.replace("api/pypi/r/", "r-cache/")).status_code == 404
    scene.upstream.put(path, LARGE)
    assert scene.open().finish() == LARGE


def test_failure_before_the_first_byte_is_an_answer(scene: Scene) -> None:
    url = scene.url()
    scene.artifactory.get("api/pypi/r/simple/demo")
    for status, expected in ((404, 404), (500, 502)):
        scene.upstream.failing = status
        answer = scene.artifactory.get(url)
        assert answer.status_code == expected
        assert errors_of(answer)

    scene.upstream.failing = None
    assert scene.open().finish() == LARGE


def test_upstream_that_hangs_before_the_first_byte_is_a_timeout(scene: Scene) -> None:
    settings = {"socketTimeoutMillis": 50}
    scene.artifactory.request("POST", "api/repositories/r", user=ADMIN, body=settings)
    scene.upstream.hold(scene.path(), after=0)

    assert scene.artifactory.get(scene.url()).status_code == 504


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_part_or_size_of_a_file_waits_for_the_same_download(scene: Scene, method: str) -> None:
    """A range, and the size of a file that the upstream's page does not tell."""
    digest = sha256(LARGE).hexdigest()
    page = f'<a href="{scene.path()}#sha256={digest}">{SDIST}</a>'
    scene.upstream.put("/simple/demo/", page)
    gate = scene.upstream.hold(scene.path(), after=BEGINNING)
    client = scene.open()
    headers = {"Range": "bytes=-10"} if method == "GET" else {}

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(scene.artifactory.request, method, scene.url(), headers=headers)
        gate.open()
        assert client.finish() == LARGE

    if method == "GET":
        assert answer.result().status_code == 206
        assert answer.result().body == LARGE[-10:]
    else:
        assert answer.result().content_length == len(LARGE)
    assert scene.asked() == 1


def test_nobody_waits_to_write_while_an_upstream_is_slow(scene: Scene) -> None:
    """The request stores the page of the project, and then waits for the file."""
    scene.artifactory.create("l")
    gate = scene.upstream.hold(scene.path(), after=0)

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(scene.artifactory.get, scene.url())
        assert gate.reached.wait(60)
        scene.artifactory.upload_wheel("l", "other", "1.0")
        gate.open()

    assert answer.result().body == LARGE


def test_downloaded_file_is_moved_and_not_copied(scene: Scene) -> None:
    """As readable for others as devpi's own files: a web server may serve them."""
    gate = scene.upstream.hold(scene.path(), after=BEGINNING)
    client = scene.open()
    (arriving,) = scene.arriving
    before = arriving.stat()
    gate.open()
    client.finish()

    (stored,) = scene.files.rglob(SDIST)

    after = stored.stat()
    assert (after.st_ino, after.st_nlink) == (before.st_ino, 1)
    assert stored.read_bytes() == LARGE
    plain = stored.with_name("plain")
    plain.touch()
    assert after.st_mode == plain.stat().st_mode
    assert scene.arriving == []


def test_file_is_copied_where_there_are_no_hard_links(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)

    assert scene.open().finish() == LARGE
    (stored,) = scene.files.rglob(SDIST)
    assert stored.read_bytes() == LARGE


def test_leftovers_of_a_killed_server_are_removed(scene: Scene) -> None:
    scene.open().finish()
    leftover = scene.files / "+downloads" / "leftover"
    leftover.touch()
    os.utime(leftover, (1000, 1000))

    scene.open(scene.url(NAME)).finish()

    assert not leftover.exists()


def test_repository_that_is_deleted_meanwhile_keeps_nothing(scene: Scene) -> None:
    gate = scene.upstream.hold(scene.path(), after=BEGINNING)
    client = scene.open()
    gone = scene.artifactory.request("DELETE", "api/repositories/r", user=ADMIN)
    assert gone.status_code == 200
    gate.open()

    with pytest.raises(BrokenOff, match="removed"):
        client.finish()

    assert not list(scene.files.rglob(SDIST))


@pytest.mark.parametrize("own", [True, False], ids=["of the upstream", "in the wheel"])
def test_clients_of_metadata_share_one_request(scene: Scene, *, own: bool) -> None:
    if own:
        details = {"core-metadata": {"sha256": sha256(metadata_of(WHEEL)).hexdigest()}}
        scene.upstream.put_project("demo", {NAME: WHEEL}, details=details)
        scene.upstream.put(f"{scene.path(NAME)}.metadata", metadata_of(WHEEL))
    together = Barrier(20, timeout=60)
    url = f"{scene.url(NAME)}.metadata"

    def fetch(_number: int) -> bytes:
        together.wait()
        return scene.open(url).finish()

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(fetch, range(20))) == {metadata_of(WHEEL)}

    assert scene.asked(".metadata") + scene.asked(NAME) == 1


class TestArtifactsThatAreNotStored:
    """``storeArtifactsLocally=false``"""

    @pytest.fixture
    def scene(self, scene: Scene) -> Scene:
        settings = {"storeArtifactsLocally": False}
        scene.artifactory.request("POST", "api/repositories/r", user=ADMIN, body=settings)
        return scene

    def test_every_request_is_the_upstreams(self, scene: Scene) -> None:
        for _ in range(2):
            assert scene.open().finish() == LARGE

        assert scene.asked() == 2
        assert not list(scene.files.rglob(SDIST))

    def test_first_bytes_do_not_wait_for_the_last(self, scene: Scene) -> None:
        gate = scene.upstream.hold(scene.path(), after=BEGINNING)
        client = scene.open()
        gate.open()

        assert client.finish() == LARGE

    def test_broken_file_is_complete_for_nobody(self, scene: Scene) -> None:
        scene.upstream.put(scene.path(), LARGE[:-1] + b"?")
        client = scene.open()

        with pytest.raises(BrokenOff, match="its page promises"):
            client.finish()

        assert len(client.received) < len(LARGE)

    def test_range(self, scene: Scene) -> None:
        answer = scene.artifactory.get(scene.url(), headers={"Range": "bytes=5-9"})

        assert answer.status_code == 206
        assert answer.body == LARGE[5:10]
        assert scene.arriving == []

    def test_metadata_of_a_wheel(self, scene: Scene) -> None:
        assert scene.open(f"{scene.url(NAME)}.metadata").finish() == metadata_of(WHEEL)
        assert not list(scene.files.rglob(f"{NAME}*"))
