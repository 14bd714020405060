"""Our part of an import, after devpi's, in transactions of bounded size."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.storage.transfer.content import ContentFolder
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from devpi_artifactory_compat.storage.transfer.kinds import KINDS
from devpi_artifactory_compat.storage.transfer.kinds import Kind
from devpi_artifactory_compat.storage.transfer.lines import read_lines
from devpi_artifactory_compat.storage.transfer.manifest import Manifest
from devpi_artifactory_compat.storage.transfer.manifest import folder_of
from devpi_artifactory_compat.storage.transfer.manifest import kind_path
from devpi_artifactory_compat.storage.transfer.progress import Progress
from devpi_artifactory_compat.storage.transfer.target import Target
from devpi_server.main import XOM
from itertools import islice
from pathlib import Path


#: devpi keeps the changes of a transaction in one piece, and reads all of it for each of its keys
LINES_OF_A_TRANSACTION = 25


def import_records(
    xom: XOM, directory: Path, manifest: Manifest, *, hard_links: bool, progress: Progress
) -> Mapping[str, int]:
    """Write all kinds of records; how many lines were left out, by index that devpi skipped.

    ``manifest`` is that of ``directory``, whose files it has checked. Raises TransferFailed.
    """
    folder = folder_of(directory)
    target = Target(xom, ContentFolder(folder, hard_links=hard_links))
    for kind in KINDS:
        if kind.name in manifest.kinds:
            progress.begin(f"importing {kind.name}", manifest.lines(kind.name))
            _import(kind, target, kind_path(folder, kind.name), progress)
    return dict(target.left_out)


def _import(kind: Kind, target: Target, path: Path, progress: Progress) -> None:
    lines = read_lines(path)
    while batch := list(islice(lines, LINES_OF_A_TRANSACTION)):
        with target.xom.keyfs.write_transaction():
            for number, line in batch:
                try:
                    kind.load(target, line)
                except (AttributeError, KeyError, TypeError, ValueError) as exc:
                    raise TransferFailed(
                        f"{path}, line {number} cannot be imported: {type(exc).__name__}: {exc}"
                    ) from exc
                progress.step()
