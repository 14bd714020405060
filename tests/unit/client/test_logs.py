"""What of the server's log reaches its terminal."""

from __future__ import annotations

from devpi_artifactory_compat.client.logs import is_for_people
import logging
import pytest


@pytest.mark.parametrize(
    ("name", "message", "shown"),
    [
        ("waitress.queue", "Task queue depth is 1", False),
        ("devpi_server", "Waiting for file x in event serial 3", False),
        ("devpi_server", "The disk is full", True),
    ],
)
def test_what_needs_nobody_is_not_shown(name: str, message: str, *, shown: bool) -> None:
    record = logging.LogRecord(name, logging.WARNING, "", 0, message, None, None)

    assert is_for_people(record) is shown
