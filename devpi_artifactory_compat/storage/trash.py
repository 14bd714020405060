"""Deleted files of one index, kept for a while with all that is needed to restore them.

Their bytes are linked, not copied. Everything lies in keys and files of the index, so that it is
replicated with it and goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Child
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.item_store import ReleaseParts
from devpi_artifactory_compat.repositories.item_store import StoredFile
from devpi_artifactory_compat.repositories.keys import TRASH_KEY
from devpi_artifactory_compat.storage.artifacts import artifact_of
from devpi_artifactory_compat.storage.blobs import source_of
from devpi_artifactory_compat.storage.blobs import store_blob
from devpi_artifactory_compat.storage.keys import path_digest
from devpi_artifactory_compat.storage.keys import trash_folder_key
from devpi_artifactory_compat.storage.keys import trash_key
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import delete_entry
from devpi_artifactory_compat.storage.records import from_timestamp
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.records import timestamp
from devpi_artifactory_compat.storage.release_parts import assembled
from devpi_artifactory_compat.storage.release_parts import release_parts
from devpi_artifactory_compat.storage.statistics import Statistics
from devpi_artifactory_compat.storage.tree import FolderRecord
from devpi_artifactory_compat.storage.tree import Tree
from devpi_server.main import XOM
from devpi_server.model import PrivateStage
from devpi_server.readonly import get_mutable_deepcopy
from typing import Any
from typing import BinaryIO
from typing import cast
import hashlib
import io
import time


SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class TrashRecord:
    """A deleted file; ``record`` is as it was, but for its entry, which is the kept file.

    ``downloads`` are counted, ``downloaded`` is the time of the last, by ``downloaded_by``.
    ``release`` has the name, version and fields of a distribution that was resolved, ``sidecars``
    devpi's paths of what lay beside it, by suffix.
    """

    record: Record
    deleted: float
    deleted_by: str
    release: Mapping[str, Any] | None = None
    sidecars: Mapping[str, str] = field(default_factory=dict)
    downloads: int = 0
    downloaded: float = 0.0
    downloaded_by: str = ""
    schema: int = SCHEMA

    @classmethod
    def of(cls, data: Any) -> TrashRecord:
        plain = cast("dict[str, Any]", get_mutable_deepcopy(data))
        return cls(**{**plain, "record": Record(**plain["record"])})

    @property
    def statistics(self) -> DownloadStatistics:
        if not self.downloads:
            return DownloadStatistics()
        last = from_timestamp(self.downloaded)
        return DownloadStatistics(count=self.downloads, last=last, last_by=self.downloaded_by)

    def data(self) -> dict[str, Any]:
        return {**asdict(self), "record": self.record.data()}

    def delete_files(self, xom: XOM) -> None:
        for entry in self.entries():
            delete_entry(xom, entry)

    def entries(self) -> list[str]:
        """devpi's paths of all that is kept."""
        return [self.record.entry, *self.sidecars.values()]


class Trash:
    """Implements ``repositories.item_store.TrashStore``; changes want a transaction that writes.

    ``key`` is that of the repository, which is the first segment of the paths that are shown.
    """

    def __init__(self, xom: XOM, stage: PrivateStage, *, key: str) -> None:
        self._xom = xom
        self._stage = stage
        self._key = key
        self._records = Records(xom, stage.username, stage.index)
        self._tree = Tree(xom, stage.username, stage.index, key_of=trash_folder_key)

    # reading

    def item(self, path: str) -> Artifact | Folder | None:
        found = self.record(path) if path else None
        if found is not None:
            shown = artifact_of(found.record, TRASH_KEY)
            told = self._told(path, found.deleted, found.deleted_by)
            return replace(
                shown, path=f"{self._key}/{path}", properties={**shown.properties, **told}
            )
        folder = self._tree.folder(path)
        return None if folder is None else self._folder(folder)

    def _folder(self, folder: FolderRecord) -> Folder:
        properties = {name: tuple(values) for name, values in folder.properties.items()}
        return Folder(
            repository=RepositoryKey(TRASH_KEY),
            path=f"{self._key}/{folder.path}".rstrip("/"),
            created=from_timestamp(folder.created),
            created_by=folder.created_by,
            modified=from_timestamp(folder.modified),
            modified_by=folder.modified_by,
            children=tuple(
                Child(name=name, is_folder=is_folder)
                for name, is_folder in self._tree.children(folder.path)
            ),
            properties=properties,
        )

    def _told(self, path: str, deleted: float, user: str) -> dict[str, tuple[str, ...]]:
        """As Artifactory marks what is in its trash can; the time in milliseconds."""
        return {
            "trash.time": (str(int(deleted * 1000)),),
            "trash.deletedBy": (user,),
            "trash.originalRepository": (self._key,),
            "trash.originalRepositoryType": ("local",),
            "trash.originalPath": (path,),
        }

    def record(self, path: str) -> TrashRecord | None:
        data = self._trash_key(path).get()
        return TrashRecord.of(data) if data else None

    def is_older(self, path: str, *, than: float) -> bool:
        """Whether a file, or an empty folder, was deleted before that time."""
        found = self.record(path)
        if found is not None:
            return found.deleted < than
        folder = self._tree.folder(path)
        return folder is not None and folder.modified < than and not self._tree.has_child(path)

    def thrown(self, path: str) -> StoredFile | None:
        found = self.record(path)
        entry = None if found is None else stored_entry(self._xom, found.record.entry)
        if found is None or entry is None:
            return None
        return StoredFile(
            artifact=artifact_of(found.record, self._key),
            open=opener(entry),
            source=source_of(entry),
            parts=self._parts(found),
            statistics=found.statistics,
        )

    def _parts(self, found: TrashRecord) -> ReleaseParts | None:
        if found.release is None:
            return None
        sidecars = {suffix: self._body(entry) for suffix, entry in found.sidecars.items()}
        return assembled(found.record.filename, sidecars=sidecars, **found.release)

    def _body(self, relpath: str) -> bytes | None:
        entry = stored_entry(self._xom, relpath)
        if entry is None:
            return None
        with opener(entry)() as file:
            return file.read()

    # changing

    def keep(self, item: Artifact | Folder, *, user: str) -> None:
        now = time.time()
        self._make_room(item.path)
        if isinstance(item, Folder):
            self._keep_folder(item, user, now)
            return
        self._drop(item.path, prune=False)
        record = self._records.record(item.path)
        entry = None if record is None else stored_entry(self._xom, record.entry)
        if record is None or entry is None:
            # the file is not on this server: there is nothing to restore
            return
        with opener(entry)() as file:
            blob = self._link(record.filename, record.sha256, file, source_of(entry))
        parts = self._parts_of(record)
        downloads = Statistics(self._xom, self._stage.username, self._stage.index).of(record.path)
        kept = TrashRecord(
            record=replace(record, entry=blob),
            deleted=now,
            deleted_by=user,
            release=None if parts is None else _release(parts),
            sidecars={} if parts is None else self._keep_sidecars(record, parts),
            downloads=downloads.count,
            downloaded=timestamp(downloads.last),
            downloaded_by=downloads.last_by,
        )
        self._trash_key(item.path).set(kept.data())
        self._tree.add_file(item.path, user=user, now=now)

    def _parts_of(self, record: Record) -> ReleaseParts | None:
        if not record.is_indexed or not record.project:
            return None
        return release_parts(self._stage, self._records, record)

    def _make_room(self, path: str) -> None:
        """What was deleted last takes the place of what was deleted there before.

        That is also so where a file comes to the path of a folder, or below a file.
        """
        above = path.split("/")
        for depth in range(1, len(above) + 1):
            at = "/".join(above[:depth])
            if self.record(at) is not None:
                self._forget(at, prune=False)

    def _keep_folder(self, folder: Folder, user: str, now: float) -> None:
        self._tree.add_folder(folder.path, user=user, now=now)
        there = self._tree.folder(folder.path)
        assert there is not None
        properties = {name: list(values) for name, values in folder.properties.items()}
        self._tree.save_folder(
            replace(there, modified=now, modified_by=user, properties=properties)
        )

    def _keep_sidecars(self, record: Record, parts: ReleaseParts) -> dict[str, str]:
        metadata = parts.identified.metadata
        bodies = {
            ".metadata": None if metadata is None else metadata.raw or None,
            ".asc": parts.signature,
            ".attestations": parts.attestations,
        }
        return {
            suffix: self._link(
                record.filename + suffix, hashlib.sha256(body).hexdigest(), io.BytesIO(body), None
            )
            for suffix, body in bodies.items()
            if body is not None
        }

    def _link(self, filename: str, sha256: str, file: BinaryIO, source: Any) -> str:
        return store_blob(
            self._xom,
            user=self._stage.username,
            index=self._stage.index,
            filename=filename,
            sha256=sha256,
            file=file,
            source=source,
        )

    def drop(self, path: str) -> None:
        self._drop(path, prune=True)
        if not self._tree.has_child(""):
            self._tree.remove("", prune=False)

    def _drop(self, path: str, *, prune: bool) -> None:
        # paths are deep enough to exhaust the interpreter's stack
        waiting = [path]
        while waiting:
            at = waiting[-1]
            prefix = f"{at}/" if at else ""
            if at and self.record(at) is not None:
                self._forget(at, prune=False)
            below = [f"{prefix}{name}" for name, _is_folder in self._tree.children(at)]
            waiting += below
            if not below:
                waiting.pop()
                self._tree.remove(at, prune=prune and not waiting)

    def _forget(self, path: str, *, prune: bool) -> None:
        found = self.record(path)
        if found is not None:
            found.delete_files(self._xom)
            self._trash_key(path).delete()
            self._tree.remove(path, prune=prune)

    def _trash_key(self, path: str) -> Any:
        return trash_key(self._xom, self._stage.username, self._stage.index, path_digest(path))


def _release(parts: ReleaseParts) -> dict[str, Any]:
    metadata = parts.identified.metadata
    fields = {} if metadata is None else metadata.fields
    return {
        "name": parts.identified.name,
        "version": parts.identified.version,
        "fields": {
            key: value if isinstance(value, str) else list(value) for key, value in fields.items()
        },
    }
