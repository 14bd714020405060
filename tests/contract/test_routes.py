"""The table of routes: every URL is ours alone, documented, and answers what it does not do."""

from __future__ import annotations

from devpi_artifactory_compat.routes import PREFIX
from devpi_artifactory_compat.routes import ROUTES
from pathlib import Path
import re


DOCS = Path(__file__).parents[2] / "docs"


def documented(pattern: str) -> str:
    """A pattern as the docs write it: ``/artifactory/api/pypi/<key>/simple``."""
    plain = re.sub(r"\{slash:[^}]*\}", "", pattern)
    return re.sub(r"\{(\w+)(:[^}]*)?\}", r"<\1>", plain)


def test_every_route_is_below_our_prefix() -> None:
    assert all(route.pattern.startswith(PREFIX) for route in ROUTES)


def test_every_name_is_used_once() -> None:
    names = [route.name for route in ROUTES]

    assert len(set(names)) == len(names)


def test_every_route_is_documented() -> None:
    text = (DOCS / "http-api.md").read_text()
    missing = [
        route.pattern
        for route in ROUTES
        if route.views and documented(route.pattern).rstrip("/") not in text
    ]

    assert missing == []
