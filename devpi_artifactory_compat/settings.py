"""Options of the plugin on devpi-server's command line and in its configuration file."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass
from devpi_server.config import MyArgumentParser
from devpi_server.main import XOM


DEFAULT_OWNER = "repo"

#: Artifactory's, in seconds
DEFAULT_QUIET_PERIOD = 60

#: Artifactory's
DEFAULT_TRASH_DAYS = 14

#: a week, as for a single repository
MAX_QUIET_PERIOD = 7 * 24 * 3_600


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``owner``: the devpi user whose indexes repositories become that are made over REST.

    ``quiet_period``: how long a repository must have been quiet before files are indexed whose
    deployer did not say which project and version they are, in seconds.

    ``trash_days``: how long deleted artifacts are kept; 0 for not at all.
    """

    owner: str = DEFAULT_OWNER
    quiet_period: int = DEFAULT_QUIET_PERIOD
    trash_days: int = DEFAULT_TRASH_DAYS


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
    group.add_argument(
        "--artifactory-quiet-period",
        type=_quiet_period,
        default=DEFAULT_QUIET_PERIOD,
        metavar="SECONDS",
        help="how long no file must have come to a repository before distributions are indexed "
        "that were deployed without pypi.name and pypi.version [%(default)s]; 0 for at once; "
        "the option artifactory_quiet_period of an index takes its place",
    )
    group.add_argument(
        "--artifactory-trash-days",
        type=int,
        default=DEFAULT_TRASH_DAYS,
        metavar="DAYS",
        help="how long artifacts that were deleted from a local repository over REST can be "
        "restored [%(default)s]; 0 deletes them at once",
    )


def _quiet_period(text: str) -> int:
    """Raises ArgumentTypeError for what is no period, in the configuration file as well."""
    if not text.strip().isdecimal() or int(text) > MAX_QUIET_PERIOD:
        raise ArgumentTypeError(f"must be a number of seconds between 0 and {MAX_QUIET_PERIOD}")
    return int(text)


def settings_of(xom: XOM) -> Settings:
    args = xom.config.args
    return Settings(
        owner=getattr(args, "artifactory_owner", DEFAULT_OWNER),
        trash_days=max(0, getattr(args, "artifactory_trash_days", DEFAULT_TRASH_DAYS)),
        quiet_period=getattr(args, "artifactory_quiet_period", DEFAULT_QUIET_PERIOD),
    )
