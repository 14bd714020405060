"""Files taken out of one index, here and in devpi, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import delete_entry
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_server.filestore import BaseFileEntry
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from devpi_server.model import BaseStage
from devpi_server.model import PrivateStage
from packaging.utils import canonicalize_name


class FileRemoval:
    """In a transaction that writes."""

    def __init__(self, xom: XOM, stage: BaseStage, records: Records) -> None:
        self._xom = xom
        self._stage = stage
        self._records = records

    def remove(self, paths: Iterable[str], *, prune: bool) -> None:
        """Each project's shelf, and devpi's page of it, is written once, not for each file."""
        releases: dict[NormalizedName, list[Record]] = defaultdict(list)
        gone = []
        for path in paths:
            record = self._records.record(path)
            if record is None:
                continue
            gone.append(path)
            if record.is_indexed and record.project:
                releases[canonicalize_name(record.project)].append(record)
            else:
                delete_entry(self._xom, record.entry)
                self._records.delete_record(path, prune=prune)
        Waiting(self._xom, self._stage.username, self._stage.index).forget(*gone)
        for project, records in releases.items():
            self._remove_releases(project, records, prune=prune)

    def _remove_releases(
        self, project: NormalizedName, records: list[Record], *, prune: bool
    ) -> None:
        shelf = self._records.shelf(project)
        for record in records:
            self._records.forget(shelf, shelf_key(self._stage, record), prune=prune)
            # the shelf may have known another file of that name
            self._records.delete_record(record.path, prune=prune)
        self._records.save_shelf(project, shelf)
        if isinstance(self._stage, MirrorStage):
            for record in records:
                delete_entry(self._xom, record.entry)
            # devpi's own page of the project holds links to what is gone
            self._stage.clear_simplelinks_cache(project)
            return
        assert isinstance(self._stage, PrivateStage)
        self._unlink(self._stage, project, [record.entry for record in records])

    def _unlink(self, stage: PrivateStage, project: NormalizedName, relpaths: list[str]) -> None:
        found = [entry for relpath in relpaths if (entry := self._entry(relpath)) is not None]
        for number, entry in enumerate(found, start=1):
            version = entry.version
            is_last = number == len(found)
            # the last one brings devpi's page, and its list of projects, up to date
            stage.del_entry(entry, cleanup=is_last)
            if is_last:
                return
            links = stage.get_linkstore_perstage(project, version).get_links()
            if not links:
                stage.del_versiondata(project, version, cleanup=False)

    def _entry(self, relpath: str) -> BaseFileEntry | None:
        key = self._xom.filestore.get_key_from_relpath(relpath)
        if key is None or not key.exists():
            return None
        return self._xom.filestore.get_file_entry_from_key(key)


def shelf_key(stage: BaseStage, record: Record) -> str:
    """Files of a mirror are addressed by path, others by name: see ``records.Shelf``."""
    return record.path if isinstance(stage, MirrorStage) else record.filename
