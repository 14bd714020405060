"""Which project and version a file is of: what its name, its inside and its deployer say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Distribution
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.form_fields import FieldValue
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.metadata import check_agrees
from devpi_artifactory_compat.packages.metadata import read_metadata
from typing import BinaryIO
import re


MAX_NAME_LENGTH = 200
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


@dataclass(frozen=True, kw_only=True)
class Identified:
    """A file that can be resolved under a name and a version."""

    distribution: Distribution
    name: str
    version: str
    metadata: CoreMetadata | None

    @property
    def fields(self) -> Mapping[str, FieldValue]:
        """The core metadata, as the legacy upload form spells it."""
        own = {} if self.metadata is None else self.metadata.fields
        return {**own, "name": self.name, "version": self.version}


def check_name_and_version(name: str, version: str) -> None:
    """Raises InvalidUpload for what cannot be the name or the version of a project."""
    if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        raise InvalidUpload(
            f"'{name[:100]}' is no valid project name: letters, digits, '.', '_' and '-', "
            f"a letter or digit at both ends, at most {MAX_NAME_LENGTH} characters."
        )
    if len(version) > MAX_NAME_LENGTH or not _VERSION.fullmatch(version):
        raise InvalidUpload(f"'{version[:100]}' is no valid version.")


def looks_like_distribution(filename: str) -> bool:
    try:
        parse_distribution(filename)
    except InvalidUpload:
        return False
    return True


def identify(file: BinaryIO, filename: str, *, name: str = "", version: str = "") -> Identified:
    """Read a seekable file; what the deployer said of it counts before what it says itself.

    Raises InvalidUpload with the reason for a file that is no usable distribution.
    """
    distribution = parse_distribution(filename)
    metadata = read_metadata(file, distribution)
    name = name or (distribution.name if metadata is None else metadata.name)
    version = version or (distribution.version if metadata is None else metadata.version)
    check_name_and_version(name, version)
    check_agrees(distribution, metadata, name=name, version=version)
    return Identified(distribution=distribution, name=name, version=version, metadata=metadata)
