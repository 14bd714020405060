"""``devpi-artifactory export``: all of a server, in files."""

from __future__ import annotations

from devpi_artifactory_compat.client.options import DEFAULT_SERVERDIR
from devpi_artifactory_compat.client.options import TransferOptions
from devpi_artifactory_compat.client.transfer_process import prepare_process
from pathlib import Path
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
    prepare_process()
    from devpi_artifactory_compat.client.exporting import run  # noqa: PLC0415 - warns when imported

    click.echo(run(options))
