from __future__ import annotations

from clients import Client
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from scene import Scene
from scene import open_scene
from server import LiveServer
from typing import Any
import pytest
import sys


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


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server and its upstream with packages to install, for each worker of the test run."""
    with open_scene(tmp_path_factory.mktemp("scene")) as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a person who has nothing: no configuration, no credentials, no cache."""
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where a client installs packages; it does not exist yet."""
    return tmp_path / "packages"


@pytest.fixture
def uv() -> Client:
    """The uv of the environment of the tests."""
    return Client(Path(sys.prefix))
