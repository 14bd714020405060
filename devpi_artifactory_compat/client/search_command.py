"""``devpi-artifactory search``: the search database of a server that runs."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.client.failure import CannotAsk
from devpi_artifactory_compat.client.search_progress import BuildProgress
from devpi_artifactory_compat.client.search_server import DEFAULT_URL
from devpi_artifactory_compat.client.search_server import DEFAULT_USER
from devpi_artifactory_compat.client.search_server import PASSWORD_VARIABLE
from devpi_artifactory_compat.client.search_server import SearchDatabaseState
from devpi_artifactory_compat.client.search_server import SearchServer
from devpi_artifactory_compat.client.search_server import base_url
from devpi_artifactory_compat.client.search_server import known_password
from typing import Any
import click
import sys
import time


#: between two questions how far the server is
_EVERY_SECS = 0.5


@click.group()
def search() -> None:
    """The search database of a server that runs.

    The password of the user comes from the environment variable DEVPI_ARTIFACTORY_PASSWORD, from
    ~/.netrc, or is asked for. When it cannot be done, one line on stderr says why and the exit
    status is 2.
    """


def _server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--user",
            default=DEFAULT_USER,
            show_default=True,
            help="An administrator of the server.",
        ),
        click.option(
            "--url",
            default=DEFAULT_URL,
            show_default=True,
            envvar="DEVPI_ARTIFACTORY_URL",
            show_envvar=True,
            help="Where the server is reached. A replica answers for its own database.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def _server(url: str, user: str) -> Iterator[SearchServer]:
    password = known_password(base_url(url), user)
    if password is None:
        if not sys.stdin.isatty():
            raise CannotAsk(
                f"There is no password for user '{user}': set {PASSWORD_VARIABLE}, or write it "
                "into ~/.netrc."
            )
        password = click.prompt(f"Password of {user}", hide_input=True, default="", err=True)
    with SearchServer(url, user=user, password=password) as server:
        yield server


@search.command()
@_server_options
def status(*, url: str, user: str) -> None:
    """Show how far the search database is."""
    with _server(url, user) as server:
        for line in _lines(server.state()):
            click.echo(line)


def _lines(state: SearchDatabaseState) -> Iterator[str]:
    database = state.data["database"]
    size = database.get("sizeBytes")
    shown_size = "" if size is None else f" ({size:,} bytes)"
    yield f"Database: {database['url']}{shown_size}"
    yield f"Server: change {state.data['serverSerial']:,}"
    active, rebuild = state.active, state.rebuild
    if active is not None:
        items = active.get("items")
        how_many = "" if items is None else f", {items:,} items"
        yield f"Answers: change {active['serial']:,}{how_many}, built {active['built']}"
    else:
        yield "Answers: nothing yet"
    if rebuild is not None:
        yield f"Building: {rebuild['done']:,} of {rebuild['total']:,} changes"
    if state.problem:
        yield f"Problem: {state.problem}"


@search.command()
@_server_options
def rebuild(*, url: str, user: str) -> None:
    """Build the search database anew and wait until that is done.

    The server answers searches from the old one meanwhile.
    """
    with _server(url, user) as server:
        state = server.rebuild()
        wanted = state.requested
        with BuildProgress() as progress:
            while not _is_built(state, wanted):
                if state.rebuild is not None:
                    progress.show(state.rebuild["done"], state.rebuild["total"])
                time.sleep(_EVERY_SECS)
                state = server.state()
            progress.finish()
        assert state.active is not None
        click.echo(f"The search database is built: {state.active.get('items') or 0:,} items.")


def _is_built(state: SearchDatabaseState, wanted: str) -> bool:
    """Raises CannotAsk when it will not be."""
    if state.active is not None and state.active["id"] == wanted:
        return True
    if state.rebuild is None or state.rebuild["id"] != wanted:
        why = state.problem or "the log of the server says why."
        raise CannotAsk(f"The search database was not built: {why}")
    return False
