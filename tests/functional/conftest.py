from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from server import LiveServer
from typing import Any
import pytest


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A running server with the default repositories, one for each worker of the test run."""
    with LiveServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def make_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., LiveServer]]:
    """Starts a server of its own for a test, with LiveServer's options; stopped at the end."""
    with ExitStack() as stack:

        def make(**options: Any) -> LiveServer:
            return stack.enter_context(LiveServer(tmp_path_factory.mktemp("server"), **options))

        yield make
