"""What has changed in the repositories, as the search database takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.search.tables import FILE
from devpi_artifactory_compat.search.tables import FOLDER
from devpi_artifactory_compat.search.tables import ROOT
from typing import NamedTuple


class ItemId(NamedTuple):
    """Where an item is: the name of devpi's index, and the SHA-256 of its whole path.

    A file and a folder may have the same path.
    """

    place: str
    digest: bytes
    is_folder: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A file or folder; ``whole_path`` is "" for the root, times are milliseconds since the epoch.

    Checksums are None for folders; ``properties`` are keys, each with its values, in order;
    ``project`` is that of an indexed distribution.
    """

    whole_path: str
    created: int
    created_by: str
    modified: int
    modified_by: str
    size: int = 0
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    project: str | None = None
    properties: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def columns(self, *, is_folder: bool) -> dict[str, object]:
        """The row of ``items``, without what identifies it."""
        path, _, name = self.whole_path.rpartition("/")
        return {
            "type": FOLDER if is_folder else FILE,
            "path": path or ROOT,
            "name": name or ROOT,
            "depth": self.whole_path.count("/") + 1 if self.whole_path else 0,
            "size": self.size,
            "created": self.created,
            "created_by": self.created_by,
            "modified": self.modified,
            "modified_by": self.modified_by,
            "md5": self.md5,
            "sha1": self.sha1,
            "sha256": self.sha256,
            "project": self.project,
        }

    def values(self) -> Sequence[tuple[str, str]]:
        """The rows of ``properties``: a key without values has an empty one."""
        return [
            (key, value) for key, values in self.properties.items() for value in (values or ("",))
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Downloads:
    """How often a file was downloaded, and when last, in milliseconds since the epoch."""

    count: int
    last: int
    last_by: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The newest state of what has changed; None for what is gone.

    ``dropped`` are the indexes that are gone with all their items: those come first, and items
    of a new index of the same name after them.
    """

    items: Mapping[ItemId, Item | None] = field(default_factory=dict)
    downloads: Mapping[ItemId, Downloads | None] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
