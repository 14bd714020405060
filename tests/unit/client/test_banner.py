"""The banner's lines are an interface: scripts look for them."""

from __future__ import annotations

from devpi_artifactory_compat.client.banner import Banner
from pathlib import Path


def lines(
    *, log: Path | None = None, password: str | None = None, default_repositories: bool = True
) -> list[str]:
    banner = Banner(
        base_url="http://127.0.0.1:8081",
        serverdir=Path("/srv/packages"),
        log=log,
        password=password,
        default_repositories=default_repositories,
    )
    return list(banner.lines())


def test_a_later_start_prints_no_password() -> None:
    assert lines() == [
        "Index URL:  http://127.0.0.1:8081/artifactory/api/pypi/pypi/simple",
        "Upload URL: http://127.0.0.1:8081/artifactory/api/pypi/pypi",
        "User: root",
        "Server directory: /srv/packages",
        "Press Ctrl-C to stop",
    ]


def test_a_password_that_was_made_up_and_the_log_are_printed() -> None:
    printed = lines(log=Path("/srv/packages/devpi-server.log"), password="0123")

    assert "Password: 0123" in printed
    assert "Log: /srv/packages/devpi-server.log" in printed


def test_without_the_repository_pypi_its_urls_are_not_printed() -> None:
    printed = lines(default_repositories=False)

    assert printed[0] == "Base URL: http://127.0.0.1:8081/artifactory"
    assert printed[1].startswith("Create a repository: curl -u root -X PUT")
    assert not any(line.startswith(("Index URL", "Upload URL")) for line in printed)
