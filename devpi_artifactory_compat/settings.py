"""Options of the plugin on devpi-server's command line and in its configuration file."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass
from devpi_server.config import MyArgumentParser
from devpi_server.main import XOM
from sqlalchemy import URL
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import NoSuchModuleError


DEFAULT_OWNER = "repo"

#: Artifactory's, in seconds
DEFAULT_QUIET_PERIOD = 60

#: Artifactory's
DEFAULT_TRASH_DAYS = 14

#: how long one search may take, in seconds
DEFAULT_SEARCH_TIMEOUT = 60
MAX_SEARCH_TIMEOUT = 3_600

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}

#: a week, as for a single repository
MAX_QUIET_PERIOD = 7 * 24 * 3_600


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``owner``: the devpi user whose indexes repositories become that are made over REST.

    ``quiet_period``: how long a repository must have been quiet before files are indexed whose
    deployer did not say which project and version they are, in seconds.

    ``trash_days``: how long deleted artifacts are kept; 0 for not at all.

    ``search_database``: None stands for a file in the server directory; ``search_timeout``: how
    long one search may take, in seconds.
    """

    owner: str = DEFAULT_OWNER
    quiet_period: int = DEFAULT_QUIET_PERIOD
    trash_days: int = DEFAULT_TRASH_DAYS
    search_database: URL | None = None
    search_timeout: int = DEFAULT_SEARCH_TIMEOUT


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
    group.add_argument(
        "--artifactory-search-database",
        type=_search_database,
        default=None,
        metavar="URL",
        help="where the search database is, as a URL of SQLAlchemy: "
        "postgresql://user@host/database or sqlite:////path/to/file; by default the file "
        "artifactory-search.sqlite in the server directory",
    )
    group.add_argument(
        "--artifactory-search-timeout",
        type=_search_timeout,
        default=DEFAULT_SEARCH_TIMEOUT,
        metavar="SECONDS",
        help="how long one search may take [%(default)s]",
    )


def _search_database(text: str) -> URL:
    """Raises ArgumentTypeError for what is none of a database that can be used."""
    # the text itself may hold a password: it is in no message
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise ArgumentTypeError(
            "is no URL of a database, such as postgresql://user@host/database"
        ) from None
    if backend not in _DRIVERS:
        raise ArgumentTypeError("must be the URL of a database in SQLite or PostgreSQL")
    if backend == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ArgumentTypeError("must name a file: a database in memory is not shared by threads")
    if "+" not in url.drivername:
        url = url.set(drivername=_DRIVERS[backend])
    _check_driver(url)
    return url


def _check_driver(url: URL) -> None:
    try:
        url.get_dialect().import_dbapi()
    except ImportError as exc:
        raise ArgumentTypeError(
            f"needs the driver {url.get_driver_name()}, which is not installed: "
            'pip install "devpi-artifactory-compat[postgresql]"'
        ) from exc
    except NoSuchModuleError as exc:
        raise ArgumentTypeError(f"names the driver {url.drivername}, which is unknown") from exc


def _search_timeout(text: str) -> int:
    if not text.strip().isdecimal() or not 0 < int(text) <= MAX_SEARCH_TIMEOUT:
        raise ArgumentTypeError(f"must be a number of seconds between 1 and {MAX_SEARCH_TIMEOUT}")
    return int(text)


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
        search_database=getattr(args, "artifactory_search_database", None),
        search_timeout=getattr(args, "artifactory_search_timeout", DEFAULT_SEARCH_TIMEOUT),
    )
