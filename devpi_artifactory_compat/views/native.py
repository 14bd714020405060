"""devpi's own routes: closed to those who may not read, and our options checked there too."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.storage.indexes import KEY_OPTION
from devpi_artifactory_compat.storage.native import check_index
from devpi_artifactory_compat.storage.native import restore_options
from devpi_artifactory_compat.storage.reading import may_read
from devpi_artifactory_compat.views.native_packages import refuse_packages
from devpi_artifactory_compat.views.rights import is_admin
from http import HTTPStatus
from pyramid.httpexceptions import HTTPException
from pyramid.httpexceptions import HTTPForbidden
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import forget
from typing import Any


View = Callable[[Any, Request], Response]

_CONFIG_ROUTES = frozenset({"/{user}/{index}", "/{user}/{index}/"})


def guard_index(view: View, info: Any) -> View:
    """A view deriver around every view whose URL names a user and an index."""
    if (info.options.get("route_name") or "").startswith("artifactory."):
        return view

    def guarded(context: Any, request: Request) -> Response:
        names = request.matchdict or {}
        # a view of a refusal, as devpi-web has them, is not refused once more
        if isinstance(context, Exception) or "user" not in names or "index" not in names:
            return view(context, request)
        route = request.matched_route.name if request.matched_route is not None else ""
        if request.method in {"PUT", "PATCH"} and route in _CONFIG_ROUTES:
            return _changing_index(view, context, request)
        # a search by XML-RPC is a POST that reads
        if request.method in {"GET", "HEAD"} or request.content_type == "text/xml":
            _refuse_strangers(request)
        refuse_packages(request, _stage(request))
        return view(context, request)

    return guarded


def _stage(request: Request) -> Any:
    names = request.matchdict
    user, index = (str(names[name]).strip("/") for name in ("user", "index"))
    return request.registry["xom"].model.getstage(user, index)


def _refuse_strangers(request: Request) -> None:
    if (request.matched_route.name or "").endswith("/+api"):
        # devpi-client asks here how to log in
        return
    stage = _stage(request)
    if stage is None or may_read(request, stage):
        return
    if request.authenticated_userid is not None:
        raise HTTPForbidden(f"You may not read index {stage.name}.")
    raise HTTPUnauthorized("Authentication is required", headers=forget(request))


def _changing_index(view: View, context: Any, request: Request) -> Response:
    """devpi's own answer, unless our options in the new configuration make no sense."""
    before = _stage(request)
    old = {} if before is None else dict(before.ixconfig)
    try:
        response = view(context, request)
    except HTTPException as answer:
        # devpi raises its answers
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise
        _check(request, old)
        raise
    _check(request, old)
    return response


def _check(request: Request, old: dict[str, Any]) -> None:
    if request.registry["xom"].keyfs.tx.doomed:
        return
    stage = _stage(request)
    if stage is None:
        return
    restore_options(stage, old, request.json_body)
    key = stage.ixconfig.get(KEY_OPTION)
    if key and key != old.get(KEY_OPTION) and not is_admin(request):
        request.apifatal(HTTPStatus.FORBIDDEN, message=f"Only administrators set {KEY_OPTION}.")
    try:
        check_index(request.registry["xom"], stage, old)
    except InvalidConfiguration as exc:
        request.apifatal(HTTPStatus.BAD_REQUEST, message=", ".join(exc.faults))
