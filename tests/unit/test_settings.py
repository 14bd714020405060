"""Options of the plugin that can be wrong."""

from __future__ import annotations

from devpi_artifactory_compat.settings import add_options
from devpi_server.config import MyArgumentParser
from typing import Any
import pytest
import sys


SECRET = "very-secret-password"


def parse(*arguments: str) -> Any:
    parser = MyArgumentParser()
    add_options(parser)
    return parser.parse_args(arguments)


@pytest.mark.parametrize(
    ("url", "drivername"),
    [
        ("sqlite:////srv/search.sqlite", "sqlite"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://u@/d?host=/run/postgresql", "postgresql+psycopg"),
    ],
)
def test_search_database_is_sqlite_or_postgresql(url: str, drivername: str) -> None:
    parsed = parse("--artifactory-search-database", url).artifactory_search_database

    assert parsed.drivername == drivername


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"no url {SECRET}", "is no URL of a database"),
        ("", "is no URL of a database"),
        (f"postgresql://u:{SECRET}@h:port/d", "is no URL of a database"),
        (f"mysql://u:{SECRET}@h/d", "must be the URL of a database in SQLite or PostgreSQL"),
        (f"nonsense://u:{SECRET}@h/d", "must be the URL of a database in SQLite or PostgreSQL"),
        (f"postgresql+nonsense://u:{SECRET}@h/d", "postgresql+nonsense, which is unknown"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
    ],
)
def test_search_database_that_cannot_be_is_refused_without_its_password(
    url: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse("--artifactory-search-database", url)

    said = capsys.readouterr().err
    assert told in said
    assert SECRET not in said


def test_driver_that_is_missing_is_named_with_what_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # None makes an import fail as if nothing were installed
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(SystemExit):
        parse("--artifactory-search-database", "postgresql://u@h/d")

    assert 'pip install "devpi-artifactory-compat[postgresql]"' in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "3601", "1.5"])
def test_search_timeout_is_within_bounds(seconds: str) -> None:
    with pytest.raises(SystemExit):
        parse(f"--artifactory-search-timeout={seconds}")
