"""Queries whose values must not be decoded too early."""

from __future__ import annotations

from devpi_artifactory_compat.errors import BadRequest
from pyramid.request import Request
from urllib.parse import unquote_plus


def raw_query(request: Request) -> dict[str, str]:
    """The query's parameters, values still percent-encoded, split at ``&`` only; the first counts.

    A parameter without ``=`` has an empty value.
    """
    found: dict[str, str] = {}
    for part in request.query_string.split("&"):
        name, _, value = part.partition("=")
        if name:
            found.setdefault(unquote_plus(name), value)
    return found


def flag(query: dict[str, str], name: str, *, default: bool) -> bool:
    """A parameter of 0 or 1, false or true; without a value it is true. Raises BadRequest."""
    if name not in query:
        return default
    value = unquote_plus(query[name]).strip().lower()
    if value in {"", "1", "true", "yes"}:
        return True
    if value in {"0", "false", "no"}:
        return False
    raise BadRequest(f"'{name}' must be 0 or 1, not '{value[:50]}'.")
