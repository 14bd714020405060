"""Copying and moving: ``POST /artifactory/api/copy|move/<key>/<path>?to=/<key>/<path>``."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.layout import enforces_layout
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.preparing import identify_stored
from devpi_artifactory_compat.repositories.transferring import Source
from devpi_artifactory_compat.repositories.transferring import Step
from devpi_artifactory_compat.repositories.transferring import Target
from devpi_artifactory_compat.repositories.transferring import Transfer
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.deploy import deploy_target
from devpi_artifactory_compat.views.queries import flag
from devpi_artifactory_compat.views.queries import raw_query
from devpi_artifactory_compat.views.visit import Visit
from functools import partial
from http import HTTPStatus
from itertools import islice
from pyramid.request import Request
from pyramid.response import Response
from urllib.parse import unquote_plus


RESULT = "application/vnd.org.jfrog.artifactory.storage.CopyOrMoveResult+json"

#: an answer has no more messages than these, and the one that sums up
MAX_MESSAGES = 100


class TransferFailed(Conflict):
    """Something stands in the way; nothing was changed."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the URL says; ``into`` is a slash at the end of the target."""

    key: str
    path: str
    to_key: str
    to: str
    into: bool
    dry: bool
    fail_fast: bool
    is_move: bool

    @classmethod
    def of(cls, request: Request, *, is_move: bool) -> Asked:
        query = raw_query(request)
        to = unquote_plus(query.get("to", ""))
        to_key, _, to_path = to.lstrip("/").partition("/")
        if not to_key:
            raise BadRequest("The query parameter 'to' must be /<repository key>/<path>.")
        if "�" in to:
            raise BadRequest("The query parameter 'to' is not UTF-8.")
        # layouts are not translated here, in either case
        flag(query, "suppressLayouts", default=False)
        return cls(
            key=request.matchdict["key"],
            path=check_item_path(request.matchdict.get("path", "")),
            to_key=to_key,
            to=check_item_path(to_path),
            into=to.endswith("/"),
            dry=flag(query, "dry", default=False),
            fail_fast=flag(query, "failFast", default=False),
            is_move=is_move,
        )


def copy(request: Request) -> Response:
    """An artifact, or a folder with all below it; all of it or nothing."""
    return _transfer(request, Asked.of(request, is_move=False))


def move(request: Request) -> Response:
    """As ``copy``, and it is not at its old path any more."""
    return _transfer(request, Asked.of(request, is_move=True))


def _transfer(request: Request, asked: Asked) -> Response:
    xom = request.registry["xom"]
    ask_primary(xom)
    _opened(request, asked)
    # a file that has just come by devpi's own upload is to be known
    catch_up(xom)
    transfer = _opened(request, asked)
    steps = _planned(transfer, asked)
    try:
        # archives are read before anybody is kept from writing
        _refuse(transfer.layout_faults(steps), asked)
        if asked.dry:
            _refuse(transfer.faults(steps), asked)
            return _result(_messages(transfer, asked, steps))
        identified = _identified(request, asked, steps)
        looked_at = steps
        with written_at_once(xom.keyfs):
            # what there is, and what the user may, may have changed meanwhile
            transfer = replace(_opened(request, asked), identified=identified)
            steps = _planned(transfer, asked)
            _refuse(transfer.faults(steps), asked)
            _check_unchanged(transfer, looked_at, steps)
            transfer.carry_out(steps)
    except TransferFailed as exc:
        return _failure(exc.faults)
    return _result(_messages(transfer, asked, steps))


def _opened(request: Request, asked: Asked) -> Transfer:
    """Raises BadRequest, NotAuthenticated and Forbidden."""
    visit = Visit(request)
    try:
        source = _source(visit, asked)
        entry = deploy_target(visit, asked.to_key)
    except (NotFound, NotAllowed) as exc:
        raise BadRequest(str(exc)) from exc
    visit.require(visit.may_upload(entry), f"deploy to repository '{entry.config.key}'")
    return Transfer(
        source=source,
        target=Target(
            config=entry.config,
            index=entry.index,
            repository=visit.catalog.repository(asked.to_key),
            store=visit.artifacts(entry),
        ),
        user=visit.user or "anonymous",
        may_delete=visit.may_delete(entry),
        is_move=asked.is_move,
    )


def _source(visit: Visit, asked: Asked) -> Source:
    place = visit.readable_place(asked.key)
    entry = place.entry
    is_remote = entry.config.rclass is RepositoryClass.REMOTE
    if entry.config.rclass is RepositoryClass.VIRTUAL and not entry.bases:
        raise NotAllowed(
            f"Virtual repository '{asked.key}' holds nothing itself: name the member that holds "
            "the artifact."
        )
    if asked.is_move:
        if is_remote:
            raise NotAllowed(f"What '{asked.key}' has is copied, not moved.")
        visit.require(visit.may_delete(entry), f"delete artifacts of repository '{asked.key}'")
    store = visit.artifacts(entry)
    repository = visit.catalog.repository(entry.config.key)
    return Source(
        key=asked.key,
        index=entry.index,
        # a stage with bases shows what its bases hold, too
        look=store.item if entry.bases else partial(_look, repository),
        store=store,
    )


def _look(repository: Repository, path: str) -> Artifact | Folder | None:
    try:
        return repository.item(path)
    except ArtifactNotFound:
        return None


def _planned(transfer: Transfer, asked: Asked) -> list[Step]:
    try:
        return transfer.plan(asked.path, asked.to, into=asked.into)
    except ArtifactNotFound as exc:
        raise BadRequest(str(exc)) from exc


def _identified(request: Request, asked: Asked, steps: list[Step]) -> Mapping[str, Identified]:
    """What the distributions are that a remote has cached: devpi knows little of those."""
    visit = Visit(request)
    entry = visit.place(asked.key).entry
    if entry.config.rclass is not RepositoryClass.REMOTE:
        return {}
    store = visit.artifacts(entry)
    artifacts = [step.item for step in steps if isinstance(step.item, Artifact)]
    return identify_stored(artifacts, store.content)


def _refuse(faults: Iterable[str], asked: Asked) -> None:
    """Raises TransferFailed when there are any."""
    found = tuple(islice(faults, 1 if asked.fail_fast else MAX_MESSAGES))
    if found:
        raise TransferFailed(found)


def _check_unchanged(transfer: Transfer, looked_at: list[Step], steps: list[Step]) -> None:
    """What a layout was not asked about does not come to where it is enforced."""
    if enforces_layout(transfer.target.config) and looked_at != steps:
        raise TransferFailed(["The artifacts have changed meanwhile: try again."])


def _messages(transfer: Transfer, asked: Asked, steps: list[Step]) -> list[dict[str, str]]:
    """Artifactory's sentence, which counts what was done; of a dry run also what would be."""
    files = sum(isinstance(step.item, Artifact) for step in steps)
    doing, done = ("moving", "moved") if asked.is_move else ("copying", "copied")
    what = f"{asked.key}:{steps[0].item.path} to {transfer.target.key}:{steps[0].to}"
    counted = f"{files} artifacts and {len(steps) - files} folders were {done}"
    if not asked.dry:
        return [_message("INFO", f"{doing} {what} completed successfully, {counted}")]
    told = [_message("INFO", text) for text in transfer.told(steps, limit=MAX_MESSAGES)]
    summary = f"Dry Run for {doing} {what} completed successfully, {counted}"
    return [*told, _message("INFO", summary)]


def _message(level: str, text: str) -> dict[str, str]:
    return {"level": level, "message": text}


def _result(messages: list[dict[str, str]]) -> Response:
    return json_response({"messages": messages}, content_type=RESULT)


def _failure(faults: Iterable[str]) -> Response:
    """Artifactory's messages, and beside them the body that every failure has here."""
    status = int(HTTPStatus.CONFLICT)
    response = json_response(
        {
            "messages": [_message("ERROR", text) for text in faults],
            "errors": [{"status": status, "message": text} for text in faults],
        },
        content_type=RESULT,
    )
    response.status = status
    return response
