"""The steps of ``import``, in the order in which they can fail without leaving anything behind."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.client.failure import CannotTransfer
from devpi_artifactory_compat.client.import_claim import ImportClaim
from devpi_artifactory_compat.client.import_claim import how_to_import_again
from devpi_artifactory_compat.client.options import TransferOptions
from devpi_artifactory_compat.client.transfer_failures import failures_told
from devpi_artifactory_compat.client.transfer_config import import_config
from devpi_artifactory_compat.client.transfer_progress import DevpiWriter
from devpi_artifactory_compat.client.transfer_progress import TerminalProgress
from devpi_artifactory_compat.storage.events import Follower
from devpi_artifactory_compat.storage.keys import register_keys
from devpi_artifactory_compat.storage.transfer.importing import import_records
from devpi_artifactory_compat.storage.transfer.kinds import kind_names
from devpi_artifactory_compat.storage.transfer.manifest import Manifest
from devpi_artifactory_compat.storage.transfer.manifest import read_manifest
from devpi_server.config import Config
from devpi_server.importexport import Importer
from devpi_server.importexport import has_users_or_stages
from devpi_server.main import XOM
from devpi_server.main import init_default_indexes
from devpi_server.main import set_state_version
from devpi_server.main import xom_from_config
from pathlib import Path
from typing import Any
from typing import cast


def run(options: TransferOptions) -> list[str]:
    """Import into a new server; what was done, line by line.

    Raises CannotTransfer, and nothing but that on failure.
    """
    directory = options.directory
    with failures_told():
        config = import_config(options)
        manifest = _read(directory)
        claim = ImportClaim(config.server_path)
        claim.begin()
    with failures_told(remedy=how_to_import_again(config.server_path)):
        left_out = _import(config, directory, manifest)
        claim.finish()
    skipped = [
        f"Left out with the index {index}: {lines} records."
        for index, lines in sorted(left_out.items())
    ]
    return [f"Imported {directory} into {config.server_path}: {_summary(manifest)}.", *skipped]


def _read(directory: Path) -> Manifest | None:
    if not directory.is_dir():
        raise CannotTransfer(f"{directory} is no directory.")
    if not (directory / "dataindex.json").is_file():
        raise CannotTransfer(f"{directory} is no export of devpi-server, or did not finish.")
    return read_manifest(directory, known_kinds=kind_names())


def _import(config: Config, directory: Path, manifest: Manifest | None) -> Mapping[str, int]:
    progress = TerminalProgress()
    xom = _new_server(config)
    importer = Importer(cast("Any", DevpiWriter(progress)), xom)
    progress.begin("importing by devpi")
    importer.import_all(directory)
    left_out: Mapping[str, int] = {}
    if manifest is not None:
        left_out = import_records(
            xom, directory, manifest, hard_links=config.hard_links, progress=progress
        )
    if config.args.wait_for_events:
        progress.begin("handling events")
        _handle_events(xom, importer)
    progress.end()
    return left_out


def _new_server(config: Config) -> XOM:
    set_state_version(config)
    given = config.no_root_pypi
    # devpi-import adds an index root/pypi to servers that had none; from an export that has it
    # it is made like any other
    config.args.no_root_pypi = True
    xom = xom_from_config(config, init=True)
    init_default_indexes(xom)
    config.args.no_root_pypi = given
    register_keys(xom)
    with xom.keyfs.read_transaction():
        # the database may lie elsewhere
        if has_users_or_stages(xom):
            raise CannotTransfer("The storage holds users or indexes already.")
    return xom


def _handle_events(xom: XOM, importer: Importer) -> None:
    """Once here, so that the server need not when it starts; makes the records of files that have
    none, as in an export of devpi's own.
    """
    Follower(xom).subscribe()
    try:
        xom.thread_pool.start_one(xom.async_thread)
        xom.thread_pool.start_one(xom.keyfs.notifier)
        importer.wait_for_events()
    finally:
        xom.thread_pool.shutdown()


def _summary(manifest: Manifest | None) -> str:
    if manifest is None:
        return "an export of devpi-server alone, records were made from its files"
    return (
        f"{manifest.lines('files')} artifacts, {manifest.lines('folders')} folders, "
        f"{manifest.content_files} further files with {manifest.content_bytes} bytes"
    )
