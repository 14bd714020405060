"""devpi's own routes of indexes of package type generic: there are no projects, and none come."""

from __future__ import annotations

from devpi_artifactory_compat.storage.package_types import is_generic
from devpi_server.model import BaseStage
from http import HTTPStatus
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request


#: devpi-client pushes a release to another index by the second
_UPLOADS = frozenset({"POST", "PUSH"})


#: devpi does not look at it
_JSON = frozenset({"application/json", "text/plain", ""})

#: longer than any push: a name, a version and an index, in bytes
_MAX_PUSH = 1024 * 1024


def refuse_packages(request: Request, stage: BaseStage | None) -> None:
    """To be called before devpi's own view; refuses by raising devpi's answer."""
    if stage is not None and is_generic(stage) and "project" in request.matchdict:
        raise HTTPNotFound(_reason(stage))
    if request.method not in _UPLOADS:
        return
    target = stage if stage is not None and is_generic(stage) else _push_target(request)
    if target is None or not is_generic(target):
        return
    # who may not upload is told so by devpi, and nothing else
    if request.has_permission("upload", context=target):
        request.apifatal(HTTPStatus.BAD_REQUEST, message=_reason(target))


def _reason(stage: BaseStage) -> str:
    return f"Index {stage.name} is of package type generic: it has no projects."


def _push_target(request: Request) -> BaseStage | None:
    """The index that a release is to be pushed to; None for anything else."""
    if request.content_type not in _JSON or (request.content_length or 0) > _MAX_PUSH:
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
