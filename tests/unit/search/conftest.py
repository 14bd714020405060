from __future__ import annotations

from pathlib import Path
import pytest


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a search database may be made: each test with it runs on both kinds."""
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("search") / "search.sqlite"
        return f"sqlite:///{path}"
    return str(request.getfixturevalue("postgres_url"))
