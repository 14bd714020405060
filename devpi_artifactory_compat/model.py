"""Values that cross the layers: all frozen, none knows HTTP or devpi."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from packaging.utils import NormalizedName
from packaging.utils import canonicalize_name
from types import MappingProxyType
from typing import BinaryIO
from typing import NewType


__all__ = [
    "NO_HASHES",
    "NO_PROPERTIES",
    "Artifact",
    "ArtifactState",
    "Checksums",
    "Child",
    "Content",
    "Distribution",
    "DistributionKind",
    "DownloadStatistics",
    "Folder",
    "FoundProject",
    "NormalizedName",
    "PackageType",
    "ProjectFile",
    "ProjectList",
    "ProjectPage",
    "Properties",
    "RepositoryClass",
    "RepositoryKey",
    "Stream",
]

RepositoryKey = NewType("RepositoryKey", str)
"""The name of a repository, unique on the server, as it stands in URLs."""

NO_HASHES: Mapping[str, str] = MappingProxyType({})

Properties = Mapping[str, tuple[str, ...]]
"""What people and jobs say of an artifact or a folder: keys in their order, each with values."""

NO_PROPERTIES: Properties = MappingProxyType({})


class RepositoryClass(StrEnum):
    """Artifactory's ``rclass``; lists of repositories spell it in upper case."""

    LOCAL = "local"
    REMOTE = "remote"
    VIRTUAL = "virtual"


class PackageType(StrEnum):
    """What a repository is for; lists of repositories spell it with a capital.

    ``generic``: files at paths and nothing else, whatever their names look like.
    """

    PYPI = "pypi"
    GENERIC = "generic"


class DistributionKind(StrEnum):
    """What a file name says a distribution is; the value is the legacy ``filetype``."""

    SDIST = "sdist"
    WHEEL = "bdist_wheel"
    EGG = "bdist_egg"


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A file name taken apart: ``name`` and ``version`` as the file spells them."""

    filename: str
    kind: DistributionKind
    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Checksums:
    """Hex digests of one file's bytes, lower case."""

    md5: str
    sha1: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ProjectFile:
    """One file on a project page (PEP 503, 592, 658, 691, 700, 714, 740).

    ``path`` is the file's path inside its repository: decoded, without a leading slash.
    ``yanked`` is None for a file that is not yanked, else the reason, which may be empty.
    ``core_metadata`` is None when the server offers no ``.metadata`` for the file, else the
    hashes of the metadata's bytes, empty when they are not known.
    """

    filename: str
    path: str
    hashes: Mapping[str, str] = field(default_factory=lambda: NO_HASHES)
    requires_python: str | None = None
    yanked: str | None = None
    size: int | None = None
    upload_time: datetime | None = None
    core_metadata: Mapping[str, str] | None = None
    gpg_signature: bool | None = None
    provenance: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectPage:
    """The files of one project, in the order in which they are shown.

    ``status`` is PEP 792's; ``alternate_locations`` and ``tracks`` are the URLs of PEP 708.
    """

    name: NormalizedName
    files: tuple[ProjectFile, ...]
    versions: tuple[str, ...] = ()
    status: str | None = None
    status_reason: str | None = None
    alternate_locations: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProjectList:
    """All projects of a repository, of which there may be a million.

    ``names`` begins a new pass over the names at each call: normalised (PEP 503), ascending, each
    once; a pass needs no open transaction and may raise UpstreamError. ``etag`` is another one
    whenever the names are others. ``count`` is how many there are at most.
    """

    names: Callable[[], Iterator[NormalizedName]]
    etag: str
    count: int


@dataclass(frozen=True, kw_only=True)
class FoundProject:
    """What a search finds: a project, the version that a user most likely wants, its summary.

    ``name`` is in any spelling; ``summary`` is one line, empty when it is not known.
    """

    name: str
    version: str
    summary: str = ""

    @property
    def project(self) -> NormalizedName:
        return canonicalize_name(self.name)


class ArtifactState(StrEnum):
    """What a repository makes of a file.

    ``generic``: it can be fetched, listed and tagged, and never resolved. ``pending``: it looks
    like a distribution and waits for the quiet period. ``indexed``: installers resolve it.
    """

    GENERIC = "generic"
    PENDING = "pending"
    INDEXED = "indexed"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A file that a repository holds: where, how large, who brought it when, what is said of it.

    ``path`` is decoded and has no slash at its ends; ``repository`` is the one that holds it, of
    what a remote has cached that with ``-cache``. ``project`` is that of a distribution, None for
    what is not resolved. ``remote_url`` is where a remote has it from.
    """

    repository: RepositoryKey
    path: str
    size: int
    checksums: Checksums
    created: datetime
    created_by: str
    modified: datetime
    modified_by: str
    state: ArtifactState
    project: NormalizedName | None = None
    properties: Properties = field(default_factory=lambda: NO_PROPERTIES)
    remote_url: str | None = None

    @property
    def filename(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class DownloadStatistics:
    """How often an artifact was downloaded, when last and by whom; ``last`` is None for never."""

    count: int = 0
    last: datetime | None = None
    last_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """One entry of a folder."""

    name: str
    is_folder: bool


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder of a repository, its children by name; the path of the root is empty."""

    repository: RepositoryKey
    path: str
    created: datetime
    created_by: str
    modified: datetime
    modified_by: str
    children: tuple[Child, ...] = ()
    properties: Properties = field(default_factory=lambda: NO_PROPERTIES)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A file on its way from an upstream; iterating ``chunks`` may raise UpstreamError.

    ``size`` and ``modified`` are None when the upstream did not say them.
    """

    size: int | None
    chunks: Iterator[bytes]
    modified: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a GET of a file answers with.

    Stored content has ``open``: it gives a seekable file at position 0. Content that an upstream
    still has to send has ``stream`` and ``store``: the first passes it through while storing it,
    the second stores it first and gives the stored content; both raise UpstreamError and
    ArtifactNotFound. A checksum is absent when it is not known yet; ``size`` is None when only
    the upstream knows it. ``note_download`` is to be called with the name of the user who gets the
    content; None for what is not counted.
    """

    filename: str
    size: int | None
    modified: datetime | None
    checksums: Mapping[str, str] = field(default_factory=lambda: NO_HASHES)
    open: Callable[[], BinaryIO] | None = None
    stream: Callable[[], Stream] | None = None
    store: Callable[[], Content] | None = None
    note_download: Callable[[str], None] | None = None
