"""``devpi-artifactory search`` without a server."""

from __future__ import annotations

from devpi_artifactory_compat.client.failure import CannotAsk
from devpi_artifactory_compat.client.search_progress import BuildProgress
from devpi_artifactory_compat.client.search_server import base_url
import pytest


@pytest.mark.parametrize(
    "given",
    [
        "http://h:8081",
        "http://h:8081/",
        "http://h:8081/artifactory",
        "http://h:8081/artifactory/?q=1#x",
    ],
)
def test_url_may_be_given_as_it_is_at_hand(given: str) -> None:
    assert base_url(given) == "http://h:8081"


def test_path_in_front_of_the_server_stays() -> None:
    assert base_url("https://h/base/artifactory/") == "https://h/base"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("h:8081", "must begin with http"),
        ("ftp://h", "must begin with http"),
        ("http://", "must begin with http"),
        ("http://h:port", "is wrong"),
        ("http://root:secret@h", "must not hold a user"),
    ],
)
def test_url_that_is_none_is_refused_in_one_line(given: str, told: str) -> None:
    with pytest.raises(CannotAsk, match=told) as refused:
        base_url(given)

    assert "secret" not in refused.value.message


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with BuildProgress() as progress:
        for done in range(1_001):
            progress.show(done, 1_000)
        progress.finish()

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[0] == "Building the search database: 0 of 1,000 changes"
    assert lines[-1] == "Building the search database: 1,000 of 1,000 changes"


def test_progress_is_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # what rich takes for a terminal
    monkeypatch.setenv("FORCE_COLOR", "1")
    with BuildProgress() as progress:
        progress.show(500, 1_000)
        progress.finish()

    shown = capsys.readouterr().err
    assert "Building the search database" in shown
    assert "1000/1000" in shown
