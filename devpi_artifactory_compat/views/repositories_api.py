"""Repositories over REST: ``/api/repositories`` and ``/api/v2/repositories``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.config import list_entry
from devpi_artifactory_compat.repositories.config import merge_update
from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.repositories.config import to_json
from devpi_artifactory_compat.settings import settings_of
from devpi_artifactory_compat.storage.indexes import default_registry
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.storage.management import create_repository
from devpi_artifactory_compat.storage.management import delete_repository
from devpi_artifactory_compat.storage.management import update_repository
from devpi_artifactory_compat.views.bodies import json_body
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.bodies import text_response
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response
from typing import Any


#: Artifactory's own default bound of one batch
MAX_BATCH = 100

_MEDIA_TYPE = "application/vnd.org.jfrog.artifactory.repositories.{}RepositoryConfiguration+json"


class UnknownRepository(BadRequest):
    """Artifactory answers 400, not 404, when a single configuration is asked for."""

    def __init__(self, key: str) -> None:
        super().__init__(str(RepositoryNotFound(key)))


def list_repositories(request: Request) -> Response:
    """``GET /api/repositories[?type=][&packageType=][&project=]``: those the caller may read."""
    visit = Visit(request)
    base_url = f"{request.application_url}/artifactory"
    wanted = _filters(request, "type")
    shown = [
        list_entry(entry.config, base_url=base_url) for entry in _readable(visit) if wanted(entry)
    ]
    return json_response(shown)


def _readable(visit: Visit) -> Iterator[Entry]:
    """By key, as people look for them."""
    entries = sorted(visit.catalog, key=lambda entry: entry.config.key.lower())
    return (entry for entry in entries if visit.may_read(entry))


def _filters(request: Request, type_parameter: str) -> Callable[[Entry], bool]:
    types = _comma_list(request, type_parameter)
    packages = _comma_list(request, "packageType")
    projects = _comma_list(request, "project") or _comma_list(request, "projectKey")

    def wanted(entry: Entry) -> bool:
        return (
            (not types or entry.config.rclass in types)
            and (not packages or entry.config.package_type in packages)
            and (not projects or entry.config.get_str("projectKey").lower() in projects)
        )

    return wanted


def _comma_list(request: Request, name: str) -> set[str]:
    return {
        part.strip().lower()
        for value in request.GET.getall(name)
        for part in value.split(",")
        if part.strip()
    }


def show_repository(request: Request) -> Response:
    """``GET|HEAD /api/repositories/<key>``: every field for administrators only."""
    visit = Visit(request)
    key = request.matchdict["key"]
    if key not in visit.catalog:
        raise UnknownRepository(key)
    entry = visit.catalog.entry(key)
    if not visit.may_read(entry):
        visit.require(visit.is_admin, f"read repository '{key}'")
    config = entry.config
    shown = to_json(config, default_registry=default_registry(), complete=_sees_all(visit))
    return json_response(shown, content_type=_MEDIA_TYPE.format(config.rclass.capitalize()))


def _sees_all(visit: Visit) -> bool:
    # nobody's credentials are looked at when there are none
    return visit.request.authorization is not None and visit.is_admin


def create(request: Request) -> Response:
    """``PUT /api/repositories/<key>``"""
    visit = Visit(request)
    visit.require_admin()
    key = request.matchdict["key"]
    _create(visit, key, json_body(request))
    return text_response(f"Successfully created repository '{key}'")


def _create(visit: Visit, key: str, body: object) -> None:
    config = parse_new(key, body, default_registry=default_registry())
    # nothing of an index of this name that is gone may come into the new one
    catch_up(visit.xom)
    create_repository(visit.xom, config, owner=settings_of(visit.xom).owner)


def update(request: Request) -> Response:
    """``POST /api/repositories/<key>``: what the body does not name stays."""
    visit = Visit(request)
    visit.require_admin()
    key = request.matchdict["key"]
    _update(visit, key, json_body(request))
    return text_response(f"Repository {key} update successfully.")


def _update(visit: Visit, key: str, body: object) -> None:
    entry = Visit(visit.request).catalog.entry(key)
    config = merge_update(
        entry.config,
        body,
        default_registry=default_registry(),
        known_keys=list(visit.catalog.configs),
    )
    update_repository(visit.xom, entry, config)


def delete(request: Request) -> Response:
    """``DELETE /api/repositories/<key>``: with all its content."""
    visit = Visit(request)
    visit.require_admin()
    key = request.matchdict["key"]
    delete_repository(visit.xom, visit.catalog.entry(key))
    return text_response(f"Repository {key} and all its content have been removed successfully.")


def configurations(request: Request) -> Response:
    """``GET /api/repositories/configurations[?repoType=][&packageType=]``: by class."""
    visit = Visit(request)
    visit.require_admin()
    wanted = _filters(request, "repoType")
    result: dict[str, list[object]] = {}
    for entry in filter(wanted, _readable(visit)):
        shown = to_json(entry.config, default_registry=default_registry())
        result.setdefault(entry.config.rclass.upper(), []).append(shown)
    return json_response(result)


def existence(request: Request) -> Response:
    """``GET /api/repositories/existence[?type=][&projectKey=]``"""
    visit = Visit(request)
    wanted = _filters(request, "type")
    classes = {entry.config.rclass for entry in _readable(visit) if wanted(entry)}
    return json_response(
        {
            "exists": bool(classes),
            "matchingRepoTypes": [c.value for c in RepositoryClass if c in classes],
            "projectKey": request.GET.get("projectKey", ""),
        }
    )


def create_batch(request: Request) -> Response:
    """``PUT /api/v2/repositories/batch``: all of them or none."""
    visit = Visit(request)
    visit.require_admin()
    for key, body in _batch(request):
        _create(visit, key, body)
    return text_response("Repositories created successfully", status=HTTPStatus.CREATED)


def update_batch(request: Request) -> Response:
    """``POST /api/v2/repositories/batch``: all of them or none."""
    visit = Visit(request)
    visit.require_admin()
    for key, body in _batch(request):
        _update(visit, key, body)
    return text_response("Repositories updated successfully")


def _batch(request: Request) -> list[tuple[str, Mapping[str, Any]]]:
    body = json_body(request)
    if not isinstance(body, list) or not body:
        raise BadRequest("The body must be an array of repository configurations.")
    if len(body) > MAX_BATCH:
        raise BadRequest(f"A batch may hold at most {MAX_BATCH} repositories.")
    result = []
    for number, item in enumerate(body, start=1):
        key = item.get("key") if isinstance(item, dict) else None
        if not isinstance(key, str) or not key:
            raise InvalidConfiguration([f"Repository {number} of the batch has no 'key'."])
        result.append((key, item))
    return result


def show_batch(request: Request) -> Response:
    """``GET /api/v2/repositories/batch?names=a,b``: by key; unknown ones are left out."""
    visit = Visit(request)
    visit.require_admin()
    names = [name.strip() for name in request.GET.get("names", "").split(",") if name.strip()]
    if not names or len(names) > MAX_BATCH:
        raise BadRequest(f"'names' must list 1 to {MAX_BATCH} repository keys.")
    return json_response(
        {
            name: to_json(visit.catalog.entry(name).config, default_registry=default_registry())
            for name in names
            if name in visit.catalog
        }
    )
