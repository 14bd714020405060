"""Upload clients: how each is told the URL and the user, and how it is started."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from clients import Client
from clients import client
from clients import find_python
from clients import old_client
from dataclasses import dataclass
from pathlib import Path
from projects import Project
from projects import build
from projects import classic_project
from projects import modern_project
from subprocess import CompletedProcess


@dataclass(frozen=True)
class Account:
    """Where to upload to, and as whom."""

    url: str
    user: str
    password: str


@dataclass(frozen=True)
class Outcome:
    """How a client ended; ``said`` is its output with all white space as single blanks."""

    status: int
    said: str


def outcome(result: CompletedProcess[str]) -> Outcome:
    # uv and twine break lines where the terminal would end
    return Outcome(result.returncode, " ".join(f"{result.stdout} {result.stderr}".split()))


def write_pypirc(home: Path, account: Account) -> None:
    text = f"""\
[distutils]
index-servers =
    artifactory

[artifactory]
repository = {account.url}
username = {account.user}
password = {account.password}
"""
    (home / ".pypirc").write_text(text, encoding="utf-8")


class Publisher(ABC):
    """One upload client in one version."""

    name: str
    #: the option that makes it go on when a file exists with other content
    skip_existing: str | None = None
    #: whether every upload is preceded by a build
    rebuilds = False

    def missing(self) -> str | None:
        """Why the client cannot be had on this machine, None when it can."""
        return None

    @abstractmethod
    def make(self, directory: Path, home: Path) -> Project:
        """Write a project of the kind that the client is for, and build it."""

    @abstractmethod
    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        """Upload the project's sdist and wheel."""

    def project_name(self) -> str:
        return f"Publish-{self.name}"


class Twine(Publisher):
    def __init__(self, version: str, *pins: str) -> None:
        self.name = f"twine-{version}"
        self.requirements = ("twine" if version == "newest" else f"twine=={version}", *pins)
        self.skip_existing = None if version == "newest" else "--skip-existing"

    def client(self) -> Client:
        return client(self.name, *self.requirements)

    def make(self, directory: Path, home: Path) -> Project:
        project = modern_project(directory, self.project_name(), "setuptools.build_meta")
        build(project, home)
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        files = [str(path) for path in sorted(project.dist.iterdir())]
        return self.upload(files, account, home, *options)

    def upload(self, files: list[str], account: Account, home: Path, *options: str) -> Outcome:
        return self.run("upload", files, account, home, *options)

    def run(
        self, command: str, files: list[str], account: Account, home: Path, *options: str
    ) -> Outcome:
        """``twine <command>`` with what stands in ``.pypirc``."""
        write_pypirc(home, account)
        arguments = ("--repository", "artifactory", *options, *files)
        return outcome(self.client().run("twine", command, *arguments, home=home, check=False))


class Uv(Publisher):
    name = "uv"

    def make(self, directory: Path, home: Path) -> Project:
        project = modern_project(directory, self.project_name(), "setuptools.build_meta")
        build(project, home)
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        login = ("--username", account.user, "--password", account.password)
        return self.run(project, home, "--publish-url", account.url, *login, *options)

    def run(self, project: Project, home: Path, *options: str) -> Outcome:
        """``uv publish`` with these options and nothing that a CI system offers."""
        command = ("uv", "publish", "--trusted-publishing", "never", *options)
        uv = client("uv", "uv")
        return outcome(uv.run(*command, home=home, cwd=project.directory, check=False))


class Poetry(Publisher):
    name = "poetry"
    skip_existing = "--skip-existing"

    def make(self, directory: Path, home: Path) -> Project:
        project = modern_project(directory, self.project_name(), "poetry.core.masonry.api")
        build(project, home)
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        env = {
            "POETRY_REPOSITORIES_ARTIFACTORY_URL": account.url,
            "POETRY_HTTP_BASIC_ARTIFACTORY_USERNAME": account.user,
            "POETRY_HTTP_BASIC_ARTIFACTORY_PASSWORD": account.password,
        }
        command = ("publish", "--no-interaction", "--repository", "artifactory", *options)
        return self.run(project, home, *command, **env)

    def run(self, project: Project, home: Path, *command: str, **env: str) -> Outcome:
        poetry = client("poetry", "poetry")
        return outcome(
            poetry.run("poetry", *command, home=home, cwd=project.directory, env=env, check=False)
        )


class Pdm(Publisher):
    name = "pdm"
    skip_existing = "--skip-existing"

    def make(self, directory: Path, home: Path) -> Project:
        project = modern_project(directory, self.project_name(), "pdm.backend")
        build(project, home)
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        # with the releases that pdm's authors tested: it breaks with newer ones
        pdm = client("pdm", "pdm[locked]")
        env = {
            "PDM_CHECK_UPDATE": "false",
            "PDM_PUBLISH_REPO": account.url,
            "PDM_PUBLISH_USERNAME": account.user,
            "PDM_PUBLISH_PASSWORD": account.password,
            # else it makes an environment for the project
            "VIRTUAL_ENV": str(pdm.path),
        }
        command = ("pdm", "publish", "--no-build", *options)
        ended = outcome(pdm.run(*command, home=home, cwd=project.directory, env=env, check=False))
        # what the server says is in the log file that pdm's output names
        logs = [path.read_text() for path in home.glob(".local/state/pdm/log/*.log")]
        return Outcome(ended.status, f"{ended.said} {' '.join(logs)}")


class Hatch(Publisher):
    name = "hatch"

    def make(self, directory: Path, home: Path) -> Project:
        project = modern_project(directory, self.project_name(), "hatchling.build")
        build(project, home)
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        env = {
            "HATCH_INDEX_REPO": account.url,
            "HATCH_INDEX_USER": account.user,
            "HATCH_INDEX_AUTH": account.password,
        }
        command = ("hatch", "publish", "--no-prompt", *options)
        hatch = client("hatch", "hatch")
        return outcome(hatch.run(*command, home=home, cwd=project.directory, env=env, check=False))


class Flit(Publisher):
    name = "flit"
    rebuilds = True

    def make(self, directory: Path, home: Path) -> Project:
        project = modern_project(directory, self.project_name(), "flit_core.buildapi")
        build(project, home)
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        write_pypirc(home, account)
        # else it asks the public index for the list of classifiers
        env = {"FLIT_NO_NETWORK": "1"}
        command = ("flit", "publish", "--repository", "artifactory", *options)
        flit = client("flit", "flit")
        return outcome(flit.run(*command, home=home, cwd=project.directory, env=env, check=False))


class SetupPy(Publisher):
    """``python setup.py … upload`` with the setuptools that came with a Python."""

    rebuilds = True

    def __init__(self, python: str, setuptools: str) -> None:
        self.name = f"setup.py-{python}"
        self.version = python
        # the last wheel for both Pythons
        self.requirements = (f"setuptools=={setuptools}", "wheel==0.37.1")

    def missing(self) -> str | None:
        if find_python(self.version) is None:
            return f"there is no Python {self.version} on this machine"
        return None

    def make(self, directory: Path, home: Path) -> Project:
        project = classic_project(directory, self.project_name())
        ended = self.run(project, home, "sdist", "bdist_wheel")
        assert ended.status == 0, ended.said
        return project

    def publish(self, project: Project, account: Account, home: Path, *options: str) -> Outcome:
        return self.upload(project, account, home, "sdist", "bdist_wheel")

    def upload(self, project: Project, account: Account, home: Path, *commands: str) -> Outcome:
        """``setup.py <commands> upload`` with what stands in ``.pypirc``."""
        write_pypirc(home, account)
        return self.run(project, home, *commands, "upload", "-r", "artifactory")

    def run(self, project: Project, home: Path, *commands: str) -> Outcome:
        interpreter = find_python(self.version)
        assert interpreter is not None, self.missing()
        python = old_client(self.name, *self.requirements, python=interpreter)
        command = ("python", "setup.py", *commands)
        return outcome(python.run(*command, home=home, cwd=project.directory, check=False))


TWINE_1 = Twine("1.15.0", "setuptools<70", "urllib3<2")
TWINE_3 = Twine("3.8.0", "importlib-metadata<5", "packaging", "setuptools<70")
TWINE_6 = Twine("6.1.0")
TWINE = Twine("newest")
TWINES = (TWINE_1, TWINE_3, TWINE_6, TWINE)
SETUP_PYS = (SetupPy("2.7", "41.2.0"), SetupPy("3.6", "40.6.2"))
PUBLISHERS = (*TWINES, Uv(), Poetry(), Pdm(), Hatch(), Flit(), *SETUP_PYS)
