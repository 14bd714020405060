"""Large files pass through the server in pieces."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from scene import Administrator
from server import LiveServer
import pytest
import sys


MIB = 1024 * 1024
SIZE = 256 * MIB

#: what the server's memory may grow by; the whole file would be more
GROWTH = 100 * MIB


def pieces() -> Iterator[bytes]:
    """Each piece is another, so that nothing gains from their being alike."""
    for number in range(SIZE // MIB):
        yield number.to_bytes(4, "big") * (MIB // 4)


def peak_memory(server: LiveServer, *, reset: bool = False) -> int:
    """The most that the process has had in memory, in bytes, since it was last reset."""
    process = Path("/proc") / str(server.pid)
    if reset:
        (process / "clear_refs").write_text("5")
    for line in (process / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel tells no peak")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_large_file_of_unknown_length_does_not_go_through_memory(
    make_server: Callable[..., LiveServer],
) -> None:
    server = make_server(options=["--no-default-repositories"])
    Administrator(server).create("large", "local")
    server.request("GET", "/artifactory/api/system/ping")
    before = peak_memory(server, reset=True)

    answer = server.request(
        "PUT", "/artifactory/large/big.bin", auth=server.admin, data=pieces(), timeout=300
    )

    assert answer.status_code == 201
    assert answer.json()["size"] == str(SIZE)
    digest = sha256()
    with server.request("GET", "/artifactory/large/big.bin", stream=True, timeout=300) as body:
        for piece in body.iter_content(MIB):
            digest.update(piece)
    assert digest.hexdigest() == answer.json()["checksums"]["sha256"]
    assert peak_memory(server) - before < GROWTH
