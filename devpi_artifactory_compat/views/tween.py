"""Looks at our requests before devpi opens a transaction for them."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.repositories.paths import has_control_characters
from devpi_artifactory_compat.views.errors import error_response
from http import HTTPStatus
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response


Handler = Callable[[Request], Response]

MAX_URL_PATH = 4096

PREFIX = "/artifactory"


def tween_factory(handler: Handler, registry: Registry) -> Handler:
    def refuse_bad_paths(request: Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return handler(request)
        fault = path_fault(path)
        if fault is not None:
            return error_response(HTTPStatus.BAD_REQUEST, fault)
        return handler(request)

    return refuse_bad_paths


def path_fault(path: str) -> str | None:
    """What is wrong with a WSGI path: such a path never names anything here."""
    if len(path) > MAX_URL_PATH:
        return "The path of the URL is too long."
    try:
        decoded = path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return "The path of the URL is not UTF-8."
    if has_control_characters(decoded):
        return "The path of the URL holds control characters."
    return None
