"""The steps of ``serve``, in the order in which they can fail without leaving anything behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from devpi_artifactory_compat.client.addresses import base_url
from devpi_artifactory_compat.client.addresses import check_addresses
from devpi_artifactory_compat.client.banner import Banner
from devpi_artifactory_compat.client.devpi_options import devpi_config
from devpi_artifactory_compat.client.failure import CannotStart
from devpi_artifactory_compat.client.first_start import FirstStart
from devpi_artifactory_compat.client.first_start import initialise
from devpi_artifactory_compat.client.first_start import is_first_start
from devpi_artifactory_compat.client.import_claim import how_to_import_again
from devpi_artifactory_compat.client.import_claim import is_half_imported
from devpi_artifactory_compat.client.listener import Listener
from devpi_artifactory_compat.client.logs import show_warnings
from devpi_artifactory_compat.client.logs import start_log
from devpi_artifactory_compat.client.options import ServeOptions
from devpi_artifactory_compat.client.secret import keep_secret
from devpi_artifactory_compat.storage.crash_recovery import roll_back_unfinished
from devpi_artifactory_compat.storage.indexes import entries
from devpi_server import __version__ as devpi_version
from devpi_server.config import Config
from devpi_server.main import XOM
from devpi_server.main import Fatal
from devpi_server.main import check_compatible_version
from devpi_server.main import xom_from_config
from json import JSONDecodeError
from pathlib import Path
import click
import logging
import secrets
import sqlite3


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A server that is set up and not yet reachable; the rest is for the banner."""

    xom: XOM
    log: Path | None
    default_repositories: bool
    password: str | None = None
    first_start: FirstStart | None = None


def run(options: ServeOptions) -> int:
    """Serve until stopped; the exit status. Raises CannotStart, and nothing but that on failure."""
    with _failures_told():
        config = devpi_config(options)
        if config.args.version:
            click.echo(devpi_version)
            return 0
        check_addresses(config)
        with _directory_failures_told(config):
            prepared = _prepare(config, options)
            keep_secret(config)

        def announce() -> None:
            _announce(prepared)
            if prepared.log is not None and not options.verbose:
                show_warnings()

        return Listener(prepared.xom, announce).run()


def _prepare(config: Config, options: ServeOptions) -> Prepared:
    if is_first_start(config.server_path):
        return _first(config, options)
    if is_half_imported(config.server_path):
        raise CannotStart(how_to_import_again(config.server_path))
    roll_back_unfinished(config.server_path)
    check_compatible_version(config)
    if not config.nodeinfo_path.exists():
        raise CannotStart(f"{config.server_path} is no complete server directory of devpi-server.")
    log = start_log(config, verbose=options.verbose)
    xom = xom_from_config(config)
    return Prepared(xom=xom, log=log, default_repositories=_has_default_repositories(xom))


def _first(config: Config, options: ServeOptions) -> Prepared:
    first_start = FirstStart(config.server_path)
    first_start.begin()
    log = start_log(config, verbose=options.verbose)
    # hexadecimal: safe in URLs and shells, and never taken for an option
    password = options.admin_password or secrets.token_hex(16)
    initialise(config, password=password, default_repositories=options.default_repositories)
    xom = xom_from_config(config)
    told = None if options.admin_password or xom.is_replica() else password
    return Prepared(
        xom=xom,
        log=log,
        default_repositories=_has_default_repositories(xom),
        password=told,
        first_start=first_start,
    )


def _announce(prepared: Prepared) -> None:
    """Print the banner; a password that could not be printed will be made anew."""
    config = prepared.xom.config
    banner = Banner(
        base_url=base_url(config),
        serverdir=config.server_path.absolute(),
        log=prepared.log,
        password=prepared.password,
        default_repositories=prepared.default_repositories,
    )
    click.echo("\n".join(banner.lines()))
    if prepared.first_start is not None:
        prepared.first_start.finish()


def _has_default_repositories(xom: XOM) -> bool:
    with xom.keyfs.read_transaction():
        return "pypi" in entries(xom)


@contextmanager
def _directory_failures_told(config: Config) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, JSONDecodeError) as exc:
        where = config.server_path.absolute()
        reason = getattr(exc, "strerror", None) or exc
        raise CannotStart(f"Cannot use {where} as the server directory: {reason}.") from exc


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except click.ClickException:
        raise
    except Fatal as exc:
        cause = f" ({exc.__cause__})" if exc.__cause__ else ""
        raise CannotStart(f"{exc}{cause}") from exc
    except Exception as exc:
        # before the log is open the root logger would write a traceback to the terminal
        if logging.getLogger().hasHandlers():
            logging.getLogger().exception("devpi-artifactory serve failed")
        raise CannotStart(f"{type(exc).__name__}: {exc}") from exc
