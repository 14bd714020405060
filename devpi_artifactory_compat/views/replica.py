"""On a replica: requests that only the primary can answer."""

from __future__ import annotations

from devpi_artifactory_compat.views.errors import failed
from devpi_artifactory_compat.views.tween import restore_request
from devpi_server.model import UpstreamError
from devpi_server.replica import proxy_view_to_primary
from pyramid.request import Request
from pyramid.response import Response
from typing import cast


def answer_from_primary(_needed: Exception, request: Request) -> Response:
    """The primary's answer to this request; 502 when it cannot be reached."""
    restore_request(request)
    try:
        return cast("Response", proxy_view_to_primary(None, request))
    except UpstreamError as exc:
        return failed(exc, request)
