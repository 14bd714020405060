"""XML-RPC at a repository's URL: what ``pip search`` and older tools call.

These requests read only. ``views.tween`` turns their POST into QUERY, the safe method with a body,
so that devpi opens no write transaction for them.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.packages.xml_rpc import METHOD_NOT_FOUND
from devpi_artifactory_compat.packages.xml_rpc import Call
from devpi_artifactory_compat.packages.xml_rpc import Fault
from devpi_artifactory_compat.packages.xml_rpc import parse_call
from devpi_artifactory_compat.packages.xml_rpc import render_answer
from devpi_artifactory_compat.packages.xml_rpc import render_fault
from devpi_artifactory_compat.views import xml_rpc_methods as methods
from devpi_artifactory_compat.views.visit import Visit
from devpi_artifactory_compat.views.xml_rpc_methods import Asked
from pyramid.request import Request
from pyramid.response import Response
from types import MappingProxyType


#: the longest call that is read, in bytes
MAX_CALL = 64 * 1024

#: each gives a response, or the value to make one of
METHODS: Mapping[str, Callable[[Asked], object]] = MappingProxyType(
    {
        "list_packages": methods.list_packages,
        "package_releases": methods.package_releases,
        "release_data": methods.release_data,
        "release_urls": methods.release_urls,
        "search": methods.search,
    }
)


def call(request: Request) -> Response:
    """``QUERY /artifactory/api/pypi/<key>[/<scope>]``, sent as POST. Raises BadRequest."""
    key, scope = request.matchdict["key"], request.matchdict.get("path", "")
    visit = Visit(request)
    visit.require_pypi(key)
    repository = visit.readable(key, scope)
    wanted = _read(request)
    asked = Asked(visit=visit, repository=repository, key=key, scope=scope, params=wanted.params)
    try:
        result = _method(wanted.method)(asked)
    except Fault as fault:
        # the specification: a fault has status 200 like every answer
        return _xml(render_fault(fault))
    return result if isinstance(result, Response) else _xml(render_answer(result))


def _read(request: Request) -> Call:
    body = request.body_file.read(MAX_CALL + 1)
    if len(body) > MAX_CALL:
        raise BadRequest(f"The XML-RPC call is longer than {MAX_CALL} bytes.")
    # a replica may have to send it on
    request.body = body
    try:
        return parse_call(body)
    except ValueError as exc:
        raise BadRequest(f"The body is no usable XML-RPC call. {exc}") from exc


def _method(name: str) -> Callable[[Asked], object]:
    try:
        return METHODS[name]
    except KeyError:
        known = ", ".join(METHODS)
        message = f"There is no method '{name}'; there are {known}."
        raise Fault(METHOD_NOT_FOUND, message) from None


def _xml(body: bytes) -> Response:
    return Response(body=body, content_type=methods.CONTENT_TYPE, charset="UTF-8")
