"""A server directory, from nothing to the moment at which its user knows the password.

A marker file stands in the directory until then. Whatever ends a first start before (a signal,
a full disk, a power cut), the next start finds the marker and does every step again; each step
may be repeated, and until the marker is gone nobody has been served.
"""

from __future__ import annotations

from devpi_artifactory_compat.client.claim import Claim
from devpi_artifactory_compat.settings import settings_of
from devpi_artifactory_compat.storage.defaults import create_default_repositories
from devpi_server.config import Config
from devpi_server.main import init_default_indexes
from devpi_server.main import set_state_version
from devpi_server.main import xom_from_config
from pathlib import Path


MARKER_NAME = ".devpi-artifactory-first-start"


def is_first_start(serverdir: Path) -> bool:
    """True for a directory that is missing, empty, or left behind by a first start."""
    try:
        names = {path.name for path in serverdir.iterdir()}
    except FileNotFoundError:
        return True
    return not names or MARKER_NAME in names


class FirstStart(Claim):
    """Holds the server directory for one process until its first start is over."""

    marker_name = MARKER_NAME


def initialise(config: Config, *, password: str, default_repositories: bool) -> None:
    """What ``devpi-init --no-root-pypi`` does, then the user root's password and repositories.

    Needs a directory that FirstStart holds. A replica gets the password and the repositories
    from its primary.
    """
    set_state_version(config)
    config.args.no_root_pypi = True
    # not the XOM that will serve: as after devpi-init, that one starts from what is stored
    xom = xom_from_config(config, init=True)
    init_default_indexes(xom)
    if not xom.is_replica():
        with xom.keyfs.write_transaction():
            xom.model.get_user("root").modify(password=password)
        if default_repositories:
            create_default_repositories(xom, owner=settings_of(xom).owner)
