"""``devpi-artifactory export``: all of a server, in files."""

from __future__ import annotations

from devpi_artifactory_compat.client.failure import CannotTransfer
from devpi_artifactory_compat.client.import_claim import how_to_import_again
from devpi_artifactory_compat.client.import_claim import is_half_imported
from devpi_artifactory_compat.client.options import DEFAULT_SERVERDIR
from devpi_artifactory_compat.client.transfer_failures import failures_told
from devpi_artifactory_compat.client.transfer_options import TransferOptions
from devpi_artifactory_compat.client.transfer_options import export_config
from devpi_artifactory_compat.client.transfer_process import prepare_process
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
import click


@click.command()
@click.option(
    "--serverdir",
    metavar="DIR",
    envvar="DEVPI_ARTIFACTORY_SERVERDIR",
    show_envvar=True,
    show_default=DEFAULT_SERVERDIR,
    help="The server directory to export; the server may be running.",
)
@click.option(
    "--include-mirrored-files",
    "mirrored_files",
    is_flag=True,
    help="Export the cached files of remote repositories too.",
)
@click.option(
    "--hard-links",
    is_flag=True,
    help="Link to the files of the server instead of copying them, where that is possible.",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("devpi_options", nargs=-1, type=click.UNPROCESSED)
def export(
    *,
    serverdir: str | None,
    mirrored_files: bool,
    hard_links: bool,
    directory: Path,
    devpi_options: tuple[str, ...],
) -> None:
    """Write all of a server to DIR, which must be missing or empty.

    DIR holds what devpi-export writes and, beside it, what devpi-server does not know. It holds
    password hashes and passwords of upstreams: it is made for its owner alone. Everything after
    "--" goes to devpi-export. When it cannot be done, one line on stderr says why and the exit
    status is 2.
    """
    options = TransferOptions(
        directory=directory,
        serverdir=serverdir,
        hard_links=hard_links,
        mirrored_files=mirrored_files,
        devpi_options=devpi_options,
    )
    with failures_told():
        prepare_process()
        config = export_config(options)
        _check(config, directory)
    with failures_told(remedy=f"{directory} is not complete: delete it and export again."):
        manifest = _export(config, directory)
    click.echo(f"Exported {config.server_path} to {directory}: {_summary(manifest)}.")


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
    with xom.keyfs.read_transaction():
        exporter = Exporter(cast("Any", DevpiWriter(progress)), xom)
        exporter.dump_all(directory)
        manifest = export_records(
            xom,
            directory,
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
