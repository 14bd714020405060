"""What the repositories ask of the storage and of an upstream; fakes in tests implement the same.

The storage package implements these on devpi; nothing here knows devpi or HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
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
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.following import Fetch
from devpi_artifactory_compat.repositories.following import Reader
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


@dataclass(frozen=True, kw_only=True)
class CachedPage:
    """An upstream's page as it was kept; ``checked`` is when the upstream last confirmed it."""

    page: UpstreamPage
    etag: str | None
    checked: float


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """What is known of an upstream's file once it is stored here."""

    size: int
    sha256: str
    metadata_sha256: str | None
    yanked: str | None = None


@dataclass(frozen=True, kw_only=True)
class FetchedPage:
    page: UpstreamPage
    etag: str | None


@dataclass(frozen=True, kw_only=True)
class Validators:
    """What an upstream is told of the list that is here, so that it need not send it again."""

    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, kw_only=True)
class FetchedNames:
    """An upstream's list on its way; ``names``, valid and normalised, raises UpstreamError."""

    names: Iterator[NormalizedName]
    validators: Validators


class PageAnswer(Enum):
    """An upstream's answer that is no page."""

    NOT_MODIFIED = "not modified"
    MISSING = "missing"


class Upstream(Protocol):
    """The server that a remote repository stands for.

    Every method raises UpstreamError (UpstreamTimeout) when the upstream gives no usable answer.
    """

    def project_page(
        self, project: NormalizedName, *, etag: str | None
    ) -> FetchedPage | PageAnswer: ...

    def project_names(
        self, known: Validators | None
    ) -> AbstractContextManager[FetchedNames | PageAnswer]:
        """The list of all projects, or that it is unchanged; read before the context is left."""
        ...

    def release_info(
        self, project: NormalizedName, version: str
    ) -> Mapping[str, str | Sequence[str]]:
        """What the upstream's JSON API says of a release; empty when it has none. Never raises."""
        ...

    def open(self, url: str) -> Stream | None:
        """The body of a file; None when the upstream does not have it."""
        ...

    def read(self, url: str, *, limit: int) -> bytes | None:
        """A small body, whole; None when the upstream does not have it."""
        ...


@dataclass(frozen=True, kw_only=True)
class ReceivedFile:
    """A complete download, known to be what the upstream promised.

    ``metadata`` is what is in it, None for a file that has none that can be used.
    """

    file: ArrivingFile
    size: int
    checksums: Checksums
    metadata: CoreMetadata | None


class RemoteCache(Protocol):
    """What a remote repository keeps of its upstream."""

    def lock(self, what: str) -> AbstractContextManager[None]:
        """Only one at a time fetches the page of a project, or what is at a path.

        Raises UpstreamTimeout when the others take too long.
        """
        ...

    def refresh(self) -> None:
        """From now on this request sees what others have stored since it began."""
        ...

    def page(self, project: NormalizedName) -> CachedPage | None: ...

    def missing_since(self, project: NormalizedName) -> float | None:
        """When the upstream last said that it does not have the project."""
        ...

    def zapped(self) -> float:
        """When an administrator last let all pages and absences count as old; 0 for never."""
        ...

    def save_page(self, project: NormalizedName, page: CachedPage) -> None: ...

    def confirm_page(self, project: NormalizedName, page: CachedPage) -> None:
        """The upstream said that the page is unchanged: nothing needs to be written."""
        ...

    def save_missing(self, project: NormalizedName, now: float) -> None: ...

    def cached_names(self) -> Iterable[str]: ...

    def content(self, path: str) -> Content | None:
        """A stored file."""
        ...

    def download_note(self, path: str) -> Callable[[str], None]:
        """What ``Content.note_download`` is for a file that is about to be stored at a path."""
        ...

    def kept_files(self, project: NormalizedName) -> Mapping[str, KeptFile]:
        """The stored files of a project by their paths."""
        ...

    def sidecar(self, path: str, suffix: str) -> Content | None: ...

    def save_sidecar(self, path: str, suffix: str, body: bytes) -> Content: ...

    def follow_download(self, path: str) -> Reader | None:
        """Join the download of a path, if one is under way."""
        ...

    def start_download(self, path: str, fetch: Fetch, *, patience: float) -> Reader:
        """``fetch`` runs in a thread of its own, outside of this request.

        It ends with ``save_file``, which waits for other writers: whoever waits for the download
        must not be one.
        """
        ...

    def new_file(self) -> ArrivingFile:
        """A file for what is not kept."""
        ...

    def save_file(
        self,
        path: str,
        upstream: UpstreamFile,
        project: NormalizedName,
        received: ReceivedFile,
    ) -> None:
        """Keep a complete download; everybody sees it when this returns.

        Raises UpstreamError when the repository is gone.
        """
        ...
