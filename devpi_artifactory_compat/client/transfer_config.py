"""From the options of ``export`` and ``import`` to devpi-server's own configuration."""

from __future__ import annotations

from devpi_artifactory_compat.client.devpi_options import parsed
from devpi_artifactory_compat.client.options import DEFAULT_SERVERDIR
from devpi_artifactory_compat.client.options import TransferOptions
from devpi_server.config import Config
from devpi_server.config import MyArgumentParser
from devpi_server.config import get_pluginmanager


def export_config(options: TransferOptions) -> Config:
    """As devpi-export reads it, with our default for the directory.

    Raises CannotStart for whatever devpi-server refuses.
    """
    parser = _parser()
    parser.add_export_options()
    return parsed(parser, parser.pluginmanager, options.arguments())


def import_config(options: TransferOptions) -> Config:
    """As devpi-import reads it, with our default for the directory.

    Raises CannotStart for whatever devpi-server refuses.
    """
    parser = _parser()
    parser.add_init_options()
    parser.add_import_options()
    return parsed(parser, parser.pluginmanager, options.arguments())


def _parser() -> MyArgumentParser:
    parser = MyArgumentParser(add_help=False, pluginmanager=get_pluginmanager())
    parser.add_help_option()
    parser.add_configfile_option()
    parser.add_logging_options()
    parser.add_storage_options()
    parser.add_hard_links_option()
    parser.set_defaults(serverdir=DEFAULT_SERVERDIR)
    return parser
