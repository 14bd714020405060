"""Many clients at once of a live server, for what is not cached yet."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from scene import Administrator
from scene import Scene
from scene import tracebacks
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from threading import Barrier
import pytest
import requests


#: as many as the server serves at once by default
CLIENTS = 50

#: does not fit into the buffers between the upstream and the clients
WHEEL = make_wheel("wanted", "1.0", files={"wanted/data.txt": Random(1).randbytes(1_000_000).hex()})
NAME = wheel_filename("wanted", "1.0")

TIMEOUT = 60


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        running.put_project("wanted", {NAME: WHEEL})
        yield running


@pytest.fixture
def key(scene: Scene, upstream: Upstream) -> Iterator[str]:
    """A new remote at the upstream; the server logs no traceback meanwhile."""
    name = f"wanted-{upstream.url.rpartition(':')[2]}"
    Administrator(scene.server).create(
        name, "remote", url=f"{upstream.url}/files", pyPIRegistryUrl=upstream.url
    )
    yield name
    assert tracebacks(scene.server) == []


def get(url: str) -> requests.Response:
    """The answer's head; its body is still to be read."""
    session = requests.Session()
    session.trust_env = False
    return session.get(url, stream=True, timeout=TIMEOUT)


def test_one_download_serves_all_while_it_arrives(
    scene: Scene, upstream: Upstream, key: str
) -> None:
    """Each has its first bytes before the upstream has sent the last ones."""
    (path,) = (path for path in upstream.answers if path.endswith(NAME))
    gate = upstream.hold(path, after=len(WHEEL) // 2)
    all_have_begun = Barrier(CLIENTS, action=gate.open, timeout=TIMEOUT)
    url = f"{scene.server.upload_url(key)}/packages{path}"

    def download(_: int) -> bytes:
        with get(url) as answer:
            pieces = answer.iter_content(1000)
            first = next(pieces)
            all_have_begun.wait()
            return first + b"".join(pieces)

    with ThreadPoolExecutor(CLIENTS) as pool:
        bodies = list(pool.map(download, range(CLIENTS)))

    assert all(body == WHEEL for body in bodies)
    assert upstream.paths.count(path) == 1
    assert get(url).content == WHEEL
    assert upstream.paths.count(path) == 1


def test_one_request_fetches_the_page_for_all(scene: Scene, upstream: Upstream, key: str) -> None:
    page = "/simple/wanted/"
    gate = upstream.hold(page, after=10)
    all_ask = Barrier(CLIENTS + 1, timeout=TIMEOUT)

    def ask(_: int) -> tuple[int, str]:
        all_ask.wait()
        with get(f"{scene.index_url(key)}/wanted/") as answer:
            return answer.status_code, answer.text

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = pool.map(ask, range(CLIENTS))
        all_ask.wait()
        assert gate.reached.wait(TIMEOUT)
        gate.open()
        different = set(answers)

    ((status, text),) = different
    assert status == 200
    assert NAME in text
    assert upstream.paths.count(page) == 1
