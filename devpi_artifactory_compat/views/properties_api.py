"""Setting and deleting properties of artifacts and folders.

``PUT`` and ``DELETE /api/storage/<key>[/<path>]?properties=…``, and ``PATCH /api/metadata/…``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.property_syntax import check_properties
from devpi_artifactory_compat.repositories.property_syntax import parse_keys
from devpi_artifactory_compat.repositories.property_syntax import parse_properties
from devpi_artifactory_compat.repositories.walking import walk
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.views.bodies import json_body
from devpi_artifactory_compat.views.queries import flag
from devpi_artifactory_compat.views.queries import raw_query
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response


Change = Callable[[Properties], Properties]


def set_properties(request: Request) -> Response:
    """``PUT …?properties=k=v1,v2;k2=v3[&recursive=0]``: what is not named stays. 204."""
    query = raw_query(request)
    if "properties" not in query:
        raise BadRequest("The query parameter 'properties' is missing.")
    new = parse_properties(query["properties"])
    return _change(
        request,
        lambda old: {**old, **new},
        recursive=flag(query, "recursive", default=True),
    )


def delete_properties(request: Request) -> Response:
    """``DELETE …?properties=a,b[&recursive=0]``: also those that are not there. 204."""
    query = raw_query(request)
    gone = parse_keys(query.get("properties", ""))
    if not gone:
        raise BadRequest("The query parameter 'properties' must name the keys to delete.")
    return _change(
        request,
        lambda old: {key: values for key, values in old.items() if key not in gone},
        recursive=flag(query, "recursive", default=True),
    )


def patch_metadata(request: Request) -> Response:
    """``PATCH /api/metadata/<key>[/<path>]``: ``{"props": {"k": "v", "k2": ["a"], "k3": null}}``.

    All of them or none (``atomicProperties`` changes nothing here). 204.
    """
    query = raw_query(request)
    new, gone = _patch(json_body(request))
    recursive = flag(query, "recursive", default=True)
    return _change(
        request,
        lambda old: {**{k: v for k, v in old.items() if k not in gone}, **new},
        recursive=flag(query, "recursiveProperties", default=recursive),
    )


def _patch(body: object) -> tuple[Properties, frozenset[str]]:
    """What is set, and which keys are deleted."""
    props = body.get("props") if isinstance(body, Mapping) else None
    if not isinstance(props, Mapping):
        raise BadRequest('The body must be {"props": {key: value, list of values or null}}.')
    wanted: dict[str, tuple[str, ...]] = {}
    for key, value in props.items():
        if value is None:
            continue
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in values):
            raise BadRequest(f"The value of property {key[:100]!a} must be text, or a list of it.")
        wanted[key] = tuple(values)
    gone = frozenset(key for key, value in props.items() if value is None)
    return check_properties(wanted), gone


def _change(request: Request, change: Change, *, recursive: bool) -> Response:
    visit = Visit(request)
    catch_up(visit.xom)
    key = request.matchdict["key"]
    path = check_item_path(request.matchdict.get("path", ""))
    place = visit.place(key)
    if not place.holds_artifacts and not (target := place.entry).bases:
        raise NotAllowed(_elsewhere(key, target.config.rclass))
    visit.require(visit.may_annotate(place.entry), f"set properties in repository '{key}'")
    store = visit.artifacts(place.entry)
    item = store.item(path)
    if item is None:
        raise ArtifactNotFound(key, path)
    below = walk(store.item, item) if recursive else ()
    for one in (item, *below):
        _apply(store.set_properties, one, change, user=visit.user or "anonymous")
    return Response(status=int(HTTPStatus.NO_CONTENT))


def _apply(
    save: Callable[..., None], item: Artifact | Folder, change: Change, *, user: str
) -> None:
    changed = check_properties(change(item.properties))
    if changed != item.properties:
        save(item.path, changed, user=user)


def _elsewhere(key: str, rclass: str) -> str:
    where = f"'{key}-cache'" if rclass == "remote" else "the member that holds the artifact"
    return f"Properties of a {rclass} repository are set in {where}."
