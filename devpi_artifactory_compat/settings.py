"""Options of the plugin on devpi-server's command line and in its configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_server.config import MyArgumentParser
from devpi_server.main import XOM


DEFAULT_OWNER = "repo"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``owner``: the devpi user whose indexes repositories become that are made over REST."""

    owner: str = DEFAULT_OWNER


def add_options(parser: MyArgumentParser) -> None:
    group = parser.add_argument_group("artifactory options")
    group.add_argument(
        "--artifactory-owner",
        type=str,
        default=DEFAULT_OWNER,
        metavar="USER",
        help="devpi user that owns the indexes of repositories created over REST "
        "[%(default)s]; it is created when it is first needed",
    )


def settings_of(xom: XOM) -> Settings:
    return Settings(owner=getattr(xom.config.args, "artifactory_owner", DEFAULT_OWNER))
