"""Our part of an export, written beside devpi's."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from devpi_artifactory_compat.storage.transfer.content import ContentFolder
from devpi_artifactory_compat.storage.transfer.kinds import KINDS
from devpi_artifactory_compat.storage.transfer.kinds import Kind
from devpi_artifactory_compat.storage.transfer.lines import write_lines
from devpi_artifactory_compat.storage.transfer.manifest import KindFile
from devpi_artifactory_compat.storage.transfer.manifest import Manifest
from devpi_artifactory_compat.storage.transfer.manifest import folder_of
from devpi_artifactory_compat.storage.transfer.manifest import kind_path
from devpi_artifactory_compat.storage.transfer.manifest import write_manifest
from devpi_artifactory_compat.storage.transfer.progress import Progress
from devpi_artifactory_compat.storage.transfer.snapshot import Snapshot
from devpi_artifactory_compat.storage.transfer.source import Source
from devpi_server.main import XOM
from pathlib import Path
from typing import Any


def export_records(
    xom: XOM,
    directory: Path,
    *,
    serial: int,
    hard_links: bool,
    mirrored_files: bool,
    progress: Progress,
) -> Manifest:
    """Write all kinds of records as they were at the serial at which devpi's part was written.

    ``directory`` is that of devpi's export. To be called outside of a transaction. Raises
    TransferFailed.
    """
    folder = folder_of(directory)
    folder.mkdir()
    content = ContentFolder(folder, hard_links=hard_links)
    source = Source(xom=xom, directory=directory, content=content, mirrored_files=mirrored_files)
    with Snapshot(xom.keyfs, serial) as snapshot:
        kinds = {kind.name: _export(kind, source, folder, snapshot, progress) for kind in KINDS}
    manifest = Manifest(
        kinds=kinds,
        content_files=content.files,
        content_bytes=content.bytes,
        mirrored_files=mirrored_files,
    )
    write_manifest(folder, manifest)
    return manifest


def _export(
    kind: Kind, source: Source, folder: Path, snapshot: Snapshot, progress: Progress
) -> KindFile:
    progress.begin(f"exporting {kind.name}")
    lines = _counted(snapshot.read(kind.dump(source)), progress)
    count, sha256 = write_lines(kind_path(folder, kind.name), lines, private=kind.private)
    return KindFile(lines=count, sha256=sha256)


def _counted(lines: Iterator[Mapping[str, Any]], progress: Progress) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        progress.step()
        yield line
