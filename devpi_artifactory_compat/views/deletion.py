"""Deleting artifacts and folders: ``DELETE /artifactory/<key>/<path>``."""

from __future__ import annotations

from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.item_store import TrashStore
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.removing import remove_item
from devpi_artifactory_compat.settings import settings_of
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.storage.gateway import trash_store
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_artifactory_compat.views.visit import Place
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response


def delete(request: Request) -> Response:
    """A file, or a folder with all below it; of the cache of a remote also all that is there."""
    return _delete(request, request.matchdict["key"], request.matchdict.get("path", ""))


def delete_short(request: Request) -> Response:
    """``DELETE /artifactory/pypi/…``: of a repository ``pypi``, or of one below that prefix."""
    key, path = request.matchdict["key"], request.matchdict.get("path", "")
    if "pypi" in Visit(request).catalog:
        return _delete(request, "pypi", f"{key}/{path}" if path else key)
    return _delete(request, key, path)


def _delete(request: Request, key: str, path: str) -> Response:
    xom = request.registry["xom"]
    ask_primary(xom)
    path = check_item_path(path)
    _place(Visit(request), key, path)
    # a file that has just come by devpi's own upload is to be known
    catch_up(xom)
    with written_at_once(xom.keyfs):
        visit = Visit(request)
        place = _place(visit, key, path)
        remove_item(
            key,
            visit.artifacts(place.entry),
            path,
            user=visit.user or "anonymous",
            trash=_trash(visit, place),
            prune=place.is_cache,
        )
    return Response(status=int(HTTPStatus.NO_CONTENT))


def _place(visit: Visit, key: str, path: str) -> Place:
    """Where something may be deleted from, by this user.

    Raises RepositoryNotFound, NotAllowed, NotAuthenticated or Forbidden.
    """
    place = visit.place(key)
    rclass = place.entry.config.rclass
    if not place.is_cache:
        if rclass is RepositoryClass.REMOTE:
            raise NotAllowed(
                f"Repository '{key}' shows what its upstream has: '{key}-cache' gives up files."
            )
        if rclass is RepositoryClass.VIRTUAL and not place.entry.bases:
            raise NotAllowed(
                f"Virtual repository '{key}' holds nothing itself: the member that holds an "
                "artifact gives it up."
            )
        if not path:
            raise NotAllowed(
                f"The whole content of repository '{key}' is not deleted at once: delete its "
                f"folders, or the repository at /artifactory/api/repositories/{key}."
            )
    visit.require(visit.may_delete(place.entry), f"delete artifacts of repository '{key}'")
    return place


def _trash(visit: Visit, place: Place) -> TrashStore | None:
    """Caches have none: what is deleted from them comes back from the upstream."""
    if place.is_cache or not settings_of(visit.xom).trash_days:
        return None
    return trash_store(visit.xom, place.entry)
