"""The cache of a remote repository: zapping it."""

from __future__ import annotations

from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.storage import cache_admin
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.visit import Visit
from pyramid.request import Request
from pyramid.response import Response
import time


def zap(request: Request) -> Response:
    """``POST /artifactory/api/zap/<key>``: the next request for a page asks the upstream."""
    visit = Visit(request)
    key = request.matchdict["key"]
    entry = visit.place(key).entry
    visit.require(visit.may_delete(entry), f"zap repository '{key}'")
    if entry.config.rclass is not RepositoryClass.REMOTE:
        raise BadRequest(f"Repository '{key}' is no remote repository and has no cache to zap.")
    cache_admin.zap(visit.xom, visit.mirror(entry), time.time())
    return json_response({"message": f"The cached pages of '{entry.config.key}' have expired."})
