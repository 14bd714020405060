"""A server with something of everything, and the commands that carry it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from scene import Administrator
from server import COMMAND
from server import LiveServer
from snapshot import Things
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
from urllib.parse import urljoin
import json
import subprocess


READER = ("reader", "readers password")
WRITER = ("writer", "writers-password")
UPSTREAM_PASSWORD = "password-of-the-upstream"
SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\nsigned\n"

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}

DEMO = wheel_filename("demo", "1.0")
GENERIC = "files/deep/notes.txt"
WAITING = wheel_filename("waiting", "1.0")
KEYS = ("l", "closed-local", "frozen", "r", "r-cache", "v", "auto-trashcan", "none")


def run(server: LiveServer, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=server.environment,
        cwd=server.home,
        timeout=120,
        check=False,
    )


class Filling(Administrator):
    """Makes repositories ``l``, ``closed-local``, ``frozen``, the remote ``r`` and ``v`` of all."""

    def __init__(self, server: LiveServer, upstream: Upstream) -> None:
        super().__init__(server)
        self.upstream = upstream

    def fill(self) -> None:
        for name, password in (READER, WRITER):
            self.create_user(name, password)
        self._make_repositories()
        self._upload_releases()
        self._deploy_files()
        self._fill_cache()

    def _make_repositories(self) -> None:
        for key in ("l", "closed-local", "frozen"):
            self.create(
                key,
                "local",
                description=f"The notes of {key}",
                notes="first\nsecond",
                # what waits in the old server is to wait in the new one as well
                quietPeriod=7 * 24 * 60 * 60,
            )
        self.create(
            "r",
            "remote",
            url=f"{self.upstream.url}/files",
            pyPIRegistryUrl=self.upstream.url,
            pyPIRepositorySuffix="simple",
            username="mirror",
            password=UPSTREAM_PASSWORD,
        )
        self.create("v", "virtual", repositories=["l", "frozen", "r"], defaultDeploymentRepo="l")

    def _upload_releases(self) -> None:
        form = {
            ":action": "file_upload",
            "protocol_version": "1",
            "metadata_version": "2.1",
            "name": "demo",
            "version": "1.0",
            "summary": "Signed",
            "requires_python": ">=3.9",
        }
        files = {
            "content": (DEMO, make_wheel("demo", "1.0")),
            "gpg_signature": (f"{DEMO}.asc", SIGNATURE),
        }
        self.send(
            "POST", self.server.upload_url("l"), data=form, files=files, auth=self.server.admin
        )
        self.upload("l", "demo", "2.0")
        sdist = make_sdist("plain", "0.1")
        self.upload_file("l", "plain", "0.1", "plain-0.1.tar.gz", sdist)
        self.upload("closed-local", "secret", "1.0")
        self.upload("frozen", "ice", "1.0")
        self.close("closed-local", READER[0])
        self.patch("frozen", "volatile=False")
        yanked = f"demo/2.0/{wheel_filename('demo', '2.0')}"
        self.set_properties(f"l/{yanked}", "pypi.yanked=broken;quality=bad,very bad")

    def _deploy_files(self) -> None:
        self.send("PUT", f"artifactory/l;one=1;two=2,zwei/{GENERIC}", data=b"some notes\n")
        self.send("PUT", "artifactory/l/files/copy.txt", data=b"some notes\n")
        self.send("PUT", "artifactory/l/empty/inner/")
        self.send("PUT", "artifactory/l;why=not/thrown/away.txt", data=b"some more notes\n")
        self.upload("l", "thrown", "1.0")
        self.send("DELETE", "artifactory/l/thrown")
        self.set_properties("l/empty", "kept=yes")
        self.set_properties("l", "of=the repository")
        self.set_properties("r-cache", "of=the cache")
        self.send("PUT", f"artifactory/l/incoming/{WAITING}", data=make_wheel("waiting", "1.0"))

    def _fill_cache(self) -> None:
        for name in ("cached", "gone"):
            filename = wheel_filename(name, "1.0")
            self.upstream.put_project(name, {filename: make_wheel(name, "1.0")})
            page = f"{self.server.index_url('r')}/{name}/"
            (file,) = self.server.request("GET", page, headers=JSON).json()["files"]
            assert self.server.request("GET", urljoin(page, file["url"])).ok
        self.upstream.put_project("gone", {})
        self.send("POST", "artifactory/api/zap/r")
        # devpi's own page forgets what the upstream does not list any more
        self.send("GET", "repo/r/+simple/gone/")

    def set_properties(self, item: str, properties: str) -> None:
        self.send("PUT", f"artifactory/api/storage/{item}", params={"properties": properties})

    def patch(self, key: str, change: str) -> None:
        headers = {"Accept": "application/json"}
        self.send("PATCH", f"repo/{key}", json=[change], headers=headers)

    def send(self, method: str, path: str, **kwargs: Any) -> None:
        kwargs.setdefault("auth", self._auth)
        answer = self.server.request(method, path, **kwargs)
        assert answer.ok, f"{answer.status_code} {answer.text}"

    def things(self) -> Things:
        paths = {key: sorted(self._paths(key, "")) for key in KEYS}
        return Things(
            keys=KEYS,
            projects=("demo", "plain", "secret", "ice", "cached", "gone", "waiting", "none"),
            versions=("1.0", "2.0", "0.1"),
            paths=paths,
            other=("none",),
        )

    def _paths(self, key: str, path: str) -> Iterator[str]:
        answer = self.server.request(
            "GET", f"artifactory/api/storage/{key}/{path}", auth=self.server.admin
        )
        if answer.status_code == 404:
            return
        shown = json.loads(answer.content)
        if path:
            yield path
        if "children" not in shown:
            yield from (f"{path}{suffix}" for suffix in (".asc", ".metadata", ".sha256"))
        for child in shown.get("children", ()):
            yield from self._paths(key, f"{path}{child['uri']}".lstrip("/"))


class Small:
    """A server with one distribution and one other file in the repository ``l``."""

    def __init__(self, server: LiveServer, directory: Path) -> None:
        self.server = server
        self.directory = directory

    def fill(self) -> None:
        administrator = Administrator(self.server)
        administrator.create("l", "local")
        url = f"artifactory/l/{GENERIC}"
        answer = self.server.request("PUT", url, data=b"some notes\n", auth=self.server.login())
        assert answer.ok, answer.text
        administrator.upload("l", "demo", "1.0")

    def export(self) -> None:
        result = run(self.server, "export", "--serverdir", self.server.serverdir, self.directory)
        assert (result.returncode, result.stderr) == (0, "")
