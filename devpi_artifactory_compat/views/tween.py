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


#: where XML-RPC is spoken, and what its requests say that they are
_XML_RPC_PREFIX = f"{PREFIX}/api/pypi/"
_XML = frozenset({"text/xml", "application/xml"})

#: the safe method with a body: devpi opens a write transaction for every POST
QUERY = "QUERY"

#: set in the WSGI environment when the URL had a trailing slash
TRAILING_SLASH = "devpi_artifactory_compat.trailing_slash"

#: set in the WSGI environment when the client sent POST and QUERY stands there
XML_RPC = "devpi_artifactory_compat.xml_rpc"


def tween_factory(handler: Handler, registry: Registry) -> Handler:
    def prepare(request: Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return handler(request)
        fault = path_fault(path)
        if fault is not None:
            return error_response(HTTPStatus.BAD_REQUEST, fault)
        if path.endswith("/"):
            # devpi-web would redirect a person's browser, and curl, to the URL without it
            request.environ["PATH_INFO"] = path[:-1]
            request.environ[TRAILING_SLASH] = True
        if _is_xml_rpc(request, path):
            request.method = QUERY
            request.environ[XML_RPC] = True
        return handler(request)

    return prepare


def has_trailing_slash(request: Request) -> bool:
    """Whether relative links on the answer start one level deeper."""
    return TRAILING_SLASH in request.environ


def restore_request(request: Request) -> None:
    """URL and method as the client sent them, for somebody else to answer."""
    if request.environ.pop(TRAILING_SLASH, False):
        request.environ["PATH_INFO"] += "/"
    if request.environ.pop(XML_RPC, False):
        request.method = "POST"


def _is_xml_rpc(request: Request, path: str) -> bool:
    """The URL of a repository takes uploads too, which are forms."""
    if request.method != "POST" or not path.startswith(_XML_RPC_PREFIX):
        return False
    media_type, _, _ = request.headers.get("Content-Type", "").partition(";")
    return media_type.strip().lower() in _XML


def path_fault(path: str) -> str | None:
    """What is wrong with a WSGI path: such a path never names anything here."""
    if len(path) > MAX_URL_PATH:
        return "The path of the URL is too long."
    try:
        decoded = path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return "The path of the URL is not UTF-8."
    if path.endswith("//"):
        return "The path of the URL ends in more than one slash."
    if has_control_characters(decoded):
        return "The path of the URL holds control characters."
    return None
