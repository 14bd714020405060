"""``/api/pypi/<key>/indexing`` and ``/reindex``: what waits to be resolvable, and doing it now."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.indexing.ports import Run
from devpi_artifactory_compat.indexing.ports import RunResult
from devpi_artifactory_compat.indexing.ports import WaitingFiles
from devpi_artifactory_compat.indexing.quiet_period import due_time
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.preparing import quiet_period
from devpi_artifactory_compat.settings import settings_of
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.run_calls import ask_for_run
from devpi_artifactory_compat.storage.run_calls import wait_for_run
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.bodies import text_response
from devpi_artifactory_compat.views.item_json import iso
from devpi_artifactory_compat.views.queries import flag
from devpi_artifactory_compat.views.queries import raw_query
from devpi_artifactory_compat.views.visit import Visit
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response


#: of more waiting files the number is told
MAX_SHOWN = 1_000


def show_indexing(request: Request) -> Response:
    """``GET /api/pypi/<key>/indexing``: what waits since and until when, and what failed."""
    visit = Visit(request)
    key = request.matchdict["key"]
    entry = visit.catalog.entry(key)
    visit.require(visit.may_read(entry), f"read repository '{key}'")
    target = _indexed(visit, entry)
    user, _, index = target.index.partition("/")
    files = Waiting(visit.xom, user, index).files()
    period = quiet_period(target.config, default=settings_of(visit.xom).quiet_period)
    return json_response(
        {
            "repository": key,
            "quietPeriod": period,
            "lastUpload": _shown_time(files.last_upload) if files.paths else None,
            "waitingCount": len(files.paths),
            "waiting": _waiting(files, period),
            "failedCount": len(files.failed),
            "failed": [{"path": path, "reason": why} for path, why in files.failed.items()],
            "reindex": None if files.run is None else _run(files.run),
            "lastReindex": None if files.last_run is None else _result(files.last_run),
        }
    )


def _waiting(files: WaitingFiles, period: int) -> list[dict[str, object]]:
    """The oldest first."""
    if not files.paths:
        return []
    since = min(files.paths.values())
    until = due_time(since=since, last_upload=files.last_upload, period=period)
    ordered = sorted(files.paths.items(), key=lambda item: (item[1], item[0]))
    return [
        {"path": path, "since": _shown_time(since), "until": _shown_time(until)}
        for path, since in ordered[:MAX_SHOWN]
    ]


def _run(run: Run) -> dict[str, object]:
    return {"since": _shown_time(run.since), "done": run.done, "total": run.total}


def _result(result: RunResult) -> dict[str, object]:
    return {
        "finished": _shown_time(result.finished),
        "lookedAt": result.looked_at,
        "indexed": result.indexed,
        "failed": result.failed,
        "recorded": result.recorded,
        "errors": result.errors,
    }


def _shown_time(seconds: float) -> str:
    return iso(datetime.fromtimestamp(seconds, UTC))


def _indexed(visit: Visit, entry: Entry) -> Entry:
    """The local repository behind a key; a stage with bases is one of its own files.

    Raises BadRequest for what has no files of its own, or no distributions.
    """
    visit.require_pypi(entry.config.key)
    if entry.bases:
        return visit.catalog.target_of(entry.config.key) or entry
    if entry.config.rclass is RepositoryClass.LOCAL:
        return entry
    raise BadRequest(
        f"Repository '{entry.config.key}' is {entry.config.rclass.value}: only local repositories "
        "hold files that are indexed."
    )


def reindex(request: Request) -> Response:
    """``POST /api/pypi/<key>/reindex[?async=]``: look at everything in a repository now.

    The answer comes when that is done, or with ``async`` at once.
    """
    visit = Visit(request)
    key = request.matchdict["key"]
    entry = visit.catalog.entry(key)
    visit.require(visit.may_delete(entry), f"reindex repository '{key}'")
    target = _indexed(visit, entry)
    at_once = flag(raw_query(request), "async", default=False)
    ask_primary(visit.xom)
    stage = visit.xom.model.getstage(target.index)
    assert stage is not None
    asked = ask_for_run(visit.xom, stage)
    if at_once:
        return text_response(
            f"Recalculating index for PyPI repository {key} scheduled to run.",
            status=HTTPStatus.ACCEPTED,
        )
    files = wait_for_run(visit.xom, stage, asked)
    if files is None:
        return text_response(
            f"Recalculating index for PyPI repository {key} takes long and goes on.",
            status=HTTPStatus.ACCEPTED,
        )
    return text_response(_told(key, files.last_run or RunResult(asked=asked, finished=0.0)))


def _told(key: str, result: RunResult) -> str:
    said = (
        f"Recalculating index for PyPI repository {key} finished: "
        f"{result.looked_at} files looked at, {result.indexed} made resolvable, "
        f"{result.recorded} of devpi's own recorded, {result.failed} that cannot be resolved."
    )
    if not result.errors:
        return said
    return f"{said} {result.errors} could not be looked at: see the server's log."
