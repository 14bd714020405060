"""Files that came by devpi's own routes: what is to be recorded of them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import generated_properties
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.paths import local_path
from devpi_artifactory_compat.repositories.paths import remote_path
from devpi_artifactory_compat.storage.cached_files import CACHE_USER
from devpi_artifactory_compat.storage.derived import stored_metadata
from devpi_artifactory_compat.storage.derived import wheel_metadata
from devpi_artifactory_compat.storage.indexes import is_remote
from devpi_artifactory_compat.storage.records import Arrival
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import entry_checksums
from devpi_artifactory_compat.storage.records import entry_time
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.records import timestamp
from devpi_artifactory_compat.storage.urls import public_url
from devpi_server.filestore import BaseFileEntry
from devpi_server.main import XOM
from devpi_server.model import BaseStage
from devpi_server.model import PrivateStage
from devpi_server.readonly import get_mutable_deepcopy
from packaging.utils import canonicalize_name
from typing import Any


#: devpi's keys of files
FILE_KEYS = ("STAGEFILE", "PYPIFILE_NOMD5")

#: the one place of a mirror: asking it for its projects would ask its upstream
_CACHE = "cache"


@dataclass(frozen=True)
class FoundFile:
    """A file that was read; ``seen`` is what devpi said of it then."""

    seen: object
    arrival: Arrival


class StageOwnFiles:
    """Implements ``indexing.ports.OwnFiles`` for a stage or a mirror; handles are devpi's paths."""

    def __init__(self, xom: XOM, stage: BaseStage) -> None:
        self._xom = xom
        self._stage = stage
        self._records = Records(xom, stage.username, stage.index)

    def places(self) -> Iterable[str]:
        if isinstance(self._stage, PrivateStage):
            return sorted(self._stage.list_projects_perstage())
        return [_CACHE]

    def unrecorded(self, place: str) -> Sequence[str]:
        if not isinstance(self._stage, PrivateStage):
            return self._unrecorded_of_mirror()
        shelf = self._records.shelf(canonicalize_name(place))
        links = self._stage.get_simplelinks_perstage(place)
        return [
            link.path
            for link in links
            if link.key not in shelf.files
            or shelf.files[link.key].sha256 != link.hashes.get("sha256")
        ]

    def _unrecorded_of_mirror(self) -> Sequence[str]:
        """Reads the links of all mirrors: those that were never downloaded have no time."""
        tx = self._xom.keyfs.tx
        keys = [getattr(self._xom.keyfs, name) for name in FILE_KEYS]
        prefix = f"{self._stage.name}/"
        return [
            info.relpath
            for info in tx.iter_relpaths_at(keys, tx.at_serial)
            if info.relpath.startswith(prefix) and info.value and info.value.get("last_modified")
        ]

    def look(self, handle: str) -> FoundFile | None:
        entry = stored_entry(self._xom, handle)
        if entry is None or not entry.project:
            return None
        if is_remote(self._stage):
            arrival = self._cached(entry)
        elif isinstance(self._stage, PrivateStage) and entry.version:
            arrival = self._uploaded(self._stage, entry)
        else:
            return None
        return None if arrival is None else FoundFile(_said(entry), arrival)

    def keep(self, found: object) -> bool:
        assert isinstance(found, FoundFile)
        record = found.arrival.record
        entry = stored_entry(self._xom, record.entry)
        if entry is None or _said(entry) != found.seen:
            return False
        if is_remote(self._stage):
            if self._is_cached_record(record.path, entry):
                return False
        elif self._is_on_shelf(entry):
            return False
        self._records.keep(found.arrival)
        return True

    def _is_on_shelf(self, entry: BaseFileEntry) -> bool:
        known = self._records.shelf(canonicalize_name(entry.project)).files.get(entry.basename)
        return known is not None and known.sha256 == entry.hashes.get("sha256")

    def _is_cached_record(self, path: str, entry: BaseFileEntry) -> bool:
        known = self._records.record(path)
        return known is not None and known.entry == entry.relpath

    def _uploaded(self, stage: PrivateStage, entry: BaseFileEntry) -> Arrival | None:
        """A distribution that came by devpi's own upload or push."""
        if self._is_on_shelf(entry):
            return None
        links = stage.get_linkstore_perstage(entry.project, entry.version).get_links(
            rel="releasefile", basename=entry.basename
        )
        if not links:
            return None
        data = stage.get_versiondata_perstage(entry.project, entry.version)
        name = data.get("name") or canonicalize_name(entry.project)
        said = get_mutable_deepcopy(data)
        return _arrival(
            entry,
            path=local_path(name, entry.version, entry.basename),
            shelf_key=entry.basename,
            user=next((log["who"] for log in links[0].get_logs() if log.get("who")), ""),
            requires_python=said.get("requires_python") or None,
            properties=generated_properties(said.get("name") or name, entry.version, said),
        )

    def _cached(self, entry: BaseFileEntry) -> Arrival | None:
        """A file that devpi's own mirror downloaded."""
        path = remote_path(UpstreamFile(url=entry.url, filename=entry.basename))
        if self._is_cached_record(path, entry):
            return None
        metadata = stored_metadata(entry)
        return _arrival(
            entry,
            path=path,
            shelf_key=path,
            user=CACHE_USER,
            properties={}
            if metadata is None
            else generated_properties(metadata.name, metadata.version, metadata.fields),
            url=public_url(entry.url),
        )


def _said(entry: BaseFileEntry) -> Any:
    return get_mutable_deepcopy(entry.meta)


def _arrival(
    entry: BaseFileEntry,
    *,
    path: str,
    shelf_key: str,
    user: str,
    properties: Properties,
    requires_python: str | None = None,
    url: str = "",
) -> Arrival:
    """Reads the whole file."""
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
    return Arrival(
        record=record,
        shelf_key=shelf_key,
        version=entry.version or "",
        requires_python=requires_python,
        sidecars={} if metadata is None else {".metadata": metadata},
    )
