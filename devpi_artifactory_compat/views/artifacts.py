"""Files by their path, below the PyPI URL of a repository and below its plain one."""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.errors import WrongPackageType
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.repositories.paths import CACHE_SUFFIX
from devpi_artifactory_compat.repositories.paths import REMOTE_PREFIX
from devpi_artifactory_compat.repositories.paths import check_path
from devpi_artifactory_compat.repositories.scopes import takes_scopes
from devpi_artifactory_compat.views.files import file_response
from devpi_artifactory_compat.views.tween import has_trailing_slash
from devpi_artifactory_compat.views.visit import Visit
from pyramid.request import Request
from pyramid.response import Response


def download(request: Request) -> Response:
    """``GET /artifactory/<key>/<path>``"""
    visit = Visit(request, query=request.query_string)
    return file_response(request, _content(visit, request.matchdict["key"]))


def download_pypi(request: Request) -> Response:
    """``GET /artifactory/api/pypi/<key>/<path>``"""
    visit = Visit(request, query=request.query_string)
    key = request.matchdict["key"]
    visit.require_pypi(key)
    return file_response(request, _content(visit, key))


def download_scoped(request: Request) -> Response:
    """``GET /artifactory/api/pypi/<key>/<scope>/packages/<path>``"""
    visit = Visit(request, query=request.query_string)
    key, scope = request.matchdict["key"], request.matchdict["scope"]
    visit.require_pypi(key)
    path = check_path(f"{REMOTE_PREFIX}{request.matchdict['path']}")
    entry = visit.catalog.entry(key)
    if takes_scopes(entry.config):
        return file_response(request, visit.readable(key, scope).content(path))
    return file_response(request, visit.readable(key).content(check_path(f"{scope}/{path}")))


def download_short(request: Request) -> Response:
    """``GET /artifactory/pypi/<key>/<path>``: short for ``api/pypi``, or a repository ``pypi``."""
    visit = Visit(request, query=request.query_string)
    key = request.matchdict["key"]
    if key in visit.catalog or "pypi" not in visit.catalog:
        try:
            visit.require_pypi(key)
            return file_response(request, _content(visit, key))
        except (ArtifactNotFound, WrongPackageType):
            if "pypi" not in visit.catalog:
                raise
    path = f"{key}/{request.matchdict['path']}"
    return file_response(request, visit.readable("pypi").content(check_path(path)))


def _content(visit: Visit, key: str) -> Content:
    path = check_path(visit.request.matchdict["path"])
    if _names_folder(visit, key):
        raise ArtifactNotFound(key, path)
    if key not in visit.catalog and key.endswith(CACHE_SUFFIX):
        return _cached_content(visit, key, path)
    return visit.readable(key).content(path)


def _names_folder(visit: Visit, key: str) -> bool:
    """Generic files lie at the paths that were asked for, where a slash at the end is no file's."""
    if not has_trailing_slash(visit.request):
        return False
    return visit.readable_place(key).entry.config.package_type is PackageType.GENERIC


def _cached_content(visit: Visit, key: str, path: str) -> Content:
    """What a remote repository holds, and never what only its upstream has."""
    remote = key.removesuffix(CACHE_SUFFIX)
    if remote not in visit.catalog:
        raise RepositoryNotFound(key)
    return visit.readable(remote).cached_content(path)
