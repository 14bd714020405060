"""Every route of ours, in the order in which they are tried.

A trailing slash never reaches the routes: ``views.tween`` takes it away and remembers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.errors import ArtifactoryError
from devpi_artifactory_compat.settings import settings_of
from devpi_artifactory_compat.storage.background import register_work
from devpi_artifactory_compat.storage.events import Follower
from devpi_artifactory_compat.storage.indexing import start_indexing
from devpi_artifactory_compat.storage.keys import register_keys
from devpi_artifactory_compat.storage.replica import AskPrimary
from devpi_artifactory_compat.storage.search_gateway import start_search
from devpi_artifactory_compat.storage.search_work import SearchWork
from devpi_artifactory_compat.views import artifacts
from devpi_artifactory_compat.views import cache
from devpi_artifactory_compat.views import deletion
from devpi_artifactory_compat.views import deploy
from devpi_artifactory_compat.views import errors
from devpi_artifactory_compat.views import fallback
from devpi_artifactory_compat.views import folder_archive
from devpi_artifactory_compat.views import indexing_api
from devpi_artifactory_compat.views import native
from devpi_artifactory_compat.views import properties_api
from devpi_artifactory_compat.views import pypi
from devpi_artifactory_compat.views import replica
from devpi_artifactory_compat.views import repositories_api
from devpi_artifactory_compat.views import search_api
from devpi_artifactory_compat.views import search_aql
from devpi_artifactory_compat.views import search_by_version
from devpi_artifactory_compat.views import search_pattern
from devpi_artifactory_compat.views import search_versions
from devpi_artifactory_compat.views import search_admin
from devpi_artifactory_compat.views import storage_api
from devpi_artifactory_compat.views import system_api
from devpi_artifactory_compat.views import transfer
from devpi_artifactory_compat.views import trash_api
from devpi_artifactory_compat.views.read_first import by_method
from devpi_artifactory_compat.views import xml_rpc
from devpi_artifactory_compat.views.tween import READ_FIRST
from devpi_server.model import ReadonlyIndex
from devpi_server.model import UpstreamError
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import INGRESS as TWEEN_INGRESS
from pyramid.viewderivers import INGRESS


View = Callable[[Request], Response]

PREFIX = "/artifactory"

_PYPI = PREFIX + "/api/pypi/{key:[^/]+}"
#: below ``packages/`` lie files, whatever their path looks like
_SCOPE = _PYPI + "/{scope:(?!packages/)[^/]+(?:/[^/]+)*?}"
_SHORT = PREFIX + "/pypi/{key:[^/]+}"
_REPOSITORIES = PREFIX + "/api/repositories"
_BATCH = PREFIX + "/api/v2/repositories"
_SEARCH = PREFIX + "/api/search"


@dataclass(frozen=True)
class Route:
    """A URL pattern with a view for each method; GET answers HEAD as well."""

    name: str
    pattern: str
    views: dict[str, View] = field(default_factory=dict)


def _get(view: View) -> dict[str, View]:
    return {"GET": view}


def _item_routes(name: str, views: dict[str, View]) -> tuple[Route, Route]:
    """Of what is asked for an artifact or a folder, and for a repository."""
    root = f"{PREFIX}/api/{name}/{{key:[^/]+}}"
    plain = name.replace("/", ".")
    return (
        Route(f"artifactory.{plain}", root + "/{path:.+}", views),
        Route(f"artifactory.{plain}.root", root, views),
    )


_ITEM_VIEWS: dict[str, View] = {
    "GET": storage_api.show_item,
    "PUT": properties_api.set_properties,
    "DELETE": properties_api.delete_properties,
}

_SEARCH_VIEWS: dict[str, View] = {
    "artifact": search_api.search_names,
    "prop": search_api.search_properties,
    "checksum": search_api.search_checksums,
    "pattern": search_pattern.search_pattern,
    "creation": search_api.search_creation,
    "usage": search_api.search_usage,
    "dates": search_api.search_dates,
    "versions": search_versions.list_versions,
    "latestVersion": search_versions.show_latest_version,
}

ROUTES = (
    Route("artifactory.system.ping", PREFIX + "/api/system/ping", _get(system_api.ping)),
    Route(
        "artifactory.system.version", PREFIX + "/api/system/version", _get(system_api.show_version)
    ),
    Route(
        "artifactory.system.search",
        PREFIX + "/api/system/search-database",
        _get(search_admin.show),
    ),
    Route(
        "artifactory.system.search.rebuild",
        PREFIX + "/api/system/search-database/rebuild",
        {READ_FIRST: search_admin.rebuild},
    ),
    Route("artifactory.repositories", _REPOSITORIES, _get(repositories_api.list_repositories)),
    Route(
        "artifactory.repositories.configurations",
        _REPOSITORIES + "/configurations",
        _get(repositories_api.configurations),
    ),
    Route(
        "artifactory.repositories.existence",
        _REPOSITORIES + "/existence",
        _get(repositories_api.existence),
    ),
    Route(
        "artifactory.repository",
        _REPOSITORIES + "/{key:[^/]+}",
        {
            "GET": repositories_api.show_repository,
            "PUT": repositories_api.create,
            "POST": repositories_api.update,
            "DELETE": repositories_api.delete,
        },
    ),
    Route(
        "artifactory.v2.repositories.batch",
        _BATCH + "/batch",
        {
            "GET": repositories_api.show_batch,
            "PUT": repositories_api.create_batch,
            "POST": repositories_api.update_batch,
        },
    ),
    Route(
        "artifactory.v2.repository",
        _BATCH + "/{key:[^/]+}",
        _get(repositories_api.show_repository),
    ),
    Route("artifactory.pypi.projects", _PYPI + "/simple", _get(pypi.list_projects)),
    Route("artifactory.pypi.project", _PYPI + "/simple/{project:[^/]+}", _get(pypi.show_project)),
    Route("artifactory.pypi.json", _PYPI + "/pypi/{project:[^/]+}/json", _get(pypi.show_json)),
    Route(
        "artifactory.pypi.json.version",
        _PYPI + "/pypi/{project:[^/]+}/{version:[^/]+}/json",
        _get(pypi.show_json),
    ),
    Route(
        "artifactory.pypi.upload",
        _PYPI,
        {"GET": pypi.explain_url, "POST": pypi.upload, READ_FIRST: xml_rpc.call},
    ),
    Route("artifactory.pypi.reindex", _PYPI + "/reindex", {READ_FIRST: indexing_api.reindex}),
    Route("artifactory.pypi.indexing", _PYPI + "/indexing", _get(indexing_api.show_indexing)),
    Route("artifactory.scope.projects", _SCOPE + "/simple", _get(pypi.list_projects)),
    Route("artifactory.scope.project", _SCOPE + "/simple/{project:[^/]+}", _get(pypi.show_project)),
    Route("artifactory.scope.json", _SCOPE + "/pypi/{project:[^/]+}/json", _get(pypi.show_json)),
    Route(
        "artifactory.scope.file",
        _SCOPE + "/packages/{path:.+}",
        {"GET": artifacts.download_scoped, "POST": pypi.misplaced_upload},
    ),
    Route(
        "artifactory.pypi.file",
        _PYPI + "/{path:.+}",
        # what looks like a file is a scope to whoever searches it
        {"GET": artifacts.download, "POST": pypi.misplaced_upload, READ_FIRST: xml_rpc.call},
    ),
    Route("artifactory.short.projects", _SHORT + "/simple", _get(pypi.list_projects)),
    Route("artifactory.short.project", _SHORT + "/simple/{project:[^/]+}", _get(pypi.show_project)),
    Route(
        "artifactory.short.file",
        _SHORT + "/{path:.+}",
        {
            "GET": artifacts.show_short,
            READ_FIRST: by_method({"PUT": deploy.deploy_short, "DELETE": deletion.delete_short}),
        },
    ),
    # before all other repositories: this one is no index
    Route(
        "artifactory.trash",
        PREFIX + "/api/storage/auto-trashcan/{path:.+}",
        _get(trash_api.show),
    ),
    Route("artifactory.trash.root", PREFIX + "/api/storage/auto-trashcan", _get(trash_api.show)),
    Route("artifactory.trash.empty", PREFIX + "/api/trash/empty", {"POST": trash_api.empty}),
    *_item_routes("trash/restore", {"POST": trash_api.restore}),
    *_item_routes("trash/clean", {"DELETE": trash_api.clean}),
    Route(
        "artifactory.storage",
        PREFIX + "/api/storage/{key:[^/]+}/{path:.+}",
        _ITEM_VIEWS,
    ),
    Route("artifactory.storage.root", PREFIX + "/api/storage/{key:[^/]+}", _ITEM_VIEWS),
    Route(
        "artifactory.metadata",
        PREFIX + "/api/metadata/{key:[^/]+}/{path:.+}",
        {"PATCH": properties_api.patch_metadata},
    ),
    Route(
        "artifactory.metadata.root",
        PREFIX + "/api/metadata/{key:[^/]+}",
        {"PATCH": properties_api.patch_metadata},
    ),
    *_item_routes("copy", {READ_FIRST: transfer.copy}),
    *_item_routes("move", {READ_FIRST: transfer.move}),
    Route(
        "artifactory.archive",
        PREFIX + "/api/archive/download/{key:[^/]+}/{path:.+}",
        _get(folder_archive.download_folder),
    ),
    Route(
        "artifactory.archive.root",
        PREFIX + "/api/archive/download/{key:[^/]+}",
        _get(folder_archive.download_folder),
    ),
    Route(
        "artifactory.replication",
        PREFIX + "/api/replication/{key:[^/]+}",
        _get(system_api.show_replication),
    ),
    Route("artifactory.zap", PREFIX + "/api/zap/{key:[^/]+}", {"POST": cache.zap}),
    *(
        Route(f"artifactory.search.{name}", f"{_SEARCH}/{name}", _get(view))
        for name, view in _SEARCH_VIEWS.items()
    ),
    Route(
        "artifactory.search.aql",
        f"{_SEARCH}/aql",
        {
            READ_FIRST: search_aql.search,
            **dict.fromkeys(("GET", "PUT", "PATCH", "DELETE"), search_aql.refuse_method),
        },
    ),
    Route(
        "artifactory.versions",
        PREFIX + "/api/versions/{key:[^/]+}/{path:.+}",
        _get(search_by_version.show_newest),
    ),
    Route("artifactory.api", PREFIX + "/api/{rest:.*}"),
    Route(
        "artifactory.file",
        PREFIX + "/{key:[^/]+}/{path:.+}",
        {
            "GET": artifacts.show,
            READ_FIRST: by_method({"PUT": deploy.deploy, "DELETE": deletion.delete}),
            "POST": pypi.misplaced_upload,
        },
    ),
    Route(
        "artifactory.repository.root",
        PREFIX + "/{key:[^/]+}",
        {
            "GET": artifacts.show,
            READ_FIRST: by_method({"PUT": deploy.deploy, "DELETE": deletion.delete}),
            "POST": pypi.misplaced_upload,
        },
    ),
    Route("artifactory.root", PREFIX),
)


def includeme(config: Configurator) -> None:
    xom = config.registry["xom"]
    register_keys(xom)
    Follower(xom).subscribe()
    start_indexing(xom, default_period=settings_of(xom).quiet_period)
    search = start_search(
        xom, url=settings_of(xom).search_database, timeout=settings_of(xom).search_timeout
    )
    SearchWork(search).register(xom.thread_pool)
    register_work(xom, trash_days=settings_of(xom).trash_days)
    config.add_tween(
        "devpi_artifactory_compat.views.tween.tween_factory",
        # devpi's log of the request decodes the path, and fails where that cannot be done
        over="devpi_server.views.tween_request_logging",
        under=TWEEN_INGRESS,
    )
    config.add_view_deriver(native.guard_index, under=INGRESS, name="artifactory_guard")
    config.include("devpi_artifactory_compat.views.web_search")
    for route in ROUTES:
        _add(config, route)
    ours = rf"^{PREFIX}(/|$)"
    config.add_exception_view(errors.unexpected, context=Exception, path_info=ours)
    for known in (ArtifactoryError, ReadonlyIndex, UpstreamError):
        config.add_exception_view(errors.failed, context=known, path_info=ours)
    config.add_exception_view(replica.answer_from_primary, context=AskPrimary, path_info=ours)
    config.add_exception_view(errors.http_failed, context=HTTPException, path_info=ours)


def _add(config: Configurator, route: Route) -> None:
    config.add_route(route.name, route.pattern)
    for method, view in route.views.items():
        config.add_view(view, route_name=route.name, request_method=method)
    other = fallback.wrong_method if "GET" in route.views else fallback.not_found
    config.add_view(other, route_name=route.name)
