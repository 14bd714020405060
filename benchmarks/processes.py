"""Servers that are measured: a live server process, and the upstream behind it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path
import httpx
import socket
import subprocess
import sys
import tempfile
import threading
import time


PASSWORD = "benchmark"
START_WITHIN = 120


@contextmanager
def upstream(pages: Mapping[str, bytes]) -> Iterator[str]:
    """The URL of a server that has pages of JSON, by their paths."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Server:
    """A running server process and the directory that it keeps everything in."""

    url: str
    pid: int
    directory: Path

    @property
    def search_database(self) -> Path:
        return self.directory / "artifactory-search.sqlite"


@contextmanager
def live_server() -> Iterator[Server]:
    """A new server process without repositories; stopped and removed at the end."""
    with tempfile.TemporaryDirectory() as home, Path(home, "output").open("wb") as output:
        port = _free_port()
        command = [
            *(str(Path(sys.executable).with_name("devpi-artifactory")), "serve"),
            *("--serverdir", f"{home}/serverdir", "--port", str(port)),
            *("--admin-password", PASSWORD, "--no-default-repositories"),
        ]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/+api", process, Path(output.name))
            yield Server(url, process.pid, Path(home, "serverdir"))
        finally:
            process.terminate()
            process.wait()


def create_repository(server_url: str, key: str, **fields: object) -> None:
    answer = httpx.put(
        f"{server_url}/artifactory/api/repositories/{key}",
        json={"packageType": "pypi", **fields},
        auth=("root", PASSWORD),
        trust_env=False,
    )
    answer.raise_for_status()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while not _answers(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(output.read_text())
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10, trust_env=False).is_success
    except httpx.TransportError:
        return False
