"""``devpi-artifactory import``: a new server from an export."""

from __future__ import annotations

from devpi_artifactory_compat.client.options import DEFAULT_SERVERDIR
from devpi_artifactory_compat.client.options import TransferOptions
from devpi_artifactory_compat.client.transfer_process import prepare_process
from pathlib import Path
import click


@click.command("import")
@click.option(
    "--serverdir",
    metavar="DIR",
    envvar="DEVPI_ARTIFACTORY_SERVERDIR",
    show_envvar=True,
    show_default=DEFAULT_SERVERDIR,
    help="The server directory to make; missing or empty.",
)
@click.option(
    "--hard-links",
    is_flag=True,
    help="Link to the files of the export instead of copying them, where that is possible.",
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("devpi_options", nargs=-1, type=click.UNPROCESSED)
def import_(
    *,
    serverdir: str | None,
    hard_links: bool,
    directory: Path,
    devpi_options: tuple[str, ...],
) -> None:
    """Make a new server from DIR, which "devpi-artifactory export" or devpi-export has written.

    Everything after "--" goes to devpi-import. When it cannot be done, one line on stderr says why
    and the exit status is 2; a server directory that is not complete has to be deleted then.
    """
    options = TransferOptions(
        directory=directory,
        serverdir=serverdir,
        hard_links=hard_links,
        devpi_options=devpi_options,
    )
    prepare_process()
    from devpi_artifactory_compat.client.importing import run  # noqa: PLC0415 - warns when imported

    for line in run(options):
        click.echo(line)
