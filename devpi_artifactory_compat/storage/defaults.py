"""The repositories that a new server starts with."""

from __future__ import annotations

from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.storage.indexes import default_registry
from devpi_artifactory_compat.storage.indexes import entries
from devpi_artifactory_compat.storage.keys import RECORD
from devpi_artifactory_compat.storage.keys import register_keys
from devpi_artifactory_compat.storage.management import create_repository
from devpi_server.main import XOM
from typing import Any


def default_bodies() -> dict[str, dict[str, Any]]:
    """Artifactory's own words for the three, in the order in which they are made."""
    registry = default_registry()
    return {
        "pypi-local": {"rclass": "local", "packageType": "pypi"},
        "pypi-remote": {
            "rclass": "remote",
            "packageType": "pypi",
            "url": registry,
            "pyPIRegistryUrl": registry,
        },
        "pypi": {
            "rclass": "virtual",
            "packageType": "pypi",
            "repositories": ["pypi-local", "pypi-remote"],
            "defaultDeploymentRepo": "pypi-local",
        },
    }


def create_default_repositories(xom: XOM, *, owner: str) -> None:
    """Make those of the three that are not there; to be called outside of a transaction.

    Each has a transaction of its own: devpi-web loads the names of a new mirror in the handler of
    the event, and cannot go on to another index of the same event after that.
    """
    if not hasattr(xom.keyfs, RECORD):
        register_keys(xom)
    for key, body in default_bodies().items():
        with xom.keyfs.write_transaction():
            if key not in entries(xom):
                config = parse_new(key, body, default_registry=default_registry())
                create_repository(xom, config, owner=owner)
