"""Files and folders by their path, below the PyPI URL of a repository and below its plain one."""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import WrongPackageType
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.paths import REMOTE_PREFIX
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.paths import check_path
from devpi_artifactory_compat.repositories.scopes import takes_scopes
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.views.browse import folder_page
from devpi_artifactory_compat.views.files import file_response
from devpi_artifactory_compat.views.matrix_filter import check_matrix
from devpi_artifactory_compat.views.tween import has_trailing_slash
from devpi_artifactory_compat.views.visit import Place
from devpi_artifactory_compat.views.visit import Visit
from pyramid.request import Request
from pyramid.response import Response


def download(request: Request) -> Response:
    """``GET /artifactory/api/pypi/<key>/<path>``: a file."""
    visit = Visit(request, query=request.query_string)
    visit.require_pypi(request.matchdict["key"])
    path = check_path(request.matchdict["path"])
    place = visit.readable_place(request.matchdict["key"])
    return file_response(request, _content(_repository(visit, place), place, path))


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


def show(request: Request) -> Response:
    """``GET /artifactory/<key>[/<path>][/]``: a file, or a folder as a page."""
    visit = Visit(request, query=request.query_string)
    return _shown(visit, request.matchdict["key"], request.matchdict.get("path", ""))


def show_short(request: Request) -> Response:
    """``GET /artifactory/pypi/<key>/<path>``: short for ``api/pypi``, or a repository ``pypi``."""
    visit = Visit(request, query=request.query_string)
    key, path = request.matchdict["key"], request.matchdict["path"]
    if key in visit.catalog or "pypi" not in visit.catalog:
        try:
            visit.require_pypi(key)
            return _shown(visit, key, path)
        except (ArtifactNotFound, WrongPackageType):
            if "pypi" not in visit.catalog:
                raise
    return _shown(visit, "pypi", f"{key}/{path}")


def _shown(visit: Visit, key: str, path: str) -> Response:
    path = check_item_path(path)
    place = visit.readable_place(key)
    repository = _repository(visit, place)
    check_matrix(visit.request, repository, path)
    folder = None
    if has_trailing_slash(visit.request) or not path:
        # a name with a slash is a folder's, if there is one of that name
        folder = _folder(visit, repository, path)
    if folder is None:
        try:
            return file_response(visit.request, _file(visit, repository, place, path))
        except (ArtifactNotFound, UpstreamError):
            folder = _folder(visit, repository, path)
            if folder is None:
                raise
    return folder_page(visit, repository, folder, key=key)


def _folder(visit: Visit, repository: Repository, path: str) -> Folder | None:
    catch_up(visit.xom)
    try:
        item = repository.item(path)
    except ArtifactNotFound:
        return None
    return item if isinstance(item, Folder) else None


def _repository(visit: Visit, place: Place) -> Repository:
    return visit.catalog.repository(place.entry.config.key)


def _file(visit: Visit, repository: Repository, place: Place, path: str) -> Content:
    """Generic files lie at the paths that were asked for: one with a slash at its end is none."""
    is_generic = place.entry.config.package_type is PackageType.GENERIC
    if is_generic and has_trailing_slash(visit.request):
        raise ArtifactNotFound(place.key, path)
    return _content(repository, place, path)


def _content(repository: Repository, place: Place, path: str) -> Content:
    """What ``<remote>-cache`` names is never what only the upstream has."""
    return repository.cached_content(path) if place.is_cache else repository.content(path)
