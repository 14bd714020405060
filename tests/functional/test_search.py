"""``pip search`` against live servers: what it prints, and what it marks as installed."""

from __future__ import annotations

from clients import Client
from clients import client
from collections.abc import Callable
from collections.abc import Iterator
from installing import Pip
from installing import pip_client
from pathlib import Path
from scene import Administrator
from scene import READER
from scene import Scene
from scene import STRANGER
from server import LiveServer
from server import clean_environment
from server import free_port
from support.archives import make_wheel
from support.archives import wheel_filename
from test_replica import pair
from test_replica import until_listed
from test_replica import upload
from typing import Self
from urllib.parse import quote
import pytest
import re
import requests
import subprocess
import time
import xmlrpc.client


__all__ = ["pair"]

#: the last one that searched by itself, and one of today
PIPS = ("20.3.4", "newest")

STARTS_WITHIN = 120


@pytest.fixture(params=PIPS)
def pip(request: pytest.FixtureRequest, home: Path) -> Pip:
    return Pip(pip_client(request.param), home)


def search(pip: Pip, url: str, *terms: str, check: bool = True, **env: str) -> dict[str, str]:
    """What ``pip search`` prints: the version of each project; the rest is looked at by the tests.

    pip ends with status 23 when nothing was found.
    """
    result = run(pip, url, *terms, **env)
    assert result.returncode in {0, 23} or not check, f"{result.stdout}\n{result.stderr}"
    return dict(re.findall(r"^(\S+) \(([^)]+)\)", result.stdout, re.MULTILINE))


def run(pip: Pip, url: str, *terms: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The URL is that of the repository, without ``/simple``."""
    return pip.client.run(
        *("python", "-m", "pip", "search", "--no-input", "--index", url, *terms),
        home=pip.home,
        check=False,
        env=env,
    )


def with_user(url: str, user: tuple[str, str]) -> str:
    return url.replace("://", f"://{quote(user[0], safe='')}:{quote(user[1], safe='')}@")


@pytest.mark.parametrize("slash", ["", "/"])
def test_local(scene: Scene, pip: Pip, slash: str) -> None:
    url = scene.server.upload_url("app-local") + slash

    assert search(pip, url, "storefront") == {"storefront": "2.0"}
    assert search(pip, url, "lib") == {"shared-lib": "1.0"}
    assert search(pip, url, "nothing-like-it") == {}


def test_summary_is_printed(scene: Scene, pip: Pip) -> None:
    printed = run(pip, scene.server.upload_url("app-local"), "storefront").stdout

    assert re.search(r"^storefront \(2\.0\) +- A package for tests$", printed, re.MULTILINE)


def test_remote_asks_the_other_server(scene: Scene, pip: Pip) -> None:
    """The upstream's own search finds what nobody has fetched yet."""
    found = search(pip, scene.server.upload_url("mirror-remote"), "lib")

    assert found == {"base-lib": "2.0", "fancy-lib": "2.0", "shared-lib": "2.0"}


def test_virtual_merges_with_the_newest_version(scene: Scene, pip: Pip) -> None:
    found = search(pip, scene.server.upload_url("everything"), "lib", "storefront")

    assert found == {
        "base-lib": "2.0",
        "fancy-lib": "2.0",
        "shared-lib": "2.0",
        "storefront": "2.0",
    }


def test_closed_repository_by_its_reader(scene: Scene, pip: Pip) -> None:
    """Without the right pip shows the failure, and a virtual leaves the member out."""
    url = scene.server.upload_url("closed-local")

    assert search(pip, with_user(url, READER), "office") == {"back-office": "1.0"}
    assert run(pip, with_user(url, STRANGER), "office").returncode != 0
    assert run(pip, url, "office").returncode != 0


@pytest.mark.parametrize("version", PIPS)
def test_installed_versions_are_marked(
    scene: Scene, version: str, home: Path, tmp_path: Path
) -> None:
    """pip compares what it found with what is installed, also under a name with two words."""
    pip = Pip(pip_client(version), home)
    packages = tmp_path / "packages"
    pip.install(
        "--no-deps", "fancy-lib==1.5", "storefront", into=packages, index_url=scene.index_url()
    )

    printed = run(
        pip, scene.server.upload_url("everything"), "fancy", "store", PYTHONPATH=str(packages)
    ).stdout

    assert re.search(r"^fancy-lib .*\n +INSTALLED: 1\.5\n +LATEST: +2\.0$", printed, re.MULTILINE)
    # the newest pip never says that a version is the latest
    latest = r" \(latest\)$" if version == "20.3.4" else "$"
    assert re.search(rf"^storefront .*\n +INSTALLED: 2\.0{latest}", printed, re.MULTILINE)


def test_fault_is_shown_by_pip(scene: Scene, pip: Pip) -> None:
    result = run(pip, scene.server.upload_url("app-local"), "x" * 300)

    assert result.returncode != 0
    assert "200 characters" in result.stderr


def test_remote_without_its_upstream_finds_what_is_cached(
    make_server: Callable[..., LiveServer], home: Path, target: Path
) -> None:
    pip = Pip(pip_client(PIPS[0]), home)
    options = ("--no-default-repositories",)
    upstream, server = make_server(options=options), make_server(options=options)
    there = Administrator(upstream)
    there.create("released", "local")
    there.upload("released", "cached-lib", "1.0")
    Administrator(server).create_remote("r", upstream)
    pip.install("cached-lib", into=target, index_url=server.index_url("r"))
    upstream.stop()

    printed = run(pip, server.upload_url("r"), "cached").stdout

    assert re.search(r"^cached-lib \(1\.0\) +- A package for tests$", printed, re.MULTILINE)


def test_replica_answers_a_search_and_passes_on_what_it_cannot_answer(
    pair: tuple[LiveServer, LiveServer], home: Path
) -> None:
    """Looking for the releases of a remote may store its page: that is for the primary."""
    primary, replica = pair
    upload(primary, "l", "demo", "1.0")
    until_listed(replica, "l", "demo")
    administrator = Administrator(primary)
    administrator.create("released", "local")
    administrator.upload("released", "far-demo", "3.0")
    administrator.create_remote("r", primary)

    assert search(Pip(pip_client(PIPS[0]), home), replica.upload_url("l"), "demo") == {
        "demo": "1.0"
    }
    for url in (replica.upload_url("r"), replica.upload_url("r") + "/"):
        with xmlrpc.client.ServerProxy(url) as proxy:
            assert proxy.package_releases("far-demo") == ["3.0"]


# one scope of a devpi server with devpi-web


class DevpiWeb:
    """A devpi server with devpi-web and without our plugin, on a port of its own."""

    def __init__(self, environment: Client, home: Path) -> None:
        self._client = environment
        self._home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        serverdir = str(self._home / "serverdir")
        self._client.run("devpi-init", "--serverdir", serverdir, "--no-root-pypi", home=self._home)
        self._output = (self._home / "output.txt").open("wb")
        self._process = subprocess.Popen(
            [
                self._client.command("devpi-server"),
                *("--serverdir", serverdir, "--port", str(self.port)),
            ],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=clean_environment(self._home),
            cwd=self._home,
        )
        self.until(lambda: self.request("GET", "/+api").ok)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._output.close()

    def request(self, method: str, path: str, **kw: object) -> requests.Response:
        return requests.request(  # type: ignore[call-overload, no-any-return]
            method, self.url + path, auth=("root", ""), timeout=30, **kw
        )

    def until(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                if happened():
                    return
            except requests.ConnectionError:
                assert self._process.poll() is None, (self._home / "output.txt").read_text()
            assert time.monotonic() < deadline, (self._home / "output.txt").read_text()
            time.sleep(0.1)

    def finds(self, index: str, term: str) -> bool:
        """devpi-web indexes what was uploaded a moment later."""
        with xmlrpc.client.ServerProxy(f"{self.url}/{index}/") as proxy:
            return bool(proxy.search({"name": [term], "summary": [term]}, "or"))


@pytest.fixture
def devpi_web(tmp_path: Path) -> Iterator[DevpiWeb]:
    home = tmp_path / "devpi-web"
    home.mkdir()
    environment = client("devpi-web", "devpi-server>=6.20,<7", "devpi-web", "setuptools<81")
    with DevpiWeb(environment, home) as running:
        for index, version in (("dev", "1.0"), ("stable", "2.0")):
            made = running.request("PUT", f"/root/{index}", json={"bases": [], "volatile": True})
            assert made.ok, made.text
            name = f"{index}-demo"
            wheel = make_wheel(name, version, summary=f"In {index}")
            form = {":action": "file_upload", "name": name, "version": version}
            form["summary"] = f"In {index}"
            files = {"content": (wheel_filename(name, version), wheel)}
            sent = running.request("POST", f"/root/{index}/", data=form, files=files)
            assert sent.ok, sent.text
        for index in ("dev", "stable"):
            running.until(lambda index=index: running.finds(f"root/{index}", "demo"))
        yield running


def test_scope_of_a_devpi_server(
    make_server: Callable[..., LiveServer], devpi_web: DevpiWeb, home: Path
) -> None:
    """One remote at the server's root: each index is searched by its own URL."""
    pip = Pip(pip_client(PIPS[0]), home)
    server = make_server(options=("--no-default-repositories",))
    Administrator(server).create(
        "d",
        "remote",
        url=devpi_web.url,
        pyPIRegistryUrl=devpi_web.url,
        pyPIRepositorySuffix="+simple",
    )

    url = server.upload_url("d")
    assert search(pip, f"{url}/root/dev", "demo") == {"dev-demo": "1.0"}
    assert search(pip, f"{url}/root/stable/", "demo") == {"stable-demo": "2.0"}
    assert "In stable" in run(pip, f"{url}/root/stable/", "demo").stdout
    assert search(pip, f"{url}/root/nothing/", "demo") == {}
