"""From the options of ``serve`` to devpi-server's own configuration."""

from __future__ import annotations

from collections.abc import Iterable
from devpi_artifactory_compat.client.failure import CannotStart
from devpi_artifactory_compat.client.options import DEFAULT_HOST
from devpi_artifactory_compat.client.options import DEFAULT_MAX_BODY
from devpi_artifactory_compat.client.options import DEFAULT_PORT
from devpi_artifactory_compat.client.options import DEFAULT_SERVERDIR
from devpi_artifactory_compat.client.options import ServeOptions
from devpi_server.config import Config
from devpi_server.config import MyArgumentParser
from devpi_server.config import get_parser
from devpi_server.config import get_pluginmanager
from devpi_server.config import parseoptions
from pluggy import PluginManager
from typing import NoReturn


def devpi_config(options: ServeOptions) -> Config:
    """devpi-server's configuration, with other defaults for directory, address and body size.

    As for devpi-server, its environment variables and its configuration file stand between
    the command line and the defaults. Raises CannotStart for whatever devpi-server refuses.
    """
    pluginmanager = get_pluginmanager()
    parser = get_parser(pluginmanager)
    devpi_address = parser.get_default("host"), parser.get_default("port")
    parser.set_defaults(
        serverdir=DEFAULT_SERVERDIR,
        host=DEFAULT_HOST,
        port=DEFAULT_PORT,
        max_request_body_size=DEFAULT_MAX_BODY,
    )
    config = parsed(parser, pluginmanager, options.arguments())
    _prefer_listen(config, devpi_address)
    return config


def parsed(
    parser: MyArgumentParser, pluginmanager: PluginManager, arguments: Iterable[str]
) -> Config:
    """Raises CannotStart for whatever devpi-server refuses."""
    # argparse would print its usage, which is devpi-server's and hides the one line that matters
    parser.error = _refuse  # type: ignore[method-assign]
    try:
        return parseoptions(pluginmanager, ["devpi-server", *arguments], parser=parser)
    except SystemExit as exc:
        if exc.code:
            raise CannotStart("devpi-server refuses its configuration file.") from exc
        raise
    except OSError as exc:
        raise CannotStart(f"The configuration of devpi-server cannot be read: {exc}") from exc


def _prefer_listen(config: Config, devpi_address: tuple[str, int]) -> None:
    """devpi-server takes ``--listen`` and ``--unix-socket`` only beside its own host and port."""
    args = config.args
    if (args.listen or args.unix_socket) and (args.host, args.port) == (DEFAULT_HOST, DEFAULT_PORT):
        args.host, args.port = devpi_address


def _refuse(message: str) -> NoReturn:
    raise CannotStart(f"devpi-server does not take these options: {message}")
