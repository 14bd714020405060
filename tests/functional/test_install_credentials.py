"""Real installers at a closed repository: where credentials may stand, and what comes without."""

from __future__ import annotations

from clients import Client
from clients import client
from http import HTTPStatus
from installing import NEWEST
from installing import OLDEST
from installing import Pip
from installing import Project
from installing import imported
from installing import installed
from installing import make_project
from installing import pip_client
from installing import pdm_source
from installing import poetry_source
from pathlib import Path
from scene import BACK_OFFICE
from scene import READER
from scene import ROBOT
from scene import STRANGER
from scene import Scene
import pytest


User = tuple[str, str]

WRONG_PASSWORD = (READER[0], "wrong-password")

#: pip 9 takes a password in a URL as it stands, later ones decode it
PIP_USERS = [(OLDEST, ROBOT), (NEWEST, READER)]

REFUSED = [
    (None, HTTPStatus.UNAUTHORIZED),
    (WRONG_PASSWORD, HTTPStatus.UNAUTHORIZED),
    (STRANGER, HTTPStatus.FORBIDDEN),
]
REFUSED_IDS = ["nobody", "wrong-password", "without-the-right"]


def write_netrc(home: Path, user: User) -> None:
    netrc = home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {user[0]} password {user[1]}\n")
    netrc.chmod(0o600)


@pytest.mark.parametrize(("version", "user"), PIP_USERS)
class TestPip:
    def test_credentials_in_the_url(
        self, scene: Scene, home: Path, target: Path, version: str, user: User
    ) -> None:
        pip = Pip(pip_client(version), home)

        pip.install("back-office", into=target, index_url=scene.index_url("closed", user))

        assert installed(target) == BACK_OFFICE
        assert imported("back_office", pip.client, target, home) == "1.0"

    def test_credentials_in_pip_conf(
        self, scene: Scene, home: Path, target: Path, version: str, user: User
    ) -> None:
        config = home / "pip.conf"
        config.write_text(f"[global]\nindex-url = {scene.index_url('closed', user)}\n")
        pip = Pip(pip_client(version), home)

        pip.install("back-office", into=target, index_url=None, PIP_CONFIG_FILE=str(config))

        assert installed(target) == BACK_OFFICE

    def test_credentials_in_netrc(
        self, scene: Scene, home: Path, target: Path, version: str, user: User
    ) -> None:
        write_netrc(home, user)
        pip = Pip(pip_client(version), home)

        pip.install("back-office", into=target, index_url=scene.index_url("closed"))

        assert installed(target) == BACK_OFFICE

    def test_credentials_in_the_first_line_of_a_requirements_file(
        self, scene: Scene, home: Path, target: Path, version: str, user: User
    ) -> None:
        requirements = home / "requirements.txt"
        requirements.write_text(f"-i {scene.index_url('closed', user)}\nback-office\n")
        pip = Pip(pip_client(version), home)

        pip.install("-r", str(requirements), into=target, index_url=None)

        assert installed(target) == BACK_OFFICE


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(("user", "status"), REFUSED, ids=REFUSED_IDS)
def test_pip_shows_the_refusal(
    scene: Scene, home: Path, target: Path, version: str, user: User | None, status: HTTPStatus
) -> None:
    pip = Pip(pip_client(version), home)
    url = scene.index_url("closed", user)

    result = pip.install("-vv", "back-office", into=target, index_url=url, check=False)

    assert result.returncode == 1
    assert f"{status} Client Error" in result.stdout + result.stderr
    assert not target.exists()


class TestUv:
    def install(
        self, uv: Client, home: Path, target: Path, index: str, **env: str
    ) -> tuple[int, str]:
        result = uv.run(
            *("uv", "pip", "install", "--default-index", index),
            *("--target", str(target), "back-office"),
            home=home,
            env=env,
            check=False,
        )
        return result.returncode, result.stderr

    def test_credentials_in_the_url(
        self, scene: Scene, uv: Client, home: Path, target: Path
    ) -> None:
        self.install(uv, home, target, scene.index_url("closed", READER))

        assert installed(target) == BACK_OFFICE

    def test_credentials_in_netrc(self, scene: Scene, uv: Client, home: Path, target: Path) -> None:
        write_netrc(home, READER)

        self.install(uv, home, target, scene.index_url("closed"))

        assert installed(target) == BACK_OFFICE

    def test_credentials_in_the_environment(
        self, scene: Scene, uv: Client, home: Path, target: Path
    ) -> None:
        index = f"closed={scene.index_url('closed')}"
        user, password = READER

        self.install(
            *(uv, home, target, index),
            UV_INDEX_CLOSED_USERNAME=user,
            UV_INDEX_CLOSED_PASSWORD=password,
        )

        assert installed(target) == BACK_OFFICE

    @pytest.mark.parametrize(("user", "status"), REFUSED, ids=REFUSED_IDS)
    def test_refusal_is_shown(
        self,
        scene: Scene,
        uv: Client,
        home: Path,
        target: Path,
        user: User | None,
        status: HTTPStatus,
    ) -> None:
        code, said = self.install(uv, home, target, scene.index_url("closed", user))

        assert code != 0
        assert f"{status} {status.phrase}" in said
        assert installed(target) == {}


class TestPoetry:
    @pytest.fixture
    def project(self, scene: Scene, tmp_path: Path) -> Project:
        source = poetry_source(scene.index_url("closed"), "closed")
        return make_project(tmp_path / "project", ["back-office"], source)

    def lock(self, project: Project, home: Path, **env: str) -> str:
        poetry = client("installing-poetry", "poetry")
        env |= {"POETRY_VIRTUALENVS_CREATE": "false", "POETRY_NO_INTERACTION": "1"}
        result = poetry.run("poetry", "lock", home=home, cwd=project.path, env=env, check=False)
        return result.stdout + result.stderr

    def test_credentials_in_the_environment(self, project: Project, home: Path) -> None:
        user, password = READER

        self.lock(
            *(project, home),
            POETRY_HTTP_BASIC_CLOSED_USERNAME=user,
            POETRY_HTTP_BASIC_CLOSED_PASSWORD=password,
        )

        locked = (project.path / "poetry.lock").read_text()
        assert all(f'name = "{name}"' in locked for name in BACK_OFFICE)

    def test_refusal_is_shown(self, project: Project, home: Path) -> None:
        assert "Authorization error accessing" in self.lock(project, home)


class TestPdm:
    def lock(self, url: str, path: Path, home: Path) -> tuple[Project, str]:
        project = make_project(path, ["back-office"], pdm_source(url))
        pdm = client("installing-pdm", "pdm[locked]")
        env = {"PDM_CHECK_UPDATE": "0"}
        result = pdm.run("pdm", "lock", "-vv", home=home, cwd=path, env=env, check=False)
        return project, result.stdout + result.stderr

    def test_credentials_in_the_url(self, scene: Scene, home: Path, tmp_path: Path) -> None:
        url = scene.index_url("closed", READER)

        project, _said = self.lock(url, tmp_path / "project", home)

        locked = (project.path / "pdm.lock").read_text()
        assert all(f'name = "{name}"' in locked for name in BACK_OFFICE)

    def test_refusal_is_shown(self, scene: Scene, home: Path, tmp_path: Path) -> None:
        _project, said = self.lock(scene.index_url("closed"), tmp_path / "project", home)

        assert "Client Error(401)" in said
