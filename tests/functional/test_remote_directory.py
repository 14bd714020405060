"""A directory that nginx lists, with and without Basic authentication, as a real upstream."""

from __future__ import annotations

from base64 import b64encode
from clients import Client
from collections.abc import Iterator
from hashlib import sha256
from installing import NEWEST
from installing import Pip
from installing import installed
from installing import pip_client
from pathlib import Path
from scene import Administrator
from scene import Scene
from upstreams import Nginx
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
USER, PASSWORD = "mirror", "hunter2"


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """``open`` lists its directories, ``closed`` too for one user, ``elsewhere`` has files."""
    home = tmp_path_factory.mktemp("nginx")
    (home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    servers = {
        "open": ["autoindex on"],
        "closed": ["autoindex on", 'auth_basic "wheels"', f'auth_basic_user_file "{home}/users"'],
        "elsewhere": [],
    }
    with Nginx(home, servers) as running:
        yield running


@pytest.fixture
def pip(home: Path) -> Pip:
    return Pip(pip_client(NEWEST), home)


def create_remote(scene: Scene, key: str, url: str, **settings: object) -> None:
    """A remote at ``<url>/wheels/<project>/``."""
    Administrator(scene.server).create(
        key, "remote", url=url, pyPIRegistryUrl=url, pyPIRepositorySuffix="wheels", **settings
    )


def hashes(scene: Scene, key: str, project: str) -> list[dict[str, str]]:
    page = scene.server.request("GET", f"{scene.index_url(key)}/{project}/", headers=JSON)
    return [file["hashes"] for file in page.json()["files"]]


def test_installers_get_what_a_directory_lists(
    scene: Scene, nginx: Nginx, pip: Pip, uv: Client, tmp_path: Path
) -> None:
    """The newest version; the hash is shown as soon as the file was fetched once."""
    old = nginx.put_wheel("open", "wheels/listed", "listed", "1.0")
    new = nginx.put_wheel("open", "wheels/listed", "listed", "1.1")
    create_remote(scene, "listed", nginx.url("open"))
    assert hashes(scene, "listed", "listed") == [{}, {}]

    pip.install("listed", into=tmp_path / "by-pip", index_url=scene.index_url("listed"))
    uv.run(
        *("uv", "pip", "install", "--default-index", scene.index_url("listed")),
        *("--target", str(tmp_path / "by-uv"), "listed<1.1"),
        home=pip.home,
    )

    assert installed(tmp_path / "by-pip") == {"listed": "1.1"}
    assert installed(tmp_path / "by-uv") == {"listed": "1.0"}
    assert hashes(scene, "listed", "listed") == [
        {"sha256": sha256(path.read_bytes()).hexdigest()} for path in (old, new)
    ]


def test_list_of_projects_is_the_list_of_directories(scene: Scene, nginx: Nginx) -> None:
    for project in ("One.Project", "another"):
        nginx.put_wheel("open", f"folders/{project}", "unimportant", "1.0")
    url = nginx.url("open")
    Administrator(scene.server).create(
        "folders", "remote", url=url, pyPIRegistryUrl=url, pyPIRepositorySuffix="folders"
    )

    listed = scene.server.request("GET", f"{scene.index_url('folders')}/", headers=JSON).json()

    assert [project["name"] for project in listed["projects"]] == ["another", "one-project"]


def test_credentials_open_the_upstream_and_go_nowhere_else(
    scene: Scene, nginx: Nginx, pip: Pip, tmp_path: Path
) -> None:
    """A page of the closed directory points to a file of another server."""
    nginx.put_wheel("closed", "wheels/inside", "inside", "1.0")
    moved = nginx.put_wheel("elsewhere", "files", "outside", "1.0")
    page = nginx.root("closed") / "wheels/outside/index.html"
    page.parent.mkdir()
    page.write_text(f'<a href="{nginx.url("elsewhere")}/files/{moved.name}">{moved.name}</a>')
    create_remote(scene, "opened", nginx.url("closed"), username=USER, password=PASSWORD)

    pip.install("inside", "outside", into=tmp_path / "new", index_url=scene.index_url("opened"))

    assert installed(tmp_path / "new") == {"inside": "1.0", "outside": "1.0"}
    sent = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert set(nginx.authorizations("closed")) == {sent}
    assert set(nginx.authorizations("elsewhere")) == {"-"}


def test_wrong_credentials_are_a_clear_failure(
    scene: Scene, nginx: Nginx, pip: Pip, tmp_path: Path
) -> None:
    nginx.put_wheel("closed", "wheels/secret", "secret", "1.0")
    create_remote(scene, "shut", nginx.url("closed"), username=USER, password="guessed-wrong")

    answer = scene.server.request("GET", f"{scene.index_url('shut')}/secret/")
    result = pip.install(
        *("--retries", "0", "secret"),
        into=tmp_path / "none",
        index_url=scene.index_url("shut"),
        check=False,
    )

    assert answer.status_code == 502
    assert "The upstream answered 401" in answer.json()["errors"][0]["message"]
    assert result.returncode != 0
    for told in (answer.text, result.stdout, result.stderr):
        assert "guessed-wrong" not in told
