from __future__ import annotations

from collections.abc import Iterator
from hypothesis import settings
from support.postgres import postgres
import pytest


# devpi's own fixtures: a plugin is tested against the host that it will meet
pytest_plugins = ["test_devpi_server.plugin"]

# on a busy machine anything takes long now and then
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The database of a server that was started for the tests, one for each worker."""
    with postgres() as url:
        yield url
