"""devpi's own routes of indexes of package type generic: there are no projects, and none come."""

from __future__ import annotations

from devpi_artifactory_compat.storage.package_types import is_generic
from devpi_server.model import BaseStage
from http import HTTPStatus
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request


#: devpi-client pushes a release to another index by the second
_UPLOADS = frozenset({"POST", "PUSH"})


def refuse_packages(request: Request, stage: BaseStage | None) -> None:
    """To be called before devpi's own view; refuses by raising devpi's answer."""
    if stage is not None and is_generic(stage):
        if "project" in request.matchdict:
            raise HTTPNotFound(_reason(stage))
        if request.method in _UPLOADS:
            request.apifatal(HTTPStatus.BAD_REQUEST, message=_reason(stage))
    elif request.method in _UPLOADS:
        target = _push_target(request)
        if target is not None and is_generic(target):
            request.apifatal(HTTPStatus.BAD_REQUEST, message=_reason(target))


def _reason(stage: BaseStage) -> str:
    return f"Index {stage.name} is of package type generic: it has no projects."


def _push_target(request: Request) -> BaseStage | None:
    """The index that a release is to be pushed to; None for anything else."""
    if request.content_type not in {"application/json", "text/plain", ""}:
        return None
    try:
        pushed = request.json_body
    except ValueError:
        # that is for devpi to tell
        return None
    target = pushed.get("targetindex") if isinstance(pushed, dict) else None
    if not isinstance(target, str) or target.count("/") != 1:
        return None
    found: BaseStage | None = request.registry["xom"].model.getstage(*target.split("/"))
    return found
