"""Follows what devpi's own routes change: uploads, downloads of mirrors, deletions.

Runs in devpi's notifier thread, after the commit, and again from where it stopped after a
restart, and in requests that cannot wait for that; so everything here may happen twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import generated_properties
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.paths import local_path
from devpi_artifactory_compat.repositories.paths import remote_path
from devpi_artifactory_compat.storage.derived import stored_metadata
from devpi_artifactory_compat.storage.indexes import is_remote
from devpi_artifactory_compat.storage.list_files import remove_lists
from devpi_artifactory_compat.storage.management import purge
from devpi_artifactory_compat.storage.records import Arrival
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import entry_checksums
from devpi_artifactory_compat.storage.records import entry_time
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.records import timestamp
from devpi_artifactory_compat.storage.cached_files import CACHE_USER
from devpi_artifactory_compat.storage.remote import forget_pages
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_artifactory_compat.storage.urls import public_url
from devpi_server.filestore import BaseFileEntry
from devpi_server.keyfs import KeyChangeEvent
from devpi_server.main import XOM
from devpi_server.model import BaseStage
from devpi_server.model import PrivateStage
from devpi_server.readonly import get_mutable_deepcopy
from packaging.utils import canonicalize_name
from typing import Any


FILE_KEYS = ("STAGEFILE", "PYPIFILE_NOMD5")


class Follower:
    """Keeps records and shelves in step with devpi's files."""

    def __init__(self, xom: XOM) -> None:
        self._xom = xom

    def subscribe(self) -> None:
        for name in FILE_KEYS:
            getattr(self._xom.keyfs, name).on_key_change(self.on_file)
        self._xom.keyfs.USER.on_key_change(self.on_user)

    def on_event(self, event: KeyChangeEvent) -> None:
        """Of any key; also in a transaction."""
        if event.typedkey.name in FILE_KEYS:
            self.on_file(event)
        else:
            self.on_user(event)

    def on_user(self, event: KeyChangeEvent) -> None:
        """An index was deleted: nothing of it may come back in one of the same name."""
        user = event.typedkey.params["user"]
        now = set((event.value or {}).get("indexes", {}))
        before = set((self._before(event) or {}).get("indexes", {}))
        for index in before - now:
            forget_pages(self._xom, f"{user}/{index}")
            remove_lists(self._xom, f"{user}/{index}")
            if self._xom.is_replica():
                continue
            with written_at_once(self._xom.keyfs):
                # it may have been made again meanwhile
                if self._xom.model.getstage(user, index) is None:
                    purge(self._xom, user, index)

    def _before(self, event: KeyChangeEvent) -> Any:
        if event.back_serial < 0:
            return None
        with self._xom.keyfs.read_transaction(allow_reuse=True) as tx:
            try:
                return tx.get_value_at(event.typedkey, event.back_serial)
            except KeyError:
                # it was deleted then
                return None

    def on_file(self, event: KeyChangeEvent) -> None:
        if self._xom.is_replica():
            # the records come from the primary
            return
        if event.value:
            self._on_stored(event)
        else:
            self._on_deleted(event)

    def _stage(self, event: KeyChangeEvent) -> BaseStage | None:
        params = event.typedkey.params
        return self._xom.model.getstage(params["user"], params["index"])

    def _on_stored(self, event: KeyChangeEvent) -> None:
        """The file is read before there is a transaction that writes: others wait for that."""
        with self._xom.keyfs.read_transaction(allow_reuse=True):
            entry = self._unknown(self._stage(event), event.typedkey.relpath)
            facts = None if entry is None else facts_of(entry)
        if facts is None:
            return
        with written_at_once(self._xom.keyfs):
            stage = self._stage(event)
            entry = self._unknown(stage, event.typedkey.relpath)
            # what has changed meanwhile has an event of its own
            if stage is None or entry is None or not facts.are_of(entry):
                return
            if is_remote(stage):
                self._cached(stage, entry, facts)
            elif isinstance(stage, PrivateStage):
                self._uploaded(stage, entry, facts)

    def _unknown(self, stage: BaseStage | None, relpath: str) -> BaseFileEntry | None:
        """The entry at a path, when it is a distribution's that has no record yet."""
        if stage is None:
            return None
        entry = stored_entry(self._xom, relpath)
        if entry is None or not entry.project:
            return None
        records = Records(self._xom, stage.username, stage.index)
        if is_remote(stage):
            record = records.record(_cached_path(entry))
            return None if record is not None and record.entry == entry.relpath else entry
        known = records.shelf(canonicalize_name(entry.project)).files.get(entry.basename)
        if known is not None and known.sha256 == entry.hashes.get("sha256"):
            return None
        # documentation and test results are files of a project as well
        return entry if entry.version and _release_links(stage, entry) else None

    def _uploaded(self, stage: PrivateStage, entry: BaseFileEntry, facts: FileFacts) -> None:
        """A distribution that came by devpi's own upload or push."""
        logs = _release_links(stage, entry)[0].get_logs()
        data = stage.get_versiondata_perstage(entry.project, entry.version)
        name = data.get("name") or canonicalize_name(entry.project)
        said = get_mutable_deepcopy(data)
        self._keep(
            Records(self._xom, stage.username, stage.index),
            entry,
            facts,
            path=local_path(name, entry.version, entry.basename),
            shelf_key=entry.basename,
            user=next((log["who"] for log in logs if log.get("who")), ""),
            requires_python=said.get("requires_python") or None,
            properties=generated_properties(name, entry.version, said),
        )

    def _cached(self, stage: BaseStage, entry: BaseFileEntry, facts: FileFacts) -> None:
        """A file that devpi's own mirror downloaded."""
        path = _cached_path(entry)
        metadata = facts.metadata
        self._keep(
            Records(self._xom, stage.username, stage.index),
            entry,
            facts,
            path=path,
            shelf_key=path,
            user=CACHE_USER,
            properties={}
            if metadata is None
            else generated_properties(metadata.name, metadata.version, metadata.fields),
            url=public_url(entry.url),
        )

    def _keep(
        self,
        records: Records,
        entry: BaseFileEntry,
        facts: FileFacts,
        *,
        path: str,
        shelf_key: str,
        user: str,
        properties: Properties,
        requires_python: str | None = None,
        url: str = "",
    ) -> None:
        created = timestamp(entry_time(entry))
        checksums = facts.checksums
        metadata = facts.metadata if entry.basename.endswith(".whl") else None
        record = Record(
            path=path,
            project=canonicalize_name(entry.project),
            filename=entry.basename,
            entry=entry.relpath,
            size=facts.size,
            md5=checksums.md5,
            sha1=checksums.sha1,
            sha256=checksums.sha256,
            created=created,
            created_by=user,
            modified=created,
            modified_by=user,
            properties=properties,
            url=url,
        )
        records.keep(
            Arrival(
                record=record,
                shelf_key=shelf_key,
                version=entry.version or "",
                requires_python=requires_python,
                sidecars={} if metadata is None else {".metadata": metadata.raw},
            )
        )

    def _on_deleted(self, event: KeyChangeEvent) -> None:
        before = self._before(event)
        relpath = event.typedkey.relpath
        if not before or not before.get("project"):
            return
        with self._xom.keyfs.read_transaction(allow_reuse=True):
            stage = self._stage(event)
            if stage is None or self._shelf_key(stage, relpath, before) is None:
                return
        with written_at_once(self._xom.keyfs):
            stage = self._stage(event)
            key = None if stage is None else self._shelf_key(stage, relpath, before)
            if stage is None or key is None:
                return
            records = Records(self._xom, stage.username, stage.index)
            project = canonicalize_name(before["project"])
            shelf = records.shelf(project)
            records.forget(shelf, key)
            records.save_shelf(project, shelf)

    def _shelf_key(self, stage: BaseStage, relpath: str, before: Mapping[str, Any]) -> str | None:
        """Where the shelf has the file that was deleted; one that replaced it is another."""
        key = filename = relpath.rpartition("/")[2]
        if is_remote(stage):
            key = remote_path(UpstreamFile(url=before.get("url") or "", filename=filename))
        records = Records(self._xom, stage.username, stage.index)
        file = records.shelf(canonicalize_name(before["project"])).files.get(key)
        record = None if file is None else records.record(file.path)
        return key if record is not None and record.entry == relpath else None


def _release_links(stage: BaseStage, entry: BaseFileEntry) -> Any:
    return stage.get_linkstore_perstage(entry.project, entry.version).get_links(
        rel="releasefile", basename=entry.basename
    )


def _cached_path(entry: BaseFileEntry) -> str:
    return remote_path(UpstreamFile(url=entry.url, filename=entry.basename))


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What has to be read from a stored file; ``metadata`` is None when there is none of use."""

    checksums: Checksums
    size: int
    metadata: CoreMetadata | None

    def are_of(self, entry: BaseFileEntry) -> bool:
        return entry.hashes.get("sha256") in (None, self.checksums.sha256)


def facts_of(entry: BaseFileEntry) -> FileFacts:
    """Reads the whole file."""
    checksums, size = entry_checksums(entry)
    return FileFacts(checksums=checksums, size=size, metadata=stored_metadata(entry))
