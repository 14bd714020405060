"""``POST /artifactory/api/search/aql``: queries in the Artifactory Query Language."""

from __future__ import annotations

from devpi_artifactory_compat.search.aql.answer import answer
from devpi_artifactory_compat.search.aql.answer import empty_answer
from devpi_artifactory_compat.search.aql.answer import is_empty
from devpi_artifactory_compat.search.aql.limits import MAX_QUERY
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_artifactory_compat.storage.search_visible import visible_of
from devpi_artifactory_compat.views.errors import error_response
from devpi_artifactory_compat.views.spooled import spooled_response
from devpi_artifactory_compat.views.tween import method_of
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response
import time


#: no character has more bytes
_MAX_BODY = 4 * MAX_QUERY

_CONTENT_TYPE = "application/json"


def search(request: Request) -> Response:
    """What the query in the body finds of what the sender may read, whatever its media type.

    Raises InvalidQuery, SearchUnavailable and SearchTooLong.
    """
    query = parse(_body(request))
    if is_empty(query):
        return spooled_response(request, empty_answer(query), content_type=_CONTENT_TYPE)
    visit = Visit(request)
    with searching(visit.xom) as reading:
        visible = visible_of(visit.catalog, visit.may_read_index)
        rows = answer(reading, query, visible, now=int(time.time() * 1000))
        return spooled_response(request, rows, content_type=_CONTENT_TYPE)


def _body(request: Request) -> bytes:
    body: bytes = request.body_file.read(_MAX_BODY + 1)
    return body


def refuse_method(request: Request) -> Response:
    """Queries are sent by POST only, as with Artifactory."""
    message = f"{method_of(request)} is not supported at {request.path}: queries are sent by POST."
    response = error_response(HTTPStatus.METHOD_NOT_ALLOWED, message)
    response.allow = ("POST",)
    return response
