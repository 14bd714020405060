from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat import plugin
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.storage.search_gateway import search_service
from support.app import Artifactory
from support.upstream import Upstream
from typing import Any
from webtest import TestApp
import pytest


@pytest.fixture
def make_artifactory(makexom: Callable[..., Any]) -> Iterator[Callable[..., Artifactory]]:
    opened: list[SearchDatabase] = []

    def make(*options: str) -> Artifactory:
        # deriving the secret of logins takes a second at devpi's own settings
        quick = [f"--argon2-{cost}" for cost in ("memory-cost=8", "parallelism=1", "time-cost=1")]
        xom = makexom([*quick, *options], plugins=[plugin])
        app = TestApp(xom.create_app(), lint=False)
        opened.append(search_service(xom).database)
        return Artifactory(app, xom)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def artifactory(make_artifactory: Callable[..., Artifactory]) -> Artifactory:
    """A new server without repositories; nothing outside of the process is faked."""
    return make_artifactory()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # devpi's own fixtures would put a fake in the place of the HTTP client
        item.add_marker(pytest.mark.nomocking)
        item.add_marker(pytest.mark.notransaction)
