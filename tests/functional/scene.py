"""Two live servers: one with released libraries, and in front of it the server under test.

What there is to install:

* ``app-local``: the application ``storefront`` 1.0 and 2.0, which needs ``fancy-lib>=1,<2``,
  and ``shared-lib`` 1.0
* ``mirror-remote``, at the upstream: ``fancy-lib`` 1.0, 1.5 and 2.0, which needs
  ``base-lib>=1,<2``; ``base-lib`` 1.0, 1.1 and 2.0, and 1.2 for a Python that nobody has;
  ``shared-lib`` 2.0; ``tarball`` 1.0, an sdist
* ``everything``: virtual over both
* ``closed``: virtual over ``closed-local`` with ``back-office`` 1.0, which needs ``fancy-lib``
  too, and ``mirror-remote``; only the users ``reader`` and ``robot`` may read the first two
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from packaging.requirements import Requirement
from pathlib import Path
from server import LiveServer
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
from urllib.parse import quote
import re


#: what comes with the application, whichever client installs it
STOREFRONT = {"storefront": "2.0", "fancy-lib": "1.5", "base-lib": "1.1"}
BACK_OFFICE = {"back-office": "1.0", "fancy-lib": "1.5", "base-lib": "1.1"}

READER = ("reader", "a/b:c@d%41")
#: for clients that take a password in a URL as it stands
ROBOT = ("robot", "robots-password")
#: logs in, and may not read the closed repositories
STRANGER = ("stranger", "strangers-password")


#: other plugins may be installed beside ours, and have their own trouble
OURS = "devpi_artifactory_compat"

_TRACEBACK = re.compile(r"^Traceback .*\n(?:[ ].*\n)*.*", re.MULTILINE)


class Administrator:
    """Makes repositories, users and releases on a running server.

    Logged in once: checking a password takes the server longer than what it is sent with.
    """

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self._auth = server.login()

    def create(self, key: str, rclass: str, **fields: object) -> None:
        """A repository over REST."""
        body = {"rclass": rclass, "packageType": "pypi", **fields}
        self._send("PUT", f"/artifactory/api/repositories/{key}", json=body)

    def create_remote(self, key: str, upstream: LiveServer, **fields: object) -> None:
        """A remote at the repository ``released`` of another server."""
        self.create(
            key,
            "remote",
            url=f"{upstream.api_url}/released",
            pyPIRegistryUrl=f"{upstream.api_url}/api/pypi/released",
            pyPIRepositorySuffix="simple",
            **fields,
        )

    def create_user(self, name: str, password: str) -> None:
        self._send("PUT", f"/{name}", json={"password": password})

    def close(self, key: str, *readers: str) -> None:
        """From now on only ``readers`` may read the repository."""
        changes = [f"acl_read={','.join(readers)}"]
        self._send("PATCH", f"/repo/{key}", json=changes, headers={"Accept": "application/json"})

    def upload(
        self,
        key: str,
        name: str,
        version: str,
        *,
        requires: Sequence[str] = (),
        requires_python: str | None = None,
    ) -> None:
        """A wheel whose module imports what it needs."""
        module = name.replace("-", "_")
        needed = [Requirement(line).name.lower().replace("-", "_") for line in requires]
        imports = [f"import {need}" for need in needed]
        wheel = make_wheel(
            name,
            version,
            requires=requires,
            requires_python=requires_python,
            files={f"{module}/__init__.py": "\n".join([*imports, f"version = {version!r}", ""])},
        )
        self.upload_file(key, name, version, wheel_filename(name, version), wheel)

    def upload_file(self, key: str, name: str, version: str, filename: str, content: bytes) -> None:
        form = {
            ":action": "file_upload",
            "protocol_version": "1",
            "metadata_version": "2.1",
            "name": name,
            "version": version,
        }
        url = self.server.upload_url(key)
        self._send("POST", url, data=form, files={"content": (filename, content)})

    def _send(self, method: str, path: str, **kwargs: Any) -> None:
        answer = self.server.request(method, path, auth=self._auth, **kwargs)
        assert answer.ok, answer.text


@dataclass(frozen=True)
class Scene:
    server: LiveServer
    upstream: LiveServer

    def index_url(self, key: str = "everything", user: tuple[str, str] | None = None) -> str:
        """The index URL of a repository, with the credentials in it if there are any."""
        url = self.server.index_url(key)
        if user is None:
            return url
        credentials = ":".join(quote(part, safe="") for part in user)
        return url.replace("://", f"://{credentials}@")


def tracebacks(server: LiveServer) -> list[str]:
    """Those in the log of a server that our code takes part in."""
    log = (server.serverdir / "devpi-server.log").read_text(encoding="utf-8")
    return [trace for trace in _TRACEBACK.findall(log) if OURS in trace]


@contextmanager
def open_scene(home: Path) -> Iterator[Scene]:
    """The servers, filled; at the end nothing may have gone wrong in them unnoticed."""
    options = ("--no-default-repositories",)
    with (
        LiveServer(home / "upstream", options=options) as upstream,
        LiveServer(home / "server", options=options) as server,
    ):
        fill_upstream(Administrator(upstream))
        administrator = Administrator(server)
        administrator.create_remote("mirror-remote", upstream)
        fill_local(administrator)
        fill_closed(administrator)
        yield Scene(server, upstream)
        for running in (upstream, server):
            assert tracebacks(running) == []


def fill_upstream(upstream: Administrator) -> None:
    upstream.create("released", "local")
    for version in ("1.0", "1.5", "2.0"):
        upstream.upload("released", "fancy-lib", version, requires=["base-lib>=1,<2"])
    for version, python in (("1.0", None), ("1.1", ">=3"), ("1.2", ">=99"), ("2.0", None)):
        upstream.upload("released", "base-lib", version, requires_python=python)
    upstream.upload("released", "shared-lib", "2.0")
    sdist = make_sdist("tarball", "1.0")
    upstream.upload_file("released", "tarball", "1.0", "tarball-1.0.tar.gz", sdist)


def fill_local(server: Administrator) -> None:
    server.create("app-local", "local")
    for version in ("1.0", "2.0"):
        server.upload("app-local", "storefront", version, requires=["Fancy_Lib<2,>=1"])
    server.upload("app-local", "shared-lib", "1.0")
    server.create("everything", "virtual", repositories=["app-local", "mirror-remote"])


def fill_closed(server: Administrator) -> None:
    server.create("closed-local", "local")
    server.upload("closed-local", "back-office", "1.0", requires=["fancy-lib>=1,<2"])
    server.create("closed", "virtual", repositories=["closed-local", "mirror-remote"])
    for name, password in (READER, ROBOT, STRANGER):
        server.create_user(name, password)
    for key in ("closed-local", "closed"):
        server.close(key, READER[0], ROBOT[0])
