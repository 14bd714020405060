"""Rights that belong to no index."""

from __future__ import annotations

from devpi_server.view_auth import RootFactory
from pyramid.request import Request


class Server(RootFactory):
    """devpi's context of a URL that names neither a user nor an index."""

    username = None
    index = None


def is_admin(request: Request) -> bool:
    """True for whoever may change every devpi user: ``root``, or those in --restrict-modify."""
    return bool(request.has_permission("user_modify", context=Server(request)))
