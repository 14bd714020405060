"""Follows what devpi's own routes change: uploads, downloads of mirrors, deletions.

Runs in devpi's notifier thread, after the commit, and again from where it stopped after a
restart; so everything here may happen twice.
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
            with self._xom.keyfs.write_transaction():
                # it may have been made again meanwhile
                if self._xom.model.getstage(user, index) is None:
                    purge(self._xom, user, index)

    def _became_repository(self, user: str, index: str) -> None:
        if self._xom.is_replica():
            return
        with self._xom.keyfs.write_transaction():
            if self._xom.model.getstage(user, index) is not None:
                Waiting(self._xom, user, index).ask(now=time.time())

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
        if event.value:
            self._added(params["user"], params["index"], event.typedkey.relpath)
            return
        before = self._before(event)
        if not before:
            return
        with self._xom.keyfs.write_transaction():
            stage = self._xom.model.getstage(params["user"], params["index"])
            if stage is not None:
                self._removed(stage, event.typedkey.relpath, before)

    def _added(self, user: str, index: str, relpath: str) -> None:
        # files are read without the one transaction that writes
        with self._xom.keyfs.read_transaction():
            stage = self._xom.model.getstage(user, index)
            found = None if stage is None else StageOwnFiles(self._xom, stage).look(relpath)
        if found is None:
            return
        with self._xom.keyfs.write_transaction():
            stage = self._xom.model.getstage(user, index)
            if stage is not None and StageOwnFiles(self._xom, stage).keep(found):
                Waiting(self._xom, user, index).note_upload(now=time.time())

    def _removed(self, stage: BaseStage, relpath: str, before: Mapping[str, Any]) -> None:
        """devpi deleted a file; one that replaced it meanwhile stays recorded."""
        project, filename = before.get("project"), relpath.rpartition("/")[2]
        # the same content has the same path when it comes again
        if not project or stored_entry(self._xom, relpath) is not None:
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
