"""The steps of ``export``, in the order in which they can fail without leaving anything behind."""

from __future__ import annotations

from devpi_artifactory_compat.client.failure import CannotTransfer
from devpi_artifactory_compat.client.import_claim import how_to_import_again
from devpi_artifactory_compat.client.import_claim import is_half_imported
from devpi_artifactory_compat.client.options import TransferOptions
from devpi_artifactory_compat.client.transfer_config import export_config
from devpi_artifactory_compat.client.transfer_failures import failures_told
from devpi_artifactory_compat.client.transfer_progress import DevpiWriter
from devpi_artifactory_compat.client.transfer_progress import TerminalProgress
from devpi_artifactory_compat.storage.keys import register_keys
from devpi_artifactory_compat.storage.transfer.exporting import export_records
from devpi_artifactory_compat.storage.transfer.manifest import Manifest
from devpi_server.config import Config
from devpi_server.importexport import Exporter
from devpi_server.main import xom_from_config
from pathlib import Path
from typing import Any
from typing import cast


def run(options: TransferOptions) -> str:
    """Export a server; what was done. Raises CannotTransfer, and nothing but that on failure."""
    directory = options.directory
    with failures_told():
        config = export_config(options)
        _check(config, directory)
    with failures_told(remedy=f"{directory} is not complete: delete it and export again."):
        manifest = _export(config, directory)
    return f"Exported {config.server_path} to {directory}: {_summary(manifest)}."


def _check(config: Config, directory: Path) -> None:
    if is_half_imported(config.server_path):
        raise CannotTransfer(how_to_import_again(config.server_path))
    if not config.nodeinfo_path.exists():
        raise CannotTransfer(f"{config.server_path} is no server directory.")
    if directory.exists() and not directory.is_dir():
        raise CannotTransfer(f"{directory} is no directory.")
    if directory.exists() and any(directory.iterdir()):
        raise CannotTransfer(f"{directory} is not empty: an export needs a new directory.")


def _export(config: Config, directory: Path) -> Manifest:
    xom = xom_from_config(config)
    register_keys(xom)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    progress = TerminalProgress()
    progress.begin("exporting by devpi")
    with xom.keyfs.read_transaction() as transaction:
        serial = transaction.at_serial
        Exporter(cast("Any", DevpiWriter(progress)), xom).dump_all(directory)
    manifest = export_records(
        xom,
        directory,
        serial=serial,
        hard_links=config.hard_links,
        mirrored_files=config.include_mirrored_files,
        progress=progress,
    )
    progress.end()
    return manifest


def _summary(manifest: Manifest) -> str:
    size = f"{manifest.content_files} further files with {manifest.content_bytes} bytes"
    remotes = "with" if manifest.mirrored_files else "without"
    return f"{manifest.lines('files')} artifacts, {size}, {remotes} cached files of remotes"
