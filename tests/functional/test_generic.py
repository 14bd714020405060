"""Generic repositories of a live server, one of them in front of another live server."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from hashlib import sha256
from server import LiveServer
from typing import Any
import pytest
import random
import requests


MEGABYTE = 1024 * 1024
LARGE_PIECES = 64
OPTIONS = ["--no-default-repositories"]


def pieces() -> Iterator[bytes]:
    """A body of 64 MB that nobody can guess or compress, in pieces."""
    source = random.Random(3)
    for _ in range(LARGE_PIECES):
        yield source.randbytes(MEGABYTE)


def create(server: LiveServer, key: str, rclass: str, **fields: Any) -> None:
    answer = server.request(
        "PUT",
        f"/artifactory/api/repositories/{key}",
        auth=server.admin,
        json={"rclass": rclass, "packageType": "generic", **fields},
    )
    assert answer.ok, answer.text


@pytest.fixture
def chain(make_server: Callable[..., LiveServer]) -> tuple[LiveServer, LiveServer]:
    """A server with the remote ``files``, and its upstream with the local repository ``shared``."""
    upstream = make_server(options=OPTIONS)
    create(upstream, "shared", "local")
    server = make_server(options=OPTIONS)
    create(server, "files", "remote", url=f"{upstream.api_url}/shared")
    create(server, "own", "local")
    create(server, "all", "virtual", repositories=["files", "own"], defaultDeploymentRepo="own")
    return server, upstream


def digest_of(answer: requests.Response) -> tuple[str, int]:
    """Of a body that is read in pieces, with its length."""
    found = sha256()
    size = 0
    for piece in answer.iter_content(MEGABYTE):
        found.update(piece)
        size += len(piece)
    return found.hexdigest(), size


def test_large_file_goes_through_both_in_a_stream(chain: tuple[LiveServer, LiveServer]) -> None:
    """Deployed in chunks without a length, fetched by way of the virtual, and kept."""
    server, upstream = chain
    expected = sha256()
    for piece in pieces():
        expected.update(piece)
    url = f"{upstream.api_url}/shared/big/image.iso"
    deployed = requests.put(url, data=pieces(), auth=upstream.admin, timeout=300)
    assert deployed.status_code == 201
    assert deployed.json()["checksums"]["sha256"] == expected.hexdigest()

    for key in ("all", "files", "files-cache"):
        url = f"{server.api_url}/{key}/big/image.iso"
        with requests.get(url, stream=True, timeout=300) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Length"] == str(LARGE_PIECES * MEGABYTE)
            assert digest_of(answer) == (expected.hexdigest(), LARGE_PIECES * MEGABYTE)

    upstream.stop()
    head = server.request("HEAD", "/artifactory/files/big/image.iso")
    assert head.headers["X-Checksum-Sha256"] == expected.hexdigest()
    part = server.request("GET", "/artifactory/all/big/image.iso", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, next(pieces())[:10])


def test_scratch_files_come_and_go(chain: tuple[LiveServer, LiveServer]) -> None:
    """What a script does: deploy by way of the virtual, look, fetch, delete from the cache."""
    server, upstream = chain
    auth = server.admin

    made = server.request("PUT", "/artifactory/all/tmp/a.txt;job=7", auth=auth, data=b"mine")
    assert (made.status_code, made.json()["repo"]) == (201, "own")
    upstream.request("PUT", "/artifactory/shared/tmp/b.txt", auth=upstream.admin, data=b"theirs")
    assert server.request("GET", "/artifactory/all/tmp/a.txt").content == b"mine"
    assert server.request("GET", "/artifactory/all/tmp/b.txt").content == b"theirs"
    folder = server.request("GET", "/artifactory/api/storage/all/tmp").json()
    assert [child["uri"] for child in folder["children"]] == ["/a.txt", "/b.txt"]
    assert server.request("GET", "/artifactory/all/tmp/c.txt").status_code == 404
    assert server.request("GET", "/artifactory/api/pypi/all/simple/").status_code == 400

    gone = server.request("DELETE", "/artifactory/files-cache/tmp", auth=auth)

    assert gone.status_code == 204
    assert server.request("GET", "/artifactory/files-cache/tmp/b.txt").status_code == 404
    assert server.request("GET", "/artifactory/files/tmp/b.txt").content == b"theirs"
    for running in chain:
        log = (running.serverdir / "devpi-server.log").read_text(encoding="utf-8")
        assert "Traceback" not in log
