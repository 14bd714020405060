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
from urllib.parse import quote


#: what comes with the application, whichever client installs it
STOREFRONT = {"storefront": "2.0", "fancy-lib": "1.5", "base-lib": "1.1"}
BACK_OFFICE = {"back-office": "1.0", "fancy-lib": "1.5", "base-lib": "1.1"}

READER = ("reader", "a/b:c@d%41")
#: for clients that take a password in a URL as it stands
ROBOT = ("robot", "robots-password")
#: logs in, and may not read the closed repositories
STRANGER = ("stranger", "strangers-password")


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


@contextmanager
def open_scene(home: Path) -> Iterator[Scene]:
    options = ("--no-default-repositories",)
    with (
        LiveServer(home / "upstream", options=options) as upstream,
        LiveServer(home / "server", options=options) as server,
    ):
        fill_upstream(upstream)
        create_remote(server, "mirror-remote", upstream)
        fill_local(server)
        fill_closed(server)
        yield Scene(server, upstream)
        for running in (upstream, server):
            log = (running.serverdir / "devpi-server.log").read_text()
            assert "Traceback" not in log, log


def fill_upstream(upstream: LiveServer) -> None:
    create(upstream, "released", "local")
    for version in ("1.0", "1.5", "2.0"):
        upload(upstream, "released", "fancy-lib", version, requires=["base-lib>=1,<2"])
    for version, python in (("1.0", None), ("1.1", ">=3"), ("1.2", ">=99"), ("2.0", None)):
        upload(upstream, "released", "base-lib", version, requires_python=python)
    upload(upstream, "released", "shared-lib", "2.0")
    upload_file(
        upstream, "released", "tarball", "1.0", "tarball-1.0.tar.gz", make_sdist("tarball", "1.0")
    )


def fill_local(server: LiveServer) -> None:
    create(server, "app-local", "local")
    for version in ("1.0", "2.0"):
        upload(server, "app-local", "storefront", version, requires=["Fancy_Lib<2,>=1"])
    upload(server, "app-local", "shared-lib", "1.0")
    create(server, "everything", "virtual", repositories=["app-local", "mirror-remote"])


def fill_closed(server: LiveServer) -> None:
    create(server, "closed-local", "local")
    create(server, "closed", "virtual", repositories=["closed-local", "mirror-remote"])
    for user, password in (READER, ROBOT, STRANGER):
        created = server.request("PUT", f"/{user}", json={"password": password})
        assert created.status_code == 201, created.text
    for key in ("closed-local", "closed"):
        patched = server.request(
            "PATCH",
            f"/repo/{key}",
            json=["acl_read=reader,robot"],
            headers={"Accept": "application/json"},
            auth=server.admin,
        )
        assert patched.status_code == 200, patched.text
    upload(server, "closed-local", "back-office", "1.0", requires=["fancy-lib>=1,<2"])


def create(server: LiveServer, key: str, rclass: str, **fields: object) -> None:
    """A repository over REST."""
    body = {"rclass": rclass, "packageType": "pypi", **fields}
    path = f"/artifactory/api/repositories/{key}"
    created = server.request("PUT", path, json=body, auth=server.admin)
    assert created.status_code == 200, created.text


def create_remote(server: LiveServer, key: str, upstream: LiveServer, **fields: object) -> None:
    """A remote at the repository ``released`` of another server."""
    create(
        server,
        key,
        "remote",
        url=f"{upstream.api_url}/released",
        pyPIRegistryUrl=f"{upstream.api_url}/api/pypi/released",
        pyPIRepositorySuffix="simple",
        **fields,
    )


def upload(
    server: LiveServer,
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
    source = "\n".join([*(f"import {need}" for need in needed), f"version = {version!r}", ""])
    wheel = make_wheel(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        files={f"{module}/__init__.py": source},
    )
    upload_file(server, key, name, version, wheel_filename(name, version), wheel)


def upload_file(
    server: LiveServer, key: str, name: str, version: str, filename: str, content: bytes
) -> None:
    form = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.1",
        "name": name,
        "version": version,
    }
    answer = server.request(
        "POST",
        server.upload_url(key),
        data=form,
        files={"content": (filename, content)},
        auth=server.admin,
    )
    assert answer.status_code == 200, answer.text
