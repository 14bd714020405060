"""Files and folders of one devpi index by their paths, whoever brought them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Child
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.repositories.item_store import ReleaseParts
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.storage.blobs import source_of
from devpi_artifactory_compat.storage.blobs import store_blob
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import from_timestamp
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.records import who_and_when
from devpi_artifactory_compat.storage.release_parts import release_parts
from devpi_artifactory_compat.storage.relocation import relocate
from devpi_artifactory_compat.storage.removal import FileRemoval
from devpi_artifactory_compat.storage.removal import shelf_key
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.statistics import Statistics
from devpi_artifactory_compat.storage.tree import FolderRecord
from devpi_artifactory_compat.storage.tree import touched
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from devpi_server.model import BaseStage
from devpi_server.model import PrivateStage
from packaging.utils import canonicalize_name
from pathlib import Path
import time


class IndexArtifacts:
    """Implements ``repositories.item_store.ItemStore``.

    ``key`` is what the artifacts are shown under: the repository's, of a remote with ``-cache``.
    """

    def __init__(self, xom: XOM, stage: BaseStage, *, key: str) -> None:
        self._xom = xom
        self._stage = stage
        self._key = RepositoryKey(key)
        self._records = Records(xom, stage.username, stage.index)
        self._waiting = Waiting(xom, stage.username, stage.index)
        self._statistics = Statistics(xom, stage.username, stage.index)

    # reading

    def item(self, path: str) -> Artifact | Folder | None:
        record = self._records.record(path) if path else None
        if record is not None:
            return artifact_of(record, self._key)
        folder = self._records.tree.folder(path)
        if folder is None:
            # nobody has deployed anything yet: there is a root all the same
            return None if path else self._folder(_new_root())
        return self._folder(folder)

    def _folder(self, folder: FolderRecord) -> Folder:
        return Folder(
            repository=self._key,
            path=folder.path,
            created=from_timestamp(folder.created),
            created_by=folder.created_by,
            modified=from_timestamp(folder.modified),
            modified_by=folder.modified_by,
            properties=_frozen(folder.properties),
            children=tuple(
                Child(name=name, is_folder=is_folder)
                for name, is_folder in self._records.tree.children(folder.path)
            ),
        )

    def content(self, path: str) -> Content | None:
        record = self._records.record(path)
        if record is None:
            return None
        entry = stored_entry(self._xom, record.entry)
        if entry is None:
            # on a replica the file may be on its way
            ask_primary(self._xom)
            return None
        return Content(
            filename=record.filename,
            size=record.size,
            modified=from_timestamp(record.modified),
            checksums={"md5": record.md5, "sha1": record.sha1, "sha256": record.sha256},
            open=opener(entry),
            note_download=self._statistics.note(path),
        )

    def statistics(self, path: str) -> DownloadStatistics:
        return self._statistics.of(path)

    # changing

    def keep(self, new: NewArtifact) -> None:
        now = time.time()
        before = self._records.record(new.path)
        entry = store_blob(
            self._xom,
            user=self._stage.username,
            index=self._stage.index,
            filename=new.filename,
            sha256=new.checksums.sha256,
            file=new.file,
            source=new.source,
        )
        record = Record(
            path=new.path,
            project="",
            filename=new.filename,
            entry=entry,
            size=new.size,
            md5=new.checksums.md5,
            sha1=new.checksums.sha1,
            sha256=new.checksums.sha256,
            **who_and_when(before, new.user, new.origin.history, now=now),
            properties=new.properties,
            state=new.state.value,
        )
        self._records.save_record(record)
        if new.state is ArtifactState.PENDING:
            self._waiting.add(new.path, now=now)
        else:
            self._not_waiting(record, now)

    def _not_waiting(self, record: Record, now: float) -> None:
        self._waiting.forget(record.path)
        self._waiting.note_upload(now=now)
        for reason in record.properties.get(INDEXING_ERROR, ()):
            self._waiting.fail(record.path, reason)

    def make_folder(self, path: str, *, user: str) -> None:
        self._records.tree.add_folder(path, user=user, now=time.time())

    def set_properties(self, path: str, properties: Properties, *, user: str) -> None:
        record = self._records.record(path) if path else None
        if record is not None:
            self._change(record, user, properties=properties)
            return
        folder = self._records.tree.folder(path)
        if folder is None:
            # the root of a repository without artifacts
            self._records.tree.add_folder("", user=user, now=time.time())
            folder = self._records.tree.folder("")
            assert folder is not None
        now = time.time()
        self._records.tree.save_folder(
            touched(folder, user=user, now=now, properties=_thawed(properties))
        )

    def give_up(self, path: str, reason: str) -> None:
        record = self._records.record(path)
        assert record is not None
        properties = {**record.properties, INDEXING_ERROR: [reason]}
        if record.state == ArtifactState.GENERIC.value and record.properties == properties:
            return
        changed = replace(record, state=ArtifactState.GENERIC.value, properties=properties)
        self._records.save_record(changed)
        self._waiting.fail(path, reason)

    def _change(self, record: Record, user: str, **changes: object) -> None:
        changed = replace(record, modified=time.time(), modified_by=user, **changes)  # type: ignore[arg-type]
        self._records.save_record(changed)
        if changed.is_indexed and changed.yanked != record.yanked:
            self._yank(changed)

    def _yank(self, record: Record) -> None:
        """Show on the project's page what is now said of a file."""
        project = canonicalize_name(record.project)
        shelf = self._records.shelf(project)
        key = shelf_key(self._stage, record)
        if key in shelf.files:
            shelf.files[key] = replace(shelf.files[key], yanked=record.yanked)
            self._records.save_shelf(project, shelf)

    def remove(self, path: str, *, prune: bool = False) -> None:
        if path and self._records.record(path) is not None:
            self.remove_files([path], prune=prune)
        else:
            self._records.tree.remove(path, prune=prune)

    # more than one file, and from place to place: ``repositories.item_store.ItemStore``

    def may_remove(self) -> bool:
        return isinstance(self._stage, MirrorStage) or bool(self._stage.ixconfig.get("volatile"))

    def remove_files(self, paths: Iterable[str], *, prune: bool = False) -> None:
        FileRemoval(self._xom, self._stage, self._records).remove(paths, prune=prune)

    def relocate(self, path: str, to: str) -> None:
        record = self._records.record(path)
        assert record is not None
        statistics = self.statistics(path)
        relocate(self._records, self._waiting, record, to)
        self.set_statistics(to, statistics)

    def set_statistics(self, path: str, statistics: DownloadStatistics) -> None:
        self._statistics.carry(path, statistics)

    def source(self, path: str) -> Path | None:
        record = self._records.record(path)
        entry = None if record is None else stored_entry(self._xom, record.entry)
        return None if entry is None else source_of(entry)

    def release_parts(self, path: str) -> ReleaseParts | None:
        record = self._records.record(path)
        if record is None or not record.is_indexed or not isinstance(self._stage, PrivateStage):
            return None
        return release_parts(self._stage, self._records, record)


def artifact_of(record: Record, key: str) -> Artifact:
    """A record as the rest of the house knows it."""
    return Artifact(
        repository=RepositoryKey(key),
        path=record.path,
        size=record.size,
        checksums=record.checksums,
        created=from_timestamp(record.created),
        created_by=record.created_by,
        modified=from_timestamp(record.modified),
        modified_by=record.modified_by,
        state=ArtifactState(record.state),
        project=canonicalize_name(record.project) if record.project else None,
        properties=_frozen(record.properties),
        remote_url=record.url or None,
    )


def _frozen(properties: Mapping[str, Sequence[str]]) -> Properties:
    return {key: tuple(values) for key, values in properties.items()}


def _thawed(properties: Properties) -> dict[str, list[str]]:
    return {key: list(values) for key, values in properties.items()}


def _new_root() -> FolderRecord:
    return FolderRecord(path="", created=0.0, created_by="", modified=0.0, modified_by="")
