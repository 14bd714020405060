"""What we keep of each file beside devpi's own entry.

Two shapes of one truth. The *record* of an artifact is addressed by its path and holds everything
(checksums, who and when, properties). The *shelf* of a project holds, for all its files at once,
what a project page shows, so that a page of thousands of files costs one read.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.metadata import hash_file
from devpi_artifactory_compat.packages.generated_properties import yank_reason
from devpi_artifactory_compat.repositories.origin import History
from devpi_artifactory_compat.repositories.paths import SIDECAR_SUFFIXES
from devpi_artifactory_compat.storage.blobs import storable_name
from devpi_artifactory_compat.storage.digests import Digests
from devpi_artifactory_compat.storage.keys import path_digest
from devpi_artifactory_compat.storage.keys import project_key
from devpi_artifactory_compat.storage.keys import record_key
from devpi_artifactory_compat.storage.statistics import Statistics
from devpi_artifactory_compat.storage.tree import Tree
from devpi_server.filestore import BaseFileEntry
from devpi_server.filestore import get_hashes
from devpi_server.keyfs_types import RelPath
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy
from email.utils import parsedate_to_datetime
from functools import partial
from packaging.utils import canonicalize_name
from typing import Any
from typing import BinaryIO
from typing import cast
import time


#: the version of the shape of both; a reader ignores what it does not know
SCHEMA = 1

#: how often, and how far apart, a file is looked for that its transaction has just brought
ARRIVAL_TRIES = 10
ARRIVAL_PAUSE_SECS = 0.01


@dataclass(frozen=True, kw_only=True)
class Record:
    """One artifact; times are seconds since the epoch, ``entry`` is devpi's own path.

    ``project`` is empty for what is no distribution; ``fields`` is metadata that devpi has no
    place for; ``url`` is where a remote has the file from.
    """

    path: str
    project: str
    filename: str
    entry: str
    size: int
    md5: str
    sha1: str
    sha256: str
    created: float
    created_by: str
    modified: float
    modified_by: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Sequence[str]] = field(default_factory=dict)
    state: str = ArtifactState.INDEXED.value
    url: str = ""
    schema: int = SCHEMA

    @property
    def checksums(self) -> Checksums:
        return Checksums(md5=self.md5, sha1=self.sha1, sha256=self.sha256)

    @property
    def is_indexed(self) -> bool:
        return self.state == ArtifactState.INDEXED.value

    @property
    def yanked(self) -> str | None:
        return yank_reason(self.properties)

    def data(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "fields": dict(self.fields),
            "properties": {key: list(values) for key, values in self.properties.items()},
        }


@dataclass(frozen=True, kw_only=True)
class ShelfFile:
    """One file on a shelf."""

    path: str
    version: str
    size: int
    sha256: str
    uploaded: float
    requires_python: str | None = None
    metadata_sha256: str | None = None
    yanked: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A small file that belongs to another; ``entry`` is devpi's path."""

    entry: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file that devpi has just stored, with all that is kept of it.

    ``shelf_key`` is its place on its project's shelf; ``sidecars`` are bodies by suffix.
    """

    record: Record
    shelf_key: str
    version: str
    requires_python: str | None = None
    sidecars: Mapping[str, bytes] = field(default_factory=dict)


class Shelf:
    """The files of one project and what lies beside them; changed in place, then saved.

    Files are addressed by file name in a local repository and by path in a remote one, sidecars
    by the path of what they belong to and their suffix.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.files = {key: ShelfFile(**value) for key, value in data.get("files", {}).items()}
        self.sidecars = {key: Sidecar(**value) for key, value in data.get("sidecars", {}).items()}

    def data(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            # flat, and there may be thousands: asdict would copy each value
            "files": {key: {**vars(value)} for key, value in self.files.items()},
            "sidecars": {key: {**vars(value)} for key, value in self.sidecars.items()},
        }


class Records:
    """Records and shelves of one index, with the folders and checksums of its files."""

    def __init__(self, xom: XOM, user: str, index: str) -> None:
        self._xom = xom
        self._user = user
        self._index = index
        self.tree = Tree(xom, user, index)
        self._digests = Digests(xom)
        self._statistics = Statistics(xom, user, index)

    def shelf(self, project: NormalizedName) -> Shelf:
        return Shelf(project_key(self._xom, self._user, self._index, project).get())

    def save_shelf(self, project: NormalizedName, shelf: Shelf) -> None:
        key = project_key(self._xom, self._user, self._index, project)
        if shelf.files or shelf.sidecars:
            key.set(shelf.data())
        elif key.exists():
            key.delete()

    def record(self, path: str) -> Record | None:
        data = record_key(self._xom, self._user, self._index, path).get()
        return Record(**get_mutable_deepcopy(data)) if data else None

    def save_record(self, record: Record) -> None:
        """Record a file at its path, in place of what was there."""
        before = self.record(record.path)
        if before is None or before.sha256 != record.sha256:
            self._forget_digests(before)
            for digest in (record.sha256, record.sha1, record.md5):
                self._digests.add(digest, self._place(record.path))
        if before is None:
            self.tree.add_file(record.path, user=record.created_by, now=record.created)
        elif not before.is_indexed and before.entry != record.entry:
            # devpi itself knows nothing of such a file
            delete_entry(self._xom, before.entry)
        record_key(self._xom, self._user, self._index, record.path).set(record.data())

    def delete_record(self, path: str, *, prune: bool = True) -> None:
        """Forget a file, with the folders that have become empty by that, unless told to stay."""
        record = self.record(path)
        if record is None:
            return
        self._forget_digests(record)
        self._statistics.forget(path)
        record_key(self._xom, self._user, self._index, path).delete()
        self.tree.remove(path, prune=prune)

    def forget_outside(self, record: Record) -> None:
        """The index goes with all its keys: what it has elsewhere goes here."""
        self._statistics.forget(record.path)
        self._forget_digests(record)

    def _place(self, path: str) -> tuple[str, str, str]:
        return (self._user, self._index, path_digest(path))

    def _forget_digests(self, record: Record | None) -> None:
        if record is not None:
            for digest in (record.sha256, record.sha1, record.md5):
                self._digests.remove(digest, self._place(record.path))

    def keep(self, arrival: Arrival) -> None:
        """Record a file, in place of what was kept under the same name."""
        record = arrival.record
        project = canonicalize_name(record.project)
        shelf = self.shelf(project)
        before = shelf.files.get(arrival.shelf_key)
        if before is not None and (before.sha256, before.path) != (record.sha256, record.path):
            self.forget(shelf, arrival.shelf_key)
        for suffix, body in arrival.sidecars.items():
            self.add_sidecar(shelf, record.path, suffix, body)
        metadata = shelf.sidecars.get(record.path + ".metadata")
        shelf.files[arrival.shelf_key] = ShelfFile(
            path=record.path,
            version=arrival.version,
            size=record.size,
            sha256=record.sha256,
            uploaded=record.modified,
            requires_python=arrival.requires_python,
            metadata_sha256=None if metadata is None else metadata.sha256,
            yanked=record.yanked,
        )
        self.save_shelf(project, shelf)
        self.save_record(record)

    def forget(self, shelf: Shelf, shelf_key: str, *, prune: bool = True) -> None:
        """Drop what is kept of a file; devpi's own part is for devpi, the shelf is not saved."""
        file = shelf.files.pop(shelf_key, None)
        if file is None:
            return
        for suffix in SIDECAR_SUFFIXES:
            self.remove_sidecar(shelf, file.path, suffix)
        self.delete_record(file.path, prune=prune)

    # files beside files

    def add_sidecar(self, shelf: Shelf, path: str, suffix: str, body: bytes) -> None:
        """Store a small file beside the file at ``path``; the shelf is not saved."""
        hashes = get_hashes(body)
        present = shelf.sidecars.get(path + suffix)
        if present is not None and present.sha256 == hashes["sha256"]:
            return
        self.remove_sidecar(shelf, path, suffix)
        filename = storable_name(path.rpartition("/")[2] + suffix)
        entry = self._xom.filestore.store(self._user, self._index, filename, body, hashes=hashes)
        shelf.sidecars[path + suffix] = Sidecar(
            entry=entry.relpath, size=len(body), sha256=hashes["sha256"]
        )

    def remove_sidecar(self, shelf: Shelf, path: str, suffix: str) -> None:
        sidecar = shelf.sidecars.pop(path + suffix, None)
        if sidecar is not None:
            delete_entry(self._xom, sidecar.entry)

    def sidecar_content(self, shelf: Shelf, path: str, suffix: str) -> Content | None:
        sidecar = shelf.sidecars.get(path + suffix)
        if sidecar is None:
            return None
        entry = stored_entry(self._xom, sidecar.entry)
        if entry is None:
            return None
        return Content(
            filename=path.rpartition("/")[2] + suffix,
            size=sidecar.size,
            modified=entry_time(entry),
            checksums={"sha256": sidecar.sha256},
            open=opener(entry),
        )


def stored_entry(xom: XOM, relpath: str) -> BaseFileEntry | None:
    """devpi's entry at a path, if its file is there."""
    entry = xom.filestore.get_file_entry(RelPath(relpath))
    if entry is None or not entry.meta:
        return None
    return entry if entry.file_exists() or _arrives(xom, entry) else None


def _arrives(xom: XOM, entry: BaseFileEntry) -> bool:
    """Wait for a file of a transaction that is being committed.

    devpi shows a transaction to others a moment before it moves the files into their places.
    """
    # without that time it was never downloaded; a replica may lack a file for long
    if entry.last_modified is None or xom.is_replica():
        return False
    for _ in range(ARRIVAL_TRIES):
        time.sleep(ARRIVAL_PAUSE_SECS)
        if entry.file_exists():
            return True
    return False


def delete_entry(xom: XOM, relpath: str) -> None:
    """Delete devpi's entry at a path and its file, if there is one."""
    key = xom.filestore.get_key_from_relpath(relpath)
    if key is not None and key.exists():
        xom.filestore.get_file_entry_from_key(key).delete()


def opener(entry: BaseFileEntry) -> Callable[[], BinaryIO]:
    return partial(_open, entry)


def _open(entry: BaseFileEntry) -> BinaryIO:
    return cast("BinaryIO", entry.file_open_read())


def entry_time(entry: BaseFileEntry) -> datetime | None:
    """When devpi stored the file, or what the upstream said of it."""
    if entry.last_modified is None:
        return None
    try:
        time = parsedate_to_datetime(entry.last_modified)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def entry_checksums(entry: BaseFileEntry) -> tuple[Checksums, int]:
    """Reads the whole file."""
    with _open(entry) as file:
        return hash_file(file)


def timestamp(time: datetime | None) -> float:
    return 0.0 if time is None else time.timestamp()


def who_and_when(
    before: Record | None, user: str, history: History | None, *, now: float
) -> dict[str, Any]:
    """Of the record of a file that comes to a path, in place of another or not."""
    if history is not None:
        return {
            "created": timestamp(history.created),
            "created_by": history.created_by,
            "modified": timestamp(history.modified),
            "modified_by": history.modified_by,
        }
    return {
        "created": now if before is None else before.created,
        "created_by": user if before is None else before.created_by,
        "modified": now,
        "modified_by": user,
    }


def from_timestamp(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
