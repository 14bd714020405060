"""Installing clients at the command line, as the tests use them."""

from __future__ import annotations

from clients import Client
from clients import client
from clients import find_python
from dataclasses import dataclass
from importlib.metadata import distributions
from packaging.utils import canonicalize_name
from pathlib import Path
import pytest
import subprocess
import sys


#: versions of pip, oldest first, and the Python that each of them needs; any Python for the others
PIPS = {"9.0.3": "3.6", "20.3.4": "3.8", "23.3.2": None, "newest": None}
OLDEST, *_, NEWEST = PIPS


@dataclass(frozen=True)
class Pip:
    """A version of pip in a home of its own."""

    client: Client
    home: Path

    def run(
        self, command: str, *arguments: str, index_url: str | None, check: bool = True, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """``pip <command>``; without an index URL it comes from what the test configured."""
        index = () if index_url is None else ("--index-url", index_url)
        return self.client.run(
            *("python", "-m", "pip", command, "--no-input", *index, *arguments),
            home=self.home,
            check=check,
            env=env,
        )

    def install(
        self,
        *arguments: str,
        into: Path,
        index_url: str | None,
        check: bool = True,
        **env: str,
    ) -> subprocess.CompletedProcess[str]:
        """``pip install --target``."""
        target = ("--target", str(into))
        return self.run("install", *target, *arguments, index_url=index_url, check=check, **env)


def pip_client(version: str) -> Client:
    needed = PIPS[version]
    python = sys.executable if needed is None else find_python(needed)
    if python is None:
        pytest.skip(f"pip {version} needs Python {needed}, which is not on this machine")
    # setuptools: source distributions are built with what is there
    requirements = (
        ("pip", "setuptools", "wheel") if version == NEWEST else (f"pip=={version}", "setuptools")
    )
    return client(f"installing-pip-{version}", *requirements, python=python)


def installed(directory: Path) -> dict[str, str]:
    """The distributions in a directory of packages: name and version."""
    found = distributions(path=[str(directory)])
    return {canonicalize_name(each.metadata["Name"]): each.version for each in found}


def imported(module: str, python: Client, packages: Path | None, home: Path) -> str:
    """The version that a module says it has, imported with everything that it needs."""
    path = {} if packages is None else {"PYTHONPATH": str(packages)}
    code = f"import {module}; print({module}.version)"
    return python.run("python", "-c", code, home=home, env=path).stdout.strip()


@dataclass(frozen=True)
class Project:
    """A directory with a ``pyproject.toml`` whose environment is ``.venv``."""

    path: Path

    @property
    def installed(self) -> dict[str, str]:
        (packages,) = self.path.glob(".venv/lib/python*/site-packages")
        return installed(packages)

    def imported(self, module: str) -> str:
        return imported(module, Client(self.path / ".venv"), None, self.path)


def make_project(path: Path, dependencies: list[str], *tables: str) -> Project:
    path.mkdir()
    head = (
        f'[project]\nname = "shop"\nversion = "0"\nrequires-python = ">=3.11,<4"\n'
        f"dependencies = {dependencies}\n"
    )
    (path / "pyproject.toml").write_text("\n".join([head, *tables]), encoding="utf-8")
    return Project(path)


def uv_index(url: str) -> str:
    return f'[[tool.uv.index]]\nname = "artifactory"\nurl = "{url}"\ndefault = true\n'


def poetry_source(url: str, name: str = "artifactory") -> str:
    source = f'[[tool.poetry.source]]\nname = "{name}"\nurl = "{url}"\npriority = "primary"\n'
    return f"[tool.poetry]\npackage-mode = false\n{source}"


def pdm_source(url: str) -> str:
    # the name takes the place of the public index
    source = f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{url}"\n'
    return f"[tool.pdm]\ndistribution = false\n{source}"
