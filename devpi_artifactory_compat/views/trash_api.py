"""The trash can: what was deleted from local repositories, for administrators."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.model import Child
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.keys import TRASH_KEY
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.restoring import Restoration
from devpi_artifactory_compat.storage.gateway import trash_store
from devpi_artifactory_compat.storage.trash import Trash
from devpi_artifactory_compat.storage.trash_can import empty_trash
from devpi_artifactory_compat.views.bodies import text_response
from devpi_artifactory_compat.views.deploy import deploy_target
from devpi_artifactory_compat.views.queries import raw_query
from devpi_artifactory_compat.views.storage_api import info_response
from devpi_artifactory_compat.views.storage_api import properties_response
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response
from urllib.parse import unquote_plus


def show(request: Request) -> Response:
    """``GET /api/storage/auto-trashcan[/<key>[/<path>]]``: as any folder or file."""
    visit = Visit(request)
    visit.require(visit.is_admin, f"read repository '{TRASH_KEY}'")
    path = check_item_path(request.matchdict.get("path", ""))
    key, _, below = path.partition("/")
    item = _trash(visit, key).item(below) if key else _all(visit)
    if item is None:
        raise ArtifactNotFound(TRASH_KEY, path)
    query = raw_query(request)
    if "properties" in query:
        return properties_response(request, item, query["properties"], key=TRASH_KEY)
    return info_response(request, item, key=TRASH_KEY)


def _all(visit: Visit) -> Folder:
    """The repositories from which something was deleted."""
    keys = sorted(
        entry.config.key
        for entry in visit.catalog
        if _has_trash(entry) and trash_store(visit.xom, entry).item("") is not None
    )
    began = datetime.fromtimestamp(0, UTC)
    return Folder(
        repository=RepositoryKey(TRASH_KEY),
        path="",
        created=began,
        created_by="",
        modified=began,
        modified_by="",
        children=tuple(Child(name=key, is_folder=True) for key in keys),
    )


def _has_trash(entry: Entry) -> bool:
    return bool(entry.bases) or entry.config.rclass is RepositoryClass.LOCAL


def _trash(visit: Visit, key: str) -> Trash:
    """Raises ArtifactNotFound when nothing is ever kept of that repository."""
    entry = visit.catalog.entry(key) if key in visit.catalog else None
    if entry is None or not _has_trash(entry):
        raise ArtifactNotFound(TRASH_KEY, key)
    return trash_store(visit.xom, entry)


def restore(request: Request) -> Response:
    """``POST /api/trash/restore/<key>[/<path>][?to=<key>[/<path>]]``: 202."""
    visit = Visit(request)
    _require_admin(visit, "restore artifacts")
    key = request.matchdict["key"]
    path = check_item_path(request.matchdict.get("path", ""))
    trash = _trash(visit, key)
    item = trash.item(path)
    if item is None:
        raise ArtifactNotFound(TRASH_KEY, f"{key}/{path}".rstrip("/"))
    to_key, to = _destination(request, key, path)
    try:
        entry = deploy_target(visit, to_key)
    except NotAllowed as exc:
        raise BadRequest(str(exc)) from exc
    store = visit.artifacts(entry)
    if (to_key, to) != (key, path) and isinstance(store.item(to), Folder):
        # as what is copied or moved
        to = f"{to}/{path.rpartition('/')[2]}".strip("/")
    repository = visit.catalog.repository(to_key)
    restored = Restoration(key, trash, repository, store, user=visit.user or "").restore(path, to)
    return text_response(
        f"Restored {key}/{path} to {to_key}/{to}: {restored} artifacts.",
        status=HTTPStatus.ACCEPTED,
    )


def _destination(request: Request, key: str, path: str) -> tuple[str, str]:
    to = unquote_plus(raw_query(request).get("to", ""))
    if not to.strip("/"):
        return key, path
    to_key, _, to_path = to.lstrip("/").partition("/")
    return to_key, check_item_path(to_path)


def clean(request: Request) -> Response:
    """``DELETE /api/trash/clean/<key>[/<path>]``: for good. 204."""
    visit = Visit(request)
    _require_admin(visit, "delete artifacts for good")
    key = request.matchdict["key"]
    path = check_item_path(request.matchdict.get("path", ""))
    trash = _trash(visit, key)
    if trash.item(path) is None:
        raise ArtifactNotFound(TRASH_KEY, f"{key}/{path}".rstrip("/"))
    trash.drop(path)
    return Response(status=int(HTTPStatus.NO_CONTENT))


def empty(request: Request) -> Response:
    """``POST /api/trash/empty``: 202."""
    visit = Visit(request)
    _require_admin(visit, "empty the trash can")
    empty_trash(visit.xom)
    return text_response("The trash can is empty.", status=HTTPStatus.ACCEPTED)


def _require_admin(visit: Visit, what: str) -> None:
    """Raises NotAuthenticated, or BadRequest: JFrog documents 400 for users without the right."""
    try:
        visit.require(visit.is_admin, what)
    except Forbidden as exc:
        raise BadRequest(str(exc)) from exc
