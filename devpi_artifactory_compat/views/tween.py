"""Looks at our requests before devpi opens a transaction for them."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.repositories.paths import has_control_characters
from devpi_artifactory_compat.repositories.property_syntax import split_matrix
from devpi_artifactory_compat.views.errors import error_response
from http import HTTPStatus
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from typing import Any
from typing import cast
from urllib.parse import quote
from urllib.parse import unquote_to_bytes
import re


Handler = Callable[[Request], Response]

MAX_URL_PATH = 4096
MAX_URL = 64 * 1024

PREFIX = "/artifactory"

#: the method that a view is registered for which reads its request before it writes, or only reads:
#: devpi would hold its one write transaction for a PUT or a POST from beginning to end
READ_FIRST = "QUERY"

#: where XML-RPC is spoken, and what its requests say that they are
_XML_RPC_PREFIX = f"{PREFIX}/api/pypi/"
_XML = frozenset({"text/xml", "application/xml"})

#: set in the WSGI environment when the URL had a trailing slash
TRAILING_SLASH = "devpi_artifactory_compat.trailing_slash"
#: matrix parameters, percent-encoded
MATRIX = "devpi_artifactory_compat.matrix"
#: the method that the client sent
METHOD = "devpi_artifactory_compat.method"

#: takes matrix parameters from a replica to its primary exactly as they were sent
MATRIX_HEADER = "X-Artifactory-Matrix"

#: below these names no artifacts lie
_NO_REPOSITORY = re.compile(rf"{PREFIX}(/(api|access|ui)(/|$)|/?$)")

#: what is asked for by POST, and only reads, takes long, or is looked at before it is done
_READ_FIRST_BY_POST = re.compile(
    rf"{PREFIX}/api/(search/aql/?$|system/search-database/rebuild/?$|pypi/[^/]+/reindex/?$|"
    r"(copy|move)/)"
)


def tween_factory(handler: Handler, registry: Registry) -> Handler:
    def prepare(request: Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return handler(request)
        fault = path_fault(path, request.environ.get("REQUEST_URI", ""))
        if fault is not None:
            return error_response(HTTPStatus.BAD_REQUEST, fault)
        if not _NO_REPOSITORY.match(path):
            _take_matrix(request.environ)
            path = request.environ["PATH_INFO"]
        if _is_read_first(request, path):
            request.environ[METHOD] = request.method
            request.method = READ_FIRST
        if path.endswith("/"):
            # devpi-web would redirect a person's browser, and curl, to the URL without it
            request.environ["PATH_INFO"] = path[:-1]
            request.environ[TRAILING_SLASH] = True
        return handler(request)

    return prepare


def _is_read_first(request: Request, path: str) -> bool:
    """A deployment, deletion, copy, move, reindex, rebuild, query, or a call by XML-RPC."""
    if request.method in {"PUT", "DELETE"}:
        return not _NO_REPOSITORY.match(path)
    if request.method == "POST" and _READ_FIRST_BY_POST.match(path):
        return True
    return _is_xml_rpc(request, path)


def _take_matrix(environ: dict[str, Any]) -> None:
    """Matrix parameters are no part of the path that is looked up."""
    forwarded = environ.get("HTTP_" + MATRIX_HEADER.upper().replace("-", "_"), "")
    parameters = tuple(part for part in forwarded.split(";") if part)
    if ";" in environ["PATH_INFO"]:
        path, found = split_matrix(_raw_path(environ))
        environ["PATH_INFO"] = _decoded(path)
        parameters += found
    if parameters:
        environ[MATRIX] = parameters


def _raw_path(environ: dict[str, Any]) -> str:
    """The path as the client encoded it, where the server tells it: an encoded ``;`` is data."""
    path: str = environ["PATH_INFO"]
    raw = environ.get("REQUEST_URI", "").partition("?")[0]
    raw = re.sub(r"^https?://[^/]*", "", raw)
    raw = "/" + raw.lstrip("/")
    return raw if _decoded(raw) == path else quote(path.encode("latin-1"), safe="/;=,+")


def _decoded(raw: str) -> str:
    """As WSGI wants it."""
    return unquote_to_bytes(raw).decode("latin-1")


def has_trailing_slash(request: Request) -> bool:
    """Whether relative links on the answer start one level deeper."""
    return TRAILING_SLASH in request.environ


def matrix_of(request: Request) -> tuple[str, ...]:
    """The matrix parameters of the URL, percent-encoded."""
    return cast("tuple[str, ...]", request.environ.get(MATRIX, ()))


def method_of(request: Request) -> str:
    """The method that the client sent."""
    return cast("str", request.environ.get(METHOD, request.method))


def restore_request(request: Request) -> None:
    """The request as the client sent it, for somebody else to answer."""
    if request.environ.pop(TRAILING_SLASH, False):
        request.environ["PATH_INFO"] += "/"
    if METHOD in request.environ:
        request.method = request.environ.pop(METHOD)
    if MATRIX in request.environ:
        request.headers[MATRIX_HEADER] = ";".join(request.environ.pop(MATRIX))


def _is_xml_rpc(request: Request, path: str) -> bool:
    """The URL of a repository takes uploads too, which are forms."""
    if request.method != "POST" or not path.startswith(_XML_RPC_PREFIX):
        return False
    media_type, _, _ = request.headers.get("Content-Type", "").partition(";")
    return media_type.strip().lower() in _XML


def path_fault(path: str, uri: str = "") -> str | None:
    """What is wrong with a WSGI path: such a path never names anything here."""
    if len(path.partition(";")[0]) > MAX_URL_PATH or len(path) > MAX_URL or len(uri) > MAX_URL:
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
