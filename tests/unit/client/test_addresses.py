"""The URL that is printed is one at which the server is reached."""

from __future__ import annotations

from devpi_artifactory_compat.client.addresses import base_url
from devpi_artifactory_compat.client.addresses import spelled
from devpi_artifactory_compat.client.devpi_options import devpi_config
from devpi_artifactory_compat.client.failure import CannotStart
from devpi_artifactory_compat.client.options import ServeOptions
from devpi_server.config import Config
from pathlib import Path
import os
import pytest


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("DEVPI"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path))


def config(*devpi_options: str, host: str | None = None, port: int | None = None) -> Config:
    return devpi_config(
        ServeOptions(
            serverdir=None,
            host=host,
            port=port,
            admin_password=None,
            default_repositories=True,
            verbose=False,
            devpi_options=devpi_options,
        )
    )


@pytest.mark.parametrize(
    ("host", "port", "devpi_options", "url"),
    [
        (None, None, [], "http://127.0.0.1:8081"),
        ("localhost", 80, [], "http://localhost:80"),
        (None, 9000, [], "http://127.0.0.1:9000"),
        ("::1", None, [], "http://[::1]:8081"),
        ("[::1]", None, [], "http://[::1]:8081"),
        ("::", None, [], "http://[::1]:8081"),
        ("0.0.0.0", None, [], "http://127.0.0.1:8081"),
        (None, None, ["--port", "9001"], "http://127.0.0.1:9001"),
        (None, 9000, ["--port", "9001"], "http://127.0.0.1:9001"),
        (None, None, ["--listen", "*:9002"], "http://127.0.0.1:9002"),
        (None, None, ["--listen", "[::1]:9003", "--listen", "a:1"], "http://[::1]:9003"),
        (None, None, ["--unix-socket", "/run/devpi.sock"], "http://localhost"),
        ("0.0.0.0", None, ["--outside-url", "https://p.example/x/"], "https://p.example/x"),
    ],
)
def test_base_url(host: str | None, port: int | None, devpi_options: list[str], url: str) -> None:
    assert base_url(config(*devpi_options, host=host, port=port)) == url


@pytest.mark.parametrize(
    ("devpi_options", "text"),
    [
        ([], "127.0.0.1:8081"),
        (["--host", "::1"], "[::1]:8081"),
        (["--listen", "*:1", "--listen", "[::1]:2"], "*:1 [::1]:2"),
        (["--unix-socket", "/run/devpi.sock"], "/run/devpi.sock"),
    ],
)
def test_addresses_are_spelled_as_people_write_them(devpi_options: list[str], text: str) -> None:
    assert spelled(config(*devpi_options).waitress_info["kwargs"]) == text


def test_a_message_of_several_lines_becomes_one() -> None:
    assert CannotStart("one\n  two\tthree ").message == "one two three"
