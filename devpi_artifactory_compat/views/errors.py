"""The one place where failures become answers."""

from __future__ import annotations

from devpi_artifactory_compat import errors
from devpi_server.log import threadlog
from devpi_server.model import ReadonlyIndex
from devpi_server.model import UpstreamError
from http import HTTPStatus
from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response
import json


#: the first class that fits gives the status
STATUS_OF_ERROR: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.BadRequest, HTTPStatus.BAD_REQUEST),
    (errors.NotAuthenticated, HTTPStatus.UNAUTHORIZED),
    (errors.Forbidden, HTTPStatus.FORBIDDEN),
    (errors.RegistrationNotNeeded, HTTPStatus.GONE),
    (errors.NotAllowed, HTTPStatus.METHOD_NOT_ALLOWED),
    (errors.Conflict, HTTPStatus.CONFLICT),
    (errors.TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.SearchUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.UpstreamTimeout, HTTPStatus.GATEWAY_TIMEOUT),
    (errors.UpstreamError, HTTPStatus.BAD_GATEWAY),
    (ReadonlyIndex, HTTPStatus.METHOD_NOT_ALLOWED),
    (UpstreamError, HTTPStatus.BAD_GATEWAY),
)

#: Python 2.7's ``setup.py register`` answers a challenge of this realm only; devpi uses it too
CHALLENGE = 'Basic realm="pypi"'

MAX_REASON = 300

#: when a client may ask again for what is not ready
RETRY_AFTER_SECS = 5


def error_body(status: int, message: str) -> bytes:
    """Artifactory's body of every failure."""
    body = {"errors": [{"status": status, "message": message}]}
    return json.dumps(body, indent=2).encode()


def error_response(status: int, message: str) -> Response:
    response = Response(
        body=error_body(status, message), content_type="application/json", charset=None
    )
    response.status = f"{status} {HTTPStatus(status).phrase}"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def failed(exc: Exception, request: Request) -> Response:
    """For errors of the core, and those of devpi that a request can cause."""
    status = next(status for kind, status in STATUS_OF_ERROR if isinstance(exc, kind))
    doom(request)
    response = error_response(status, str(exc))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.retry_after = RETRY_AFTER_SECS
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.allow = ("GET", "HEAD")
    if request.matched_route is not None and request.matched_route.name.endswith(".upload"):
        response.status = f"{int(status)} {reason(str(exc))}"
    return response


def reason(message: str) -> str:
    """A message as the reason of a status line: upload clients print it and nothing else."""
    plain = "".join(char if " " <= char <= "~" else "?" for char in message)
    return plain[:MAX_REASON]


def http_failed(exc: HTTPException, request: Request) -> Response:
    """An answer that devpi or Pyramid raised, in our shape; redirects stay as they are."""
    if exc.status_code < HTTPStatus.BAD_REQUEST:
        return exc
    doom(request)
    response = error_response(exc.status_code, str(exc.detail or exc.explanation or exc.title))
    if "Allow" in exc.headers:
        response.headers["Allow"] = exc.headers["Allow"]
    return response


def unexpected(exc: Exception, request: Request) -> Response:
    """A defect: it is logged with its traceback, and the client is told no more than that."""
    doom(request)
    threadlog.exception("Unexpected failure of %s %s", request.method, request.path)
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal server error")


def doom(request: Request) -> None:
    """Nothing of a request that failed is written: this runs inside devpi's transaction."""
    request.registry["xom"].keyfs.tx.doom()
