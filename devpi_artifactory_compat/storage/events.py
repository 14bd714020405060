"""Follows what devpi's own routes change: uploads, downloads of mirrors, deletions.

Runs in devpi's notifier thread, after the commit, and again from where it stopped after a
restart; so everything here may happen twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import generated_properties
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.paths import local_path
from devpi_artifactory_compat.repositories.paths import remote_path
from devpi_artifactory_compat.storage.derived import stored_metadata
from devpi_artifactory_compat.storage.derived import wheel_metadata
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
            with self._xom.keyfs.write_transaction():
                # it may have been made again meanwhile
                if self._xom.model.getstage(user, index) is None:
                    purge(self._xom, user, index)

    def _before(self, event: KeyChangeEvent) -> Any:
        if event.back_serial < 0:
            return None
        with self._xom.keyfs.read_transaction(at_serial=event.at_serial) as tx:
            try:
                return tx.get_value_at(event.typedkey, event.back_serial)
            except KeyError:
                # it was deleted then
                return None

    def on_file(self, event: KeyChangeEvent) -> None:
        if self._xom.is_replica():
            # the records come from the primary
            return
        params = event.typedkey.params
        before = self._before(event) if not event.value else None
        with self._xom.keyfs.write_transaction():
            stage = self._xom.model.getstage(params["user"], params["index"])
            if stage is None:
                return
            if event.value:
                self._added(stage, event.typedkey.relpath)
            elif before:
                self._removed(stage, event.typedkey.relpath, before)

    def _added(self, stage: BaseStage, relpath: str) -> None:
        entry = stored_entry(self._xom, relpath)
        if entry is None or not entry.project:
            return
        if is_remote(stage):
            self._cached(stage, entry)
        elif isinstance(stage, PrivateStage) and entry.version:
            self._uploaded(stage, entry)

    def _uploaded(self, stage: PrivateStage, entry: BaseFileEntry) -> None:
        """A distribution that came by devpi's own upload or push."""
        project = canonicalize_name(entry.project)
        records = Records(self._xom, stage.username, stage.index)
        known = records.shelf(project).files.get(entry.basename)
        if known is not None and known.sha256 == entry.hashes.get("sha256"):
            return
        links = stage.get_linkstore_perstage(entry.project, entry.version).get_links(
            rel="releasefile", basename=entry.basename
        )
        if not links:
            return
        data = stage.get_versiondata_perstage(entry.project, entry.version)
        path = local_path(data.get("name") or project, entry.version, entry.basename)
        user = next((log["who"] for log in links[0].get_logs() if log.get("who")), "")
        said = get_mutable_deepcopy(data)
        self._keep(
            records,
            entry,
            path=path,
            shelf_key=entry.basename,
            user=user,
            requires_python=said.get("requires_python") or None,
            properties=generated_properties(said.get("name") or project, entry.version, said),
        )

    def _cached(self, stage: BaseStage, entry: BaseFileEntry) -> None:
        """A file that devpi's own mirror downloaded."""
        path = remote_path(UpstreamFile(url=entry.url, filename=entry.basename))
        records = Records(self._xom, stage.username, stage.index)
        known = records.record(path)
        if known is not None and known.entry == entry.relpath:
            return
        metadata = stored_metadata(entry)
        self._keep(
            records,
            entry,
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
        *,
        path: str,
        shelf_key: str,
        user: str,
        properties: Properties,
        requires_python: str | None = None,
        url: str = "",
    ) -> None:
        checksums, size = entry_checksums(entry)
        created = timestamp(entry_time(entry))
        metadata = wheel_metadata(entry)
        record = Record(
            path=path,
            project=canonicalize_name(entry.project),
            filename=entry.basename,
            entry=entry.relpath,
            size=size,
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
                sidecars={} if metadata is None else {".metadata": metadata},
            )
        )

    def _removed(self, stage: BaseStage, relpath: str, before: Mapping[str, Any]) -> None:
        """devpi deleted a file; one that replaced it meanwhile stays recorded."""
        project, filename = before.get("project"), relpath.rpartition("/")[2]
        if not project or stored_entry(self._xom, relpath) is not None:
            # what was deleted and has come again since lies at the same place
            return
        key = filename
        if is_remote(stage):
            key = remote_path(UpstreamFile(url=before.get("url") or "", filename=filename))
        records = Records(self._xom, stage.username, stage.index)
        shelf = records.shelf(canonicalize_name(project))
        file = shelf.files.get(key)
        record = None if file is None else records.record(file.path)
        if record is not None and record.entry == relpath:
            records.forget(shelf, key)
            records.save_shelf(canonicalize_name(project), shelf)
