"""A file gets another path within its index; devpi's own view of it does not change."""

from __future__ import annotations

from dataclasses import replace
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.repositories.paths import SIDECAR_SUFFIXES
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.waiting import Waiting
from packaging.utils import canonicalize_name
import time


def relocate(records: Records, waiting: Waiting, record: Record, to: str) -> None:
    """To a path of the same file name at which nothing is; in a transaction that writes."""
    moved = replace(record, path=to)
    if record.is_indexed and record.project:
        _relocate_on_shelf(records, record, to)
    records.delete_record(record.path, prune=False)
    records.save_record(moved)
    waiting.forget(record.path)
    if record.state == ArtifactState.PENDING.value:
        waiting.add(to, now=time.time())
    for reason in record.properties.get(INDEXING_ERROR, ()):
        waiting.fail(to, reason)


def _relocate_on_shelf(records: Records, record: Record, to: str) -> None:
    project = canonicalize_name(record.project)
    shelf = records.shelf(project)
    file = shelf.files.get(record.filename)
    if file is not None and file.path == record.path:
        shelf.files[record.filename] = replace(file, path=to)
    for suffix in SIDECAR_SUFFIXES:
        sidecar = shelf.sidecars.pop(record.path + suffix, None)
        if sidecar is not None:
            shelf.sidecars[to + suffix] = sidecar
    records.save_shelf(project, shelf)
