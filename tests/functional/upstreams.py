"""Servers of others that a remote repository can stand for, as processes of their own."""

from __future__ import annotations

from clients import Client
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from server import QUICK
from server import LiveServer
from server import free_port
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Self
import pytest
import shutil
import socket
import subprocess
import sys
import time


#: the environment of the tests: devpi-server is in it, and twine
HERE = Client(Path(sys.prefix))

START_WITHIN = 30
STOP_WITHIN = 30


class DevpiServer(LiveServer):
    """A devpi-server without repositories of ours; its user ``root`` has no password."""

    def start(self) -> Self:
        if not self.serverdir.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            init = ("devpi-init", "--serverdir", str(self.serverdir), "--no-root-pypi")
            HERE.run(*init, home=self.home)
        return super().start()

    def command(self) -> list[str]:
        address = ("--host", self.host, "--port", str(self.port))
        serverdir = ("--serverdir", str(self.serverdir))
        return [HERE.command("devpi-server"), *serverdir, *address, *QUICK]

    def __exit__(self, *_: object) -> None:
        # devpi-server itself has no answer to SIGTERM
        self.kill()

    def create_index(self, user: str, index: str, *, password: str) -> None:
        answers = [
            self.request("PUT", f"/{user}", json={"password": password}),
            self.request("PUT", f"/{user}/{index}", json={}, auth=(user, password)),
        ]
        assert all(answer.ok for answer in answers), [answer.text for answer in answers]

    def upload(self, index: str, *wheels: tuple[str, str], password: str) -> None:
        """Release wheels, given by name and version, with twine."""
        folder = self.home / index.replace("/", "-")
        folder.mkdir()
        for name, version in wheels:
            (folder / wheel_filename(name, version)).write_bytes(make_wheel(name, version))
        user = index.partition("/")[0]
        HERE.run(
            *("twine", "upload", "--non-interactive", "--disable-progress-bar"),
            *("--repository-url", f"{self.url}/{index}/", "-u", user, "-p", password),
            *(str(path) for path in sorted(folder.iterdir())),
            home=self.home,
        )


class Nginx:
    """nginx on free ports of the loopback interface; a context manager that ends its process.

    ``servers`` gives for each name what stands in its ``server`` block. The root of each is the
    folder of that name below ``home``.
    """

    def __init__(self, home: Path, servers: Mapping[str, Sequence[str]]) -> None:
        self.home = home
        self._servers = {name: tuple(lines) for name, lines in servers.items()}
        self._ports = {name: free_port() for name in servers}
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._ports[name]}"

    def root(self, name: str) -> Path:
        path = self.home / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def put_wheel(self, name: str, folder: str, project: str, version: str) -> Path:
        """A new wheel in a folder below the root of a server; it needs nothing."""
        path = self.root(name) / folder / wheel_filename(project, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make_wheel(project, version))
        return path

    def authorizations(self, name: str) -> list[str]:
        """The header of each request that was answered so far; ``-`` for none."""
        return self._log(name).read_text().splitlines()

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        config = self.home / "nginx.conf"
        config.write_text(self._config())
        command = [find_nginx(), "-p", str(self.home), "-c", str(config), "-e", "stderr"]
        with (self.home / "errors.txt").open("wb") as errors:
            self._process = subprocess.Popen(command, stderr=errors)
        deadline = time.monotonic() + START_WITHIN
        while not all(map(self._listens, self._servers)):
            ended = self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self._end()
                raise AssertionError((self.home / "errors.txt").read_text())
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        finally:
            self._process.kill()
            self._process.wait()

    def _listens(self, name: str) -> bool:
        # a request would be in the log
        try:
            socket.create_connection(("127.0.0.1", self._ports[name]), timeout=5).close()
        except OSError:
            return False
        return True

    def _log(self, name: str) -> Path:
        return self.home / f"{name}.log"

    def _config(self) -> str:
        # one process: a worker of another user could not read the folders of the tests
        head = "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {}\n"
        temporary = "".join(
            f"{kind}_temp_path {kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        servers = "".join(map(self._server, self._servers))
        form = "log_format authorization '$http_authorization';\n"
        return f"{head}http {{\n{temporary}{form}{servers}}}\n"

    def _server(self, name: str) -> str:
        lines = (
            f"listen 127.0.0.1:{self._ports[name]}",
            f'root "{self.root(name)}"',
            f'access_log "{self._log(name)}" authorization',
            *self._servers[name],
        )
        return "server {\n" + "".join(f"{line};\n" for line in lines) + "}\n"


def find_nginx() -> str:
    # Debian has it where only root's PATH leads
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("nginx is not on this machine")
    return found
