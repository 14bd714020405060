"""What clients ask before they start: is it there, and what is it."""

from __future__ import annotations

from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.visit import Visit
from importlib.metadata import version
from pyramid.request import Request
from pyramid.response import Response


#: the release of Artifactory whose behaviour is matched: clients choose what they send by it
ARTIFACTORY_VERSION = "7.132.0"


def ping(request: Request) -> Response:
    """``GET /api/system/ping``: for everybody, ``OK`` without a line end."""
    return Response(body=b"OK", content_type="text/plain", charset="UTF-8")


def show_replication(request: Request) -> Response:
    """``GET /api/replication/<key>``: repositories are not copied between Artifactory servers."""
    Visit(request).readable_place(request.matchdict["key"])
    return json_response({"status": "never_run", "lastCompleted": None})


def show_version(request: Request) -> Response:
    """``GET /api/system/version``"""
    return json_response(
        {
            "version": ARTIFACTORY_VERSION,
            "revision": f"devpi-artifactory-compat {version('devpi-artifactory-compat')}",
            "addons": [],
            "license": "OSS",
        }
    )
