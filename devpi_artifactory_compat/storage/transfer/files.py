"""The records of files, and the shelves of their projects with the small files beside them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import replace
from devpi_artifactory_compat.storage import keys
from devpi_artifactory_compat.storage.cached_files import CachedRelease
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import Shelf
from devpi_artifactory_compat.storage.records import Sidecar
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from devpi_artifactory_compat.storage.transfer.source import Source
from devpi_artifactory_compat.storage.transfer.source import SourceIndex
from devpi_artifactory_compat.storage.transfer.target import Target
from packaging.utils import canonicalize_name
from typing import Any


class FileRecords:
    """Distributions lie in devpi's own export, the content of all other files beside it."""

    name = "files"
    private = False
    key_names = frozenset({keys.RECORD})

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        for index in source.indexes():
            for record in index.files():
                line = self._line(source, index, record)
                if line is not None:
                    yield {"index": index.name, **line}

    def _line(self, source: Source, index: SourceIndex, record: Record) -> Mapping[str, Any] | None:
        entry = stored_entry(source.xom, record.entry)
        if entry is None:
            if is_release(record):
                # devpi has deleted it, and the event has not reached the record yet
                return None
            raise TransferFailed(f"The file of {index.name}/{record.path} is missing.")
        line: dict[str, Any] = {"file": {**record.data(), "entry": ""}, "cached": None}
        if is_release(record) and index.is_exported(entry):
            return line
        if is_release(record):
            if not index.is_remote:
                # devpi has no link to it any more: nobody can find it
                return None
            line["cached"] = _cached(index, record, entry.url, entry.last_modified)
        source.content.put(entry, record.sha256)
        return line

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        index = line["index"]
        if not target.has_index(index):
            return
        record = Record(**line["file"])
        check_name(record.filename)
        user, _, name = index.partition("/")
        entry = self._entry(target, index, record, line["cached"])
        Records(target.xom, user, name).save_record(replace(record, entry=entry))

    def _entry(
        self, target: Target, index: str, record: Record, cached: Mapping[str, Any] | None
    ) -> str:
        if not is_release(record):
            return target.store_blob(index, record.filename, record.sha256)
        entry = target.release_entry(index, record.filename, record.sha256)
        if entry is not None:
            return str(entry.relpath)
        if cached is None:
            raise TransferFailed(f"devpi's part of the export lacks {index}/{record.path}.")
        release = CachedRelease(
            filename=record.filename,
            project=canonicalize_name(record.project),
            sha256=record.sha256,
            **cached,
        )
        return target.adopt(index, release)


def is_release(record: Record) -> bool:
    """Whether devpi itself knows the file."""
    return record.is_indexed and bool(record.project)


def _cached(
    index: SourceIndex, record: Record, url: str, last_modified: str | None
) -> Mapping[str, Any]:
    shelf_file = index.records.shelf(canonicalize_name(record.project)).files.get(record.path)
    return {
        "url": url,
        "last_modified": last_modified,
        "requires_python": None if shelf_file is None else shelf_file.requires_python,
        "yanked": record.yanked if shelf_file is None else shelf_file.yanked,
    }


class Shelves:
    """Sidecars lie among the content; devpi knows nothing of them."""

    name = "shelves"
    private = False
    key_names = frozenset({keys.PROJECT})

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        for index in source.indexes():
            for project in index.projects():
                shelf = index.records.shelf(project)
                if shelf.files or shelf.sidecars:
                    yield {
                        "index": index.name,
                        "project": project,
                        "files": {key: asdict(file) for key, file in shelf.files.items()},
                        "sidecars": dict(self._sidecars(source, index, shelf)),
                    }

    def _sidecars(
        self, source: Source, index: SourceIndex, shelf: Shelf
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for path, sidecar in shelf.sidecars.items():
            entry = stored_entry(source.xom, sidecar.entry)
            if entry is None:
                raise TransferFailed(f"The file of {index.name}/{path} is missing.")
            source.content.put(entry, sidecar.sha256)
            yield (
                path,
                {
                    "size": sidecar.size,
                    "sha256": sidecar.sha256,
                    "last_modified": entry.last_modified,
                },
            )

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        index = line["index"]
        if not target.has_index(index):
            return
        shelf = Shelf({"files": line["files"]})
        for path, sidecar in line["sidecars"].items():
            shelf.sidecars[path] = self._sidecar(target, index, path, **sidecar)
        user, _, name = index.partition("/")
        Records(target.xom, user, name).save_shelf(canonicalize_name(line["project"]), shelf)

    def _sidecar(
        self,
        target: Target,
        index: str,
        path: str,
        *,
        size: int,
        sha256: str,
        last_modified: str | None,
    ) -> Sidecar:
        filename = path.rpartition("/")[2]
        check_name(filename)
        entry = target.store_sidecar(index, filename, sha256, last_modified=last_modified)
        return Sidecar(entry=entry, size=size, sha256=sha256)


def check_name(filename: str) -> None:
    """Raises ValueError for what would be a path in devpi's file store."""
    if filename in ("", ".", "..") or "/" in filename or "\0" in filename:
        raise ValueError(f"'{filename}' is no name of a file.")
