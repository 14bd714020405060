"""Deploying to a path: ``PUT /artifactory/<key>/<path>[;k=v[,v2]…]``.

The request is read, hashed and looked at in a transaction that reads; only what is stored then
needs the one that writes, and there is one of those at a time on the whole server.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.packages.form_body import BodyReader
from devpi_artifactory_compat.packages.hashing import FileHasher
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.layout import check_deployment
from devpi_artifactory_compat.repositories.paths import check_path
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.preparing import prepared_for
from devpi_artifactory_compat.repositories.property_syntax import parse_matrix
from devpi_artifactory_compat.repositories.stated_checksums import StatedChecksums
from devpi_artifactory_compat.repositories.stated_checksums import stated_checksums
from devpi_artifactory_compat.settings import settings_of
from devpi_artifactory_compat.storage.cached_files import new_file
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.storage.known_content import find_content
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.explode import Explosion
from devpi_artifactory_compat.views.explode import explode
from devpi_artifactory_compat.views.explode import wants_atomic_explosion
from devpi_artifactory_compat.views.explode import wants_explosion
from devpi_artifactory_compat.views.item_json import ITEM_CREATED
from devpi_artifactory_compat.views.item_json import item_created
from devpi_artifactory_compat.views.tween import has_trailing_slash
from devpi_artifactory_compat.views.tween import matrix_of
from devpi_artifactory_compat.views.visit import Visit
from functools import partial
from http import HTTPStatus
from pathlib import Path
from pyramid.request import Request
from pyramid.response import Response
from typing import BinaryIO


def deploy(request: Request) -> Response:
    """A file, a checksum of a file that is here already, or with a trailing slash a folder."""
    return deploy_to(request, request.matchdict["key"], request.matchdict.get("path", ""))


def deploy_short(request: Request) -> Response:
    """``PUT /artifactory/pypi/…``: of a repository ``pypi``, or of one below that prefix."""
    key, path = request.matchdict["key"], request.matchdict.get("path", "")
    if "pypi" in Visit(request).catalog:
        return deploy_to(request, "pypi", f"{key}/{path}" if path else key)
    return deploy_to(request, key, path)


def deploy_to(request: Request, key: str, path: str) -> Response:
    visit = Visit(request)
    target = deploy_target(visit, key)
    path = check_path(path)
    visit.require(visit.may_upload(target), f"deploy to repository '{target.config.key}'")
    ask_primary(visit.xom)
    properties = parse_matrix(matrix_of(request))
    if has_trailing_slash(request):
        return _folder(request, key, path, properties)
    stated = stated_checksums(request.headers)
    if request.headers.get("X-Checksum-Deploy", "").strip().lower() == "true":
        content = _known_content(visit, stated)
    else:
        content = _arriving(request, target.config.key, path, stated)
    period = settings_of(visit.xom).quiet_period
    prepare = partial(_prepared, target.config, default_period=period)
    with content as (file, source, size, checksums):
        if wants_explosion(request):
            explosion = Explosion(
                path=path,
                user=visit.user or "anonymous",
                properties=properties,
                prepare=prepare,
                atomic=wants_atomic_explosion(request),
                transaction=lambda: _writing(request, key),
            )
            return explode(request, file, explosion)
        new = NewArtifact(
            path=path,
            file=file,
            size=size,
            checksums=checksums,
            user=visit.user or "anonymous",
            state=ArtifactState.GENERIC,
            properties=properties,
            source=source,
        )
        new = prepare(new)
        return _stored(request, key, new)


def _prepared(config: RepositoryConfig, new: NewArtifact, *, default_period: int) -> NewArtifact:
    """Raises Forbidden for what the layout of the repository refuses."""
    check_deployment(config, new)
    return prepared_for(config, new, default_period=default_period)


def deploy_target(visit: Visit, key: str) -> Entry:
    """The local repository that files deployed to a key go to. Raises NotAllowed when none."""
    place = visit.place(key)
    target = None if place.is_cache else visit.catalog.target_of(key)
    if target is not None and target.config.rclass is not RepositoryClass.REMOTE:
        return target
    if place.entry.config.rclass is RepositoryClass.REMOTE:
        raise NotAllowed(
            f"Repository '{key}' takes no deployments: it holds what its upstream has. Deploy to "
            "a local repository, or to a virtual one with a default deployment repository."
        )
    raise NotAllowed(
        f"Virtual repository '{key}' takes no deployments: it has no default deployment "
        "repository. Set 'defaultDeploymentRepo', or deploy to a local repository."
    )


def _stored(request: Request, key: str, new: NewArtifact) -> Response:
    with _writing(request, key) as store:
        made = store(new)
    return created_response(item_created(request, made))


@contextmanager
def _writing(request: Request, key: str) -> Iterator[Callable[[NewArtifact], Artifact]]:
    """A transaction that writes, and what stores a file in it."""
    with written_at_once(request.registry["xom"].keyfs):
        # what there is, and what the user may, is looked at again: it may have changed meanwhile
        catch_up(request.registry["xom"])
        visit = Visit(request)
        target = deploy_target(visit, key)
        visit.require(visit.may_upload(target), f"deploy to repository '{target.config.key}'")
        repository = visit.catalog.repository(key)
        yield partial(repository.deploy, may_delete=visit.may_delete(target))


def _folder(request: Request, key: str, path: str, properties: Properties) -> Response:
    if request.content_length:
        raise BadRequest(f"'{path}/' names a folder, which has no content of its own.")
    with written_at_once(request.registry["xom"].keyfs):
        visit = Visit(request)
        target = deploy_target(visit, key)
        user = visit.user or "anonymous"
        made = visit.catalog.repository(key).make_folder(path, user=user)
        if properties:
            visit.artifacts(target).set_properties(
                path, {**made.properties, **properties}, user=user
            )
    return created_response(item_created(request, made))


def created_response(shown: dict[str, object]) -> Response:
    response = json_response(shown, content_type=ITEM_CREATED)
    response.status = int(HTTPStatus.CREATED)
    response.location = str(shown["uri"])
    return response


Received = tuple[BinaryIO, Path | None, int, Checksums]


@contextmanager
def _arriving(request: Request, key: str, path: str, stated: StatedChecksums) -> Iterator[Received]:
    """The body, on the file system of devpi's files: it is moved there and not copied."""
    arriving = new_file(request.registry["xom"])
    try:
        body = BodyReader(request.environ["wsgi.input"], request.content_length)
        hasher = FileHasher()
        for chunk in body:
            hasher.update(chunk)
            arriving.write(chunk)
        body.check_not_truncated()
        digests = hasher.digests()
        stated.check(digests.checksums, key=key, path=path)
        with arriving.open() as file:
            yield file, arriving.path, digests.size, digests.checksums
    finally:
        arriving.discard()


@contextmanager
def _known_content(visit: Visit, stated: StatedChecksums) -> Iterator[Received]:
    """What is here already and may be read by who deploys it.

    Raises:
        BadRequest: no checksum is stated by which content can be found.
        NotFound: there is none; clients then send the file.
    """
    if stated == StatedChecksums():
        raise BadRequest(
            "X-Checksum-Deploy needs X-Checksum-Sha256, X-Checksum-Sha1 or X-Checksum."
        )
    known = find_content(visit.xom, stated, may_read=visit.may_read_index)
    if known is None:
        raise NotFound("No content with these checksums is stored here. File not found.")
    with known.open() as file:
        yield file, known.source, known.size, known.checksums
