"""The search database, for administrators: how it is, and building it anew.

A replica has one of its own, and answers for that.
"""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.search.building import BuildUnderWay
from devpi_artifactory_compat.storage.search_gateway import search_service
from devpi_artifactory_compat.storage.search_status import SearchStatus
from devpi_artifactory_compat.storage.search_status import search_status
from devpi_artifactory_compat.views.item_json import iso
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response


def show(request: Request) -> Response:
    """``GET /api/system/search-database``"""
    return _told(_administrator(request), HTTPStatus.OK)


def rebuild(request: Request) -> Response:
    """``POST /api/system/search-database/rebuild``: 202, 409 while one is under way.

    ``requested`` is the ``id`` that what is built will have.
    """
    visit = _administrator(request)
    try:
        requested = search_service(visit.xom).ask_for_rebuild()
    except BuildUnderWay as exc:
        raise Conflict("The search database is being built already.") from exc
    return _told(visit, HTTPStatus.ACCEPTED, requested=requested.builder)


def _administrator(request: Request) -> Visit:
    visit = Visit(request)
    visit.require(visit.is_admin, "administer the search database")
    return visit


def _told(visit: Visit, status: HTTPStatus, **more: str) -> Response:
    found = search_status(search_service(visit.xom), visit.xom.keyfs)
    response = json_response({**_body(found), **more})
    response.status_code = status
    return response


def _body(found: SearchStatus) -> dict[str, object]:
    active, building = found.active, found.building
    return {
        "database": {"kind": found.kind, "url": found.url, "sizeBytes": found.size},
        "serverSerial": found.server_serial,
        "active": None
        if active is None
        else {
            "id": active.builder,
            "serial": active.serial,
            "items": found.items,
            "built": iso(datetime.fromtimestamp(active.touched, UTC)),
        },
        "rebuild": None
        if building is None
        else {"id": building.builder, "done": building.done, "total": building.total},
        "problem": found.problem or None,
    }
