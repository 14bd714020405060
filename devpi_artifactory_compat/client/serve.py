"""``devpi-artifactory serve``: one command that sets up a server and runs it."""

from __future__ import annotations

from devpi_artifactory_compat.client.options import DEFAULT_HOST
from devpi_artifactory_compat.client.options import DEFAULT_PORT
from devpi_artifactory_compat.client.options import DEFAULT_SERVERDIR
from devpi_artifactory_compat.client.options import ServeOptions
import click
import signal
import sys
import warnings


@click.command()
@click.option(
    "--serverdir",
    metavar="DIR",
    envvar="DEVPI_ARTIFACTORY_SERVERDIR",
    show_envvar=True,
    show_default=DEFAULT_SERVERDIR,
    help="Where everything is kept; made when it is missing.",
)
@click.option("--host", show_default=DEFAULT_HOST, help="Address or host name to listen on.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    show_default=str(DEFAULT_PORT),
    help="Port to listen on.",
)
@click.option(
    "--admin-password",
    metavar="PASSWORD",
    envvar="DEVPI_ARTIFACTORY_ADMIN_PASSWORD",
    show_envvar=True,
    help="Password of the user root, on the first start only. Without it one is made up and"
    " printed. Other users of the machine can read a command line: prefer the variable.",
)
@click.option(
    "--no-default-repositories",
    "default_repositories",
    flag_value=False,
    default=True,
    help="Do not create pypi-local, pypi-remote and pypi on the first start.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the server's log on stderr as well.")
@click.argument("devpi_options", nargs=-1, type=click.UNPROCESSED)
def serve(
    *,
    serverdir: str | None,
    host: str | None,
    port: int | None,
    admin_password: str | None,
    default_repositories: bool,
    verbose: bool,
    devpi_options: tuple[str, ...],
) -> None:
    """Set up a server on the first start, then serve.

    Everything after "--" goes to devpi-server unchanged; "devpi-server --help" lists what it
    takes. Ctrl-C and SIGTERM end the server with exit status 0. When it cannot start, one
    line on stderr says why and the exit status is 2.
    """
    if admin_password == "":
        raise click.BadParameter("must not be empty", param_hint="--admin-password")
    options = ServeOptions(
        serverdir=serverdir,
        host=host,
        port=port,
        admin_password=admin_password,
        default_repositories=default_repositories,
        verbose=verbose,
        devpi_options=devpi_options,
    )
    raise SystemExit(_run_until_stopped(options))


def _run_until_stopped(options: ServeOptions) -> int:
    if not sys.warnoptions:
        # what libraries tell their developers is no news for the user of a terminal
        warnings.simplefilter("ignore")
    # a shell that starts a background job lets it ignore SIGINT; here both always stop
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from devpi_artifactory_compat.client.run import run  # noqa: PLC0415 - signals come first

        return run(options)
    except KeyboardInterrupt:
        return 0
