"""Below our prefix nothing reaches devpi's own routes: what is not ours is answered here."""

from __future__ import annotations

from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.views.tween import method_of
from pyramid.request import Request
from pyramid.response import Response


def wrong_method(request: Request) -> Response:
    """The URL exists and does not do that. Raises NotAllowed."""
    raise NotAllowed(f"{method_of(request)[:20]} is not supported at {request.path[:500]}")


def not_found(request: Request) -> Response:
    """Raises NotFound."""
    raise NotFound(f"Nothing is served at {request.path[:500]}")
