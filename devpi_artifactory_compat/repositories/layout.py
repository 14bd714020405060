"""Artifactory's Enforce Layout and its normalisation of file names, for one repository each.

Both concern what comes from now on; what is stored stays.
"""

from __future__ import annotations

from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Distribution
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.filenames import same_version
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.metadata import parse_metadata
from devpi_artifactory_compat.packages.metadata import read_metadata
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import NewRelease
from packaging.utils import canonicalize_name


#: what can be nothing else than a distribution, however it is named
_ALWAYS_DISTRIBUTIONS = (".whl", ".egg")

_DEPTH = 3  # name, version, file


def check_deployment(config: RepositoryConfig, new: NewArtifact) -> None:
    """Refuse a distribution at a place, or of a name, that the repository does not want.

    Other files may lie anywhere. The file is read. Raises Forbidden.
    """
    layout, naming = _enforced(config)
    if not (layout or naming):
        return
    try:
        distribution = parse_distribution(new.filename)
    except InvalidUpload:
        if new.filename.endswith(_ALWAYS_DISTRIBUTIONS):
            raise (_no_metadata() if layout else _not_normal(new.filename)) from None
        return
    if naming:
        _check_naming(distribution)
    if layout:
        _check_layout(new.path, distribution, _metadata(new, distribution), strict=naming)


def check_release(config: RepositoryConfig, new: NewRelease) -> None:
    """As ``check_deployment``, for an upload by the legacy form. Raises Forbidden."""
    layout, naming = _enforced(config)
    if naming:
        _check_naming(new.distribution)
    if layout:
        metadata = None if new.core_metadata is None else parse_metadata(new.core_metadata)
        _check_layout(new.path, new.distribution, metadata, strict=naming)


def enforces_layout(config: RepositoryConfig) -> bool:
    """Whether the checks here refuse anything."""
    return any(_enforced(config))


def _enforced(config: RepositoryConfig) -> tuple[bool, bool]:
    return (
        config.values.get("enforceLayout") is True,
        config.values.get("enforceNamingNormalization") is True,
    )


def _metadata(new: NewArtifact, distribution: Distribution) -> CoreMetadata | None:
    try:
        return read_metadata(new.file, distribution)
    except InvalidUpload:
        return None


def _check_layout(
    path: str, distribution: Distribution, metadata: CoreMetadata | None, *, strict: bool
) -> None:
    """``strict``: names are compared as they are written, that of the file as well."""
    if metadata is None:
        raise _no_metadata()
    name, version = _name_and_version(path)
    fits = same_version(version, metadata.version)
    if strict:
        fits = fits and name == metadata.name == distribution.name
    else:
        fits = fits and canonicalize_name(name) == canonicalize_name(metadata.name)
    if not fits:
        stated = distribution.name if strict and name == metadata.name else name
        raise Forbidden(
            "Action prevented due to Enforce Layout policy - package file name/version "
            f"{stated}/{version} does not match the package internal name/version "
            f"{metadata.name}/{metadata.version} in the metadata file"
        )


def _name_and_version(path: str) -> tuple[str, str]:
    """What the folders of ``<name>/<version>/<file>`` say; of another path nothing that fits."""
    parts = path.split("/")
    if len(parts) == _DEPTH:
        return parts[0], parts[1]
    return "/".join(parts[:-1]), ""


def _no_metadata() -> Forbidden:
    return Forbidden(
        "Action prevented due to Enforce Layout policy - could not find metadata file to compare"
    )


def _check_naming(distribution: Distribution) -> None:
    """The binary distribution format and PEP 625: lower case, each run of ``-_.`` is one ``_``."""
    if distribution.name != canonicalize_name(distribution.name).replace("-", "_"):
        raise _not_normal(distribution.name)


def _not_normal(name: str) -> Forbidden:
    return Forbidden(
        "Action prevented due to Enforce Naming Normalization policy - the name in the file name, "
        f"'{name[:200]}', must be in lower case with '_' for each run of '-', '_' and '.'"
    )
