"""A server process as a user starts it: ``devpi-artifactory serve``, waited for and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import Self
import os
import requests
import signal
import socket
import subprocess
import sys
import time


COMMAND = str(Path(sys.executable).with_name("devpi-artifactory"))
ADMIN_PASSWORD = "admin-password"

#: deriving the session secret takes a second at devpi's own settings
QUICK = (
    *("--argon2-memory-cost", "8"),
    *("--argon2-parallelism", "1"),
    *("--argon2-time-cost", "1"),
)

START_WITHIN = 120
STOP_WITHIN = 30


def free_port(host: str = "127.0.0.1") -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port


def clean_environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment without settings of the person who runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DEVPI", "PYTHON", "XDG_", "COVERAGE"))
    }
    return {**kept, "HOME": str(home), **variables}


class LiveServer:
    """One server process and its directory; a context manager, and it may be started again.

    ``admin_password=None`` leaves the password to the server. ``options`` stand before the
    ``--`` of the command line, ``devpi_options`` behind it. Leaving the context ends the
    process by SIGTERM and checks that it ended with status 0.
    """

    def __init__(
        self,
        home: Path,
        *,
        admin_password: str | None = ADMIN_PASSWORD,
        host: str = "127.0.0.1",
        options: Sequence[str] = (),
        devpi_options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.serverdir = home / "serverdir"
        self.host = host
        self.port = free_port(host)
        self.admin = ("root", admin_password or "")
        self.options = tuple(options)
        self.devpi_options = tuple(devpi_options)
        self.environment = clean_environment(home, **(environment or {}))
        self._given_password = admin_password
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def url(self) -> str:
        """The server's URL without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/artifactory"

    def index_url(self, key: str) -> str:
        """What ``pip --index-url`` takes for the repository."""
        return f"{self.api_url}/api/pypi/{key}/simple"

    def upload_url(self, key: str) -> str:
        """What ``twine --repository-url`` takes for the repository."""
        return f"{self.api_url}/api/pypi/{key}"

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Ask for a path of the server, or for a whole URL; anonymous unless ``auth`` is given."""
        kwargs.setdefault("timeout", 60)
        url = path if "://" in path else f"{self.url}/{path.lstrip('/')}"
        return self._session.request(method, url, **kwargs)

    def login(self) -> tuple[str, str]:
        """The administrator with what a login gives: checking a password takes longer."""
        user, password = self.admin
        login = self.request("POST", "/+login", json={"user": user, "password": password})
        return user, login.json()["result"]["password"]

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def stdout(self) -> str:
        return self._output("stdout").read_text()

    @property
    def stderr(self) -> str:
        return self._output("stderr").read_text()

    @property
    def printed(self) -> dict[str, str]:
        """What the server printed as ``Label: value``."""
        pairs = (line.partition(":") for line in self.stdout.splitlines() if ":" in line)
        return {label: value.strip() for label, _, value in pairs}

    def command(self) -> list[str]:
        password = (
            [] if self._given_password is None else ["--admin-password", self._given_password]
        )
        return [
            *(COMMAND, "serve", "--serverdir", str(self.serverdir)),
            *("--host", self.host, "--port", str(self.port)),
            *password,
            *self.options,
            *("--", *QUICK, *self.devpi_options),
        ]

    def start(self) -> Self:
        """Start the process and wait until it answers; fails with its output if it ends."""
        assert self._process is None, "the server is running"
        self.home.mkdir(parents=True, exist_ok=True)
        with self._output("stdout").open("wb") as out, self._output("stderr").open("wb") as err:
            self._process = subprocess.Popen(
                self.command(), stdout=out, stderr=err, env=self.environment, cwd=self.home
            )
        deadline = time.monotonic() + START_WITHIN
        while not self._answers():
            if self._ended(within=0.05) or time.monotonic() > deadline:
                status = self.kill()
                raise AssertionError(
                    f"the server did not start (status {status})\n{self.stdout}\n{self.stderr}"
                )
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal, wait for the end, and answer with the exit status."""
        assert self._process is not None, "the server is not running"
        self._process.send_signal(how)
        try:
            return self._process.wait(STOP_WITHIN)
        finally:
            self.kill()

    def kill(self) -> int:
        """End the process without mercy; the exit status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        return process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: object, *_: object) -> None:
        if self._process is None:
            return
        status = self.stop()
        assert kind is not None or status == 0, f"exit status {status}\n{self.stderr}"

    def _output(self, name: str) -> Path:
        return self.home / f"{name}.txt"

    def _ended(self, *, within: float) -> bool:
        assert self._process is not None
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/+api", timeout=10).ok
        except requests.RequestException:
            return False
