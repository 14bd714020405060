"""What local repositories ask of the storage; fakes in tests implement the same.

The storage package implements these on devpi; nothing here knows devpi or HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from devpi_artifactory_compat.model import NO_PROPERTIES
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import Distribution
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.repositories.origin import NO_ORIGIN
from devpi_artifactory_compat.repositories.origin import History
from devpi_artifactory_compat.repositories.origin import Origin
from enum import Enum
from pathlib import Path
from typing import BinaryIO
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Release:
    """A distribution that a local repository holds, as its project page shows it.

    ``handle`` is the store's own name for the file and means nothing to others.
    """

    filename: str
    path: str
    project: NormalizedName
    version: str
    handle: str
    size: int | None
    sha256: str
    uploaded: datetime | None
    requires_python: str | None = None
    yanked: str | None = None
    metadata_sha256: str | None = None
    signed: bool = False


@dataclass(frozen=True, kw_only=True)
class NewRelease:
    """A checked upload on its way into the store.

    ``properties`` are what its user says of it beside what the metadata says; ``source`` is where
    the bytes of ``file`` lie when they may be linked instead of copied.
    """

    distribution: Distribution
    name: str
    version: str
    path: str
    file: BinaryIO
    size: int
    checksums: Checksums
    fields: Mapping[str, str | tuple[str, ...]]
    core_metadata: bytes | None
    signature: bytes | None
    attestations: bytes | None
    user: str
    properties: Properties = field(default_factory=lambda: NO_PROPERTIES)
    source: Path | None = None
    history: History | None = None

    @property
    def requires_python(self) -> str | None:
        value = self.fields.get("requires_python")
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, kw_only=True)
class NewArtifact:
    """A file on its way to a path; ``file`` is seekable, ``source`` as in NewRelease.

    ``identified`` is there when it is to be resolved as soon as it is stored. ``state`` is what it
    becomes without that.
    """

    path: str
    file: BinaryIO
    size: int
    checksums: Checksums
    user: str
    state: ArtifactState
    properties: Properties = field(default_factory=lambda: NO_PROPERTIES)
    identified: Identified | None = None
    source: Path | None = None
    origin: Origin = NO_ORIGIN

    @property
    def filename(self) -> str:
        return self.path.rpartition("/")[2]


class ArtifactStore(Protocol):
    """The files and folders of one index, whatever they are; the path of the root is empty.

    Changes want a transaction that writes.
    """

    def item(self, path: str) -> Artifact | Folder | None: ...

    def content(self, path: str) -> Content | None:
        """The bytes of an artifact; None when there is none, or not on this server."""
        ...

    def statistics(self, path: str) -> DownloadStatistics:
        """The downloads of an artifact, those that have just begun among them."""
        ...

    def keep(self, new: NewArtifact) -> None:
        """Store a file that is not resolved (yet), in place of one at its path."""
        ...

    def make_folder(self, path: str, *, user: str) -> None:
        """Make a folder and those above it; one that is there stays as it is."""
        ...

    def set_properties(self, path: str, properties: Properties, *, user: str) -> None:
        """What is said of an artifact or a folder from now on, and on its project's page."""
        ...

    def give_up(self, path: str, reason: str) -> None:
        """A file that waited to be resolved cannot be; its properties say why."""
        ...

    def remove(self, path: str, *, prune: bool = False) -> None:
        """Remove a file from here and from devpi, or an empty folder.

        With ``prune`` the folders above it that have become empty go as well.
        """
        ...


class Outcome(Enum):
    STORED = "stored"
    REPLACED = "replaced"
    ALREADY_THERE = "already there"


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What became of an upload."""

    repository: str
    path: str
    outcome: Outcome


class LocalStore(Protocol):
    """The distributions of one index that takes uploads."""

    def project_names(self) -> Iterable[str]: ...

    def has_project(self, project: NormalizedName) -> bool:
        """True also for a project that is registered and has no files yet."""
        ...

    def releases(self, project: NormalizedName) -> Sequence[Release]:
        """Every distribution of a project; empty when there is none."""
        ...

    def release(self, project: NormalizedName, filename: str) -> Release | None: ...

    def content(self, release: Release) -> Content | None:
        """The stored file; None when it is missing on this server."""
        ...

    def sidecar(self, release: Release, suffix: str) -> Content | None:
        """What is kept beside a distribution: ``.metadata``, ``.asc``, ``.attestations``."""
        ...

    def metadata(self, project: NormalizedName, version: str) -> Mapping[str, object] | None: ...

    def may_replace(self) -> bool:
        """False when the index never gives a name to other content (devpi's non-volatile)."""
        ...

    def add(self, new: NewRelease) -> None:
        """Store a distribution, in place of one of the same file name if there is one."""
        ...
