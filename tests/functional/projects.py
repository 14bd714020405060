"""Small real projects, and what is known of them before anybody builds them."""

from __future__ import annotations

from clients import Client
from clients import client
from dataclasses import dataclass
from packaging.utils import canonicalize_name
from pathlib import Path


VERSION = "1.0"
CLASSIFIERS = ["Programming Language :: Python", "Topic :: Utilities"]

#: the module of each build backend, and the distribution that it is in
BACKENDS = {
    "flit_core.buildapi": "flit_core",
    "hatchling.build": "hatchling",
    "pdm.backend": "pdm-backend",
    "poetry.core.masonry.api": "poetry-core",
    "setuptools.build_meta": "setuptools",
}


@dataclass(frozen=True)
class Project:
    """A directory with a project; ``license_field`` is where its licence stands in the JSON."""

    directory: Path
    name: str
    summary: str = "A package for tests"
    requires_python: str = ">=3.8"
    license_field: str = "license_expression"

    @property
    def dist(self) -> Path:
        return self.directory / "dist"

    def files(self) -> dict[str, bytes]:
        """What is built, by file name."""
        return {path.name: path.read_bytes() for path in self.dist.iterdir() if path.is_file()}

    @property
    def wheel(self) -> Path:
        (path,) = self.dist.glob("*.whl")
        return path


def modern_project(directory: Path, name: str, backend: str) -> Project:
    """A project with a ``pyproject.toml`` and no more."""
    project = _write(Project(directory, name, summary="Ünicode summary"))
    text = f"""\
[build-system]
requires = ["{BACKENDS[backend]}"]
build-backend = "{backend}"
[project]
name = "{name}"
version = "{VERSION}"
description = "{project.summary}"
readme = "README.md"
requires-python = "{project.requires_python}"
license = "MIT"
authors = [{{name = "Ann Author", email = "ann@author.example"}}]
classifiers = {CLASSIFIERS}
dependencies = ["other>=1"]
[project.urls]
Documentation = "https://docs.example/"
[tool.flit.module]
name = "{module_name(name)}"
"""
    (directory / "pyproject.toml").write_text(text, encoding="utf-8")
    return project


def classic_project(directory: Path, name: str) -> Project:
    """A project with a ``setup.py`` that Python 2.7 runs too."""
    # the summary is ASCII: setuptools on Python 2.7 cannot send another
    project = _write(
        Project(directory, name, requires_python=">=2.7", license_field="license"),
    )
    text = f"""\
from setuptools import setup

setup(
    name="{name}",
    version="{VERSION}",
    description="{project.summary}",
    long_description=open("README.md").read(),
    long_description_content_type="text/markdown",
    author="Ann Author",
    author_email="ann@author.example",
    url="https://home.example/",
    project_urls={{"Documentation": "https://docs.example/"}},
    license="MIT",
    classifiers={CLASSIFIERS},
    python_requires="{project.requires_python}",
    install_requires=["other>=1"],
    packages=["{module_name(name)}"],
)
"""
    (directory / "setup.py").write_text(text, encoding="utf-8")
    return project


def module_name(name: str) -> str:
    return canonicalize_name(name).replace("-", "_")


def _write(project: Project) -> Project:
    module = project.directory / module_name(project.name)
    module.mkdir(parents=True)
    (module / "__init__.py").write_text(f'"""{project.name}"""\n\n__version__ = "{VERSION}"\n')
    (project.directory / "README.md").write_text("# The description\n")
    return project


def builder() -> Client:
    """An environment with all build backends, so that no build waits for one."""
    return client("builder", "build", *BACKENDS.values())


def build(project: Project, home: Path) -> None:
    """Make the sdist and the wheel in ``dist``."""
    builder().run("python", "-m", "build", "--no-isolation", home=home, cwd=project.directory)
