"""Follows what devpi's own routes change: uploads, downloads of mirrors, deletions.

Runs in devpi's notifier thread, after the commit, and again from where it stopped after a
restart, and in requests that cannot wait for that; so everything here may happen twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.paths import remote_path
from devpi_artifactory_compat.storage.indexes import KEY_OPTION
from devpi_artifactory_compat.storage.indexes import is_remote
from devpi_artifactory_compat.storage.list_files import remove_lists
from devpi_artifactory_compat.storage.management import purge
from devpi_artifactory_compat.storage.own_files import FILE_KEYS
from devpi_artifactory_compat.storage.own_files import StageOwnFiles
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.remote import forget_pages
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_server.keyfs import KeyChangeEvent
from devpi_server.main import XOM
from devpi_server.model import BaseStage
from packaging.utils import canonicalize_name
from typing import Any
import time


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
        """An index was deleted: nothing of it may come back in one of the same name.

        One that has become a repository may hold files that nothing is recorded of.
        """
        user = event.typedkey.params["user"]
        now = (event.value or {}).get("indexes", {})
        before = (self._before(event) or {}).get("indexes", {})
        for index in before:
            if now.get(index, {}).get(KEY_OPTION) and not before[index].get(KEY_OPTION):
                self._became_repository(user, index)
        for index in before.keys() - now.keys():
            forget_pages(self._xom, f"{user}/{index}")
            remove_lists(self._xom, f"{user}/{index}")
            if self._xom.is_replica():
                continue
            with written_at_once(self._xom.keyfs):
                # it may have been made again meanwhile
                purge(self._xom, user, index, until=event.at_serial)

    def _became_repository(self, user: str, index: str) -> None:
        if self._xom.is_replica():
            return
        with written_at_once(self._xom.keyfs):
            if self._xom.model.getstage(user, index) is not None:
                Waiting(self._xom, user, index).ask(now=time.time())

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
        # files are read without the one transaction that writes
        with self._xom.keyfs.read_transaction(allow_reuse=True):
            stage = self._stage(event)
            files = None if stage is None else StageOwnFiles(self._xom, stage)
            found = None if files is None else files.look(event.typedkey.relpath)
        if found is None:
            return
        with written_at_once(self._xom.keyfs):
            stage = self._stage(event)
            if stage is not None and StageOwnFiles(self._xom, stage).keep(found):
                waiting = Waiting(self._xom, stage.username, stage.index)
                waiting.note_upload(now=time.time())

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
        # the same content has the same path when it comes again
        if stored_entry(self._xom, relpath) is not None:
            return None
        key = filename = relpath.rpartition("/")[2]
        if is_remote(stage):
            key = remote_path(UpstreamFile(url=before.get("url") or "", filename=filename))
        records = Records(self._xom, stage.username, stage.index)
        file = records.shelf(canonicalize_name(before["project"])).files.get(key)
        record = None if file is None else records.record(file.path)
        return key if record is not None and record.entry == relpath else None
