"""The files of a project page, grouped by version."""

from __future__ import annotations

from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import parse_version
from devpi_artifactory_compat.packages.filenames import version_of
from devpi_artifactory_compat.packages.versions import version_key
from packaging.version import Version


__all__ = ["files_by_version", "page_versions"]


def files_by_version(page: ProjectPage) -> dict[str, tuple[ProjectFile, ...]]:
    """From the oldest version to the newest.

    Versions that PEP 440 takes for equal are one, spelled as the page first spells it. Files
    whose name tells no version of the project are left out; versions of the page without a file
    are there.
    """
    spellings: dict[Version | str, str] = {}
    files: dict[str, list[ProjectFile]] = {}
    for version in page.versions:
        files.setdefault(spellings.setdefault(_identity(version), version), [])
    for file in page.files:
        found = version_of(file.filename, page.name)
        if found is not None:
            files.setdefault(spellings.setdefault(_identity(found), found), []).append(file)
    return {version: tuple(files[version]) for version in sorted(files, key=version_key)}


def page_versions(page: ProjectPage) -> tuple[str, ...]:
    """PEP 700: the versions that the page states, or else those of its files."""
    return page.versions or tuple(files_by_version(page))


def _identity(version: str) -> Version | str:
    return parse_version(version) or version
