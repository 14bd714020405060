"""What remote repositories ask of the storage and of an upstream; tests fake the same.

The storage package implements these on devpi and HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.following import Fetch
from devpi_artifactory_compat.repositories.following import Reader
from enum import Enum
from typing import Protocol


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


@dataclass(frozen=True, kw_only=True)
class KeptNames:
    """An upstream's list as it is kept; ``checked`` is when the upstream last confirmed it."""

    projects: ProjectList
    validators: Validators
    checked: float


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
        """The list of all projects, or why there is none; read before the context is left."""
        ...

    def release_info(
        self, project: NormalizedName, version: str
    ) -> Mapping[str, str | Sequence[str]]:
        """What the upstream's JSON API says of a release; empty when it has none. Never raises."""
        ...

    def open(self, url: str, *, folders: bool = True) -> Stream | None:
        """The body of a file; None when there is none, or without ``folders`` a folder's list."""
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
    modified: datetime | None = None


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

    def cached_names(self) -> Iterable[str]:
        """The projects whose pages are kept."""
        ...

    def content(self, path: str) -> Content | None:
        """A stored file."""
        ...

    def download_note(self, path: str) -> Callable[[str], None]:
        """What ``Content.note_download`` is for a file that is about to be stored at a path."""
        ...

    def kept_files(self, project: NormalizedName) -> Mapping[str, KeptFile]:
        """The stored files of a project by their paths."""
        ...

    def metadata_paths(self, project: NormalizedName) -> Sequence[str]:
        """The paths of the files of a project whose core metadata is kept."""
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
        project: NormalizedName | None,
        received: ReceivedFile,
    ) -> None:
        """Keep a complete download; everybody sees it when this returns.

        Of no project it is a plain artifact. Raises UpstreamError when the repository is gone.
        """
        ...


class NamesCache(Protocol):
    """Where the list of all projects of one upstream is kept."""

    def names(self) -> KeptNames | None: ...

    def names_lock(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Only one fetch at a time; False for those who would not wait and came second.

        Raises UpstreamTimeout when waiting takes too long.
        """
        ...

    def save_names(self, fetched: FetchedNames, *, checked: float) -> KeptNames:
        """Read a list to its end and keep it; one that breaks off leaves the old one."""
        ...

    def confirm_names(self, kept: KeptNames, *, checked: float) -> KeptNames:
        """The upstream said that the list is unchanged."""
        ...

    def forget_names(self) -> None:
        """Nothing of the list is left."""
        ...
