"""What deleting, copying and moving ask of the storage, beyond the artifacts themselves."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from pathlib import Path
from typing import BinaryIO
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class ReleaseParts:
    """What a repository knows of a distribution that it resolves."""

    identified: Identified
    signature: bytes | None = None
    attestations: bytes | None = None


class ItemStore(ArtifactStore, Protocol):
    def may_remove(self) -> bool:
        """False when the index never gives up a file (devpi's non-volatile)."""
        ...

    def remove_files(self, paths: Iterable[str], *, prune: bool = False) -> None:
        """As ``remove``, many at once."""
        ...

    def relocate(self, path: str, to: str) -> None:
        """Give a file another path; its name stays, and nothing is at that path."""
        ...

    def set_statistics(self, path: str, statistics: DownloadStatistics) -> None:
        """How often a file was downloaded before it came here."""
        ...

    def source(self, path: str) -> Path | None:
        """Where a file lies, to be linked; None where it has to be read."""
        ...

    def release_parts(self, path: str) -> ReleaseParts | None:
        """Of a file that a local repository resolves; None for others."""
        ...


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file on its way to another place; ``parts`` are those of one that is resolved.

    ``source`` is where its bytes lie when they may be linked instead of copied.
    """

    artifact: Artifact
    open: Callable[[], BinaryIO]
    source: Path | None
    parts: ReleaseParts | None
    statistics: DownloadStatistics


class TrashStore(Protocol):
    """What was deleted from one index, by the paths that it had; "" is the root."""

    def keep(self, item: Artifact | Folder, *, user: str) -> None:
        """Keep what is about to be deleted, in place of what was deleted there before.

        A folder is kept without what is in it.
        """
        ...

    def item(self, path: str) -> Artifact | Folder | None:
        """Shown at its path in the repository of all that was deleted."""
        ...

    def thrown(self, path: str) -> StoredFile | None:
        """A file with all that is needed to restore it; None when there is none."""
        ...

    def drop(self, path: str) -> None:
        """Forget a file, or a folder with all below it, for good."""
        ...
