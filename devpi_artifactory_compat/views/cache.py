"""The cache of a remote repository: deleting from it and zapping it."""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.paths import CACHE_SUFFIX
from devpi_artifactory_compat.repositories.paths import check_path
from devpi_artifactory_compat.storage.cache_admin import CacheAdmin
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response
import time


def delete(request: Request) -> Response:
    """``DELETE /artifactory/<key>-cache[/<path>]``: a file, all below a path, or everything."""
    visit = Visit(request)
    key = request.matchdict["key"]
    entry = _remote_of_cache(visit, key)
    if entry is None:
        visit.catalog.entry(key)
        raise NotAllowed(f"Repository '{key}' keeps its files; '<remote>-cache' gives them up.")
    visit.require(visit.may_delete(entry), f"remove files from '{key}'")
    path = check_path(request.matchdict["path"]) if "path" in request.matchdict else ""
    deleted = CacheAdmin(visit.xom, visit.mirror(entry)).delete(path)
    if path and not deleted:
        raise ArtifactNotFound(key, path)
    return Response(status=int(HTTPStatus.NO_CONTENT))


def zap(request: Request) -> Response:
    """``POST /artifactory/api/zap/<key>``: the next request for a page asks the upstream."""
    visit = Visit(request)
    key = request.matchdict["key"]
    entry = _remote_of_cache(visit, key) or visit.catalog.entry(key)
    visit.require(visit.may_delete(entry), f"zap repository '{key}'")
    if entry.config.rclass is not RepositoryClass.REMOTE:
        raise BadRequest(f"Repository '{key}' is no remote repository and has no cache to zap.")
    CacheAdmin(visit.xom, visit.mirror(entry)).zap(time.time())
    return json_response({"message": f"The cached pages of '{entry.config.key}' have expired."})


def _remote_of_cache(visit: Visit, key: str) -> Entry | None:
    """The remote repository that ``<remote>-cache`` belongs to; None for another key."""
    remote = key.removesuffix(CACHE_SUFFIX)
    if key in visit.catalog or remote == key or remote not in visit.catalog:
        return None
    entry = visit.catalog.entry(remote)
    return entry if entry.config.rclass is RepositoryClass.REMOTE else None
