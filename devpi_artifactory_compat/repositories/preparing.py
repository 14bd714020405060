"""What becomes of a file that is deployed: found out before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import replace
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import NAME
from devpi_artifactory_compat.packages.generated_properties import VERSION
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.packages.identification import identify
from devpi_artifactory_compat.packages.identification import looks_like_distribution
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.deploying import with_problem
from devpi_artifactory_compat.repositories.ports import NewArtifact
from typing import BinaryIO


#: of files that are looked at for one request, in bytes
MAX_METADATA = 64 * 1024 * 1024


def prepared_for(config: RepositoryConfig, new: NewArtifact, *, default_period: int) -> NewArtifact:
    """The file as a local repository is to store it; ``default_period`` as for quiet_period."""
    if config.package_type is PackageType.GENERIC:
        return replace(new, state=ArtifactState.GENERIC)
    return prepared(new, at_once=quiet_period(config, default=default_period) == 0)


def waiting(new: NewArtifact) -> NewArtifact:
    """The file as one that is not looked into yet, whatever is said of it."""
    is_distribution = looks_like_distribution(new.filename)
    return replace(new, state=ArtifactState.PENDING if is_distribution else ArtifactState.GENERIC)


def prepared(new: NewArtifact, *, at_once: bool) -> NewArtifact:
    """The file as it is to be stored.

    A distribution whose properties name project and version is identified now, and with
    ``at_once`` every other one too; else it is to wait. One that cannot be is a plain artifact
    that says why. The file is read; other files stay as they are.
    """
    if not looks_like_distribution(new.filename):
        return replace(new, state=ArtifactState.GENERIC)
    name, version = said_name(new.properties), said_version(new.properties)
    if not at_once and not (name and version):
        return replace(new, state=ArtifactState.PENDING)
    try:
        found = identify(new.file, new.filename, name=name, version=version)
    except InvalidUpload as exc:
        return with_problem(new, str(exc))
    return replace(new, identified=found)


def identify_stored(
    artifacts: Iterable[Artifact], content_of: Callable[[str], Content | None]
) -> Mapping[str, Identified]:
    """What distributions are that lie at paths; those that are none are left out.

    The files are read. Those that come after as much metadata as fits into memory are left out,
    too: they wait to be indexed.
    """
    found: dict[str, Identified] = {}
    room = MAX_METADATA
    for artifact in artifacts:
        if room <= 0:
            break
        if not looks_like_distribution(artifact.filename):
            continue
        content = content_of(artifact.path)
        if content is None or content.open is None:
            continue
        identified = _identified(artifact, content.open)
        if identified is not None:
            found[artifact.path] = identified
            room -= size_of_metadata(identified)
    return found


def _identified(artifact: Artifact, opened: Callable[[], BinaryIO]) -> Identified | None:
    name, version = said_name(artifact.properties), said_version(artifact.properties)
    try:
        with opened() as file:
            return identify(file, artifact.filename, name=name, version=version)
    except InvalidUpload:
        # it waits where it goes, and is told there why it cannot be resolved
        return None


def size_of_metadata(identified: Identified) -> int:
    """How much memory it takes, in bytes."""
    return 1024 if identified.metadata is None else 1024 + 2 * len(identified.metadata.raw)


def quiet_period(config: RepositoryConfig, *, default: int) -> int:
    """How long a repository must have been quiet before files are indexed, in seconds."""
    own = config.values.get("quietPeriod")
    return own if isinstance(own, int) else default


def said_name(properties: Properties) -> str:
    """The project that the deployer says the file is of, "" when they do not."""
    return _said(properties, NAME)


def said_version(properties: Properties) -> str:
    """As ``said_name``, the version."""
    # scripts write the plus sign of a local version as it is, where it stands for a blank
    return _said(properties, VERSION).replace(" ", "+")


def _said(properties: Properties, key: str) -> str:
    return next(iter(properties.get(key, ())), "").strip()
