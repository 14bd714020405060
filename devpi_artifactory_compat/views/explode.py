"""Deploying the files of an archive: a PUT with ``X-Explode-Archive: true``.

The archive is unpacked before anything is stored, so that one that is refused leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactoryError
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.archived_files import archived_files
from devpi_artifactory_compat.repositories.paths import check_path
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.preparing import MAX_METADATA
from devpi_artifactory_compat.repositories.preparing import size_of_metadata
from devpi_artifactory_compat.repositories.preparing import waiting
from devpi_artifactory_compat.storage.unpacking import UnpackedFile
from devpi_artifactory_compat.storage.unpacking import unpacked
from itertools import islice
from pyramid.request import Request
from pyramid.response import Response
from typing import BinaryIO


#: so many files are stored in one transaction, unless it is to be all of them
BATCH = 100

#: stores one file, in the transaction that was entered for it
Deploy = Callable[[NewArtifact], Artifact]


@dataclass(frozen=True, kw_only=True)
class Explosion:
    """Where the files go: below the folder of the path that the archive was sent to.

    ``prepare`` finds out what becomes of a file, or raises Forbidden. ``transaction`` enters one
    that writes, and gives what stores a file in it.
    """

    path: str
    user: str
    properties: Properties
    prepare: Callable[[NewArtifact], NewArtifact]
    atomic: bool
    transaction: Callable[[], AbstractContextManager[Deploy]]

    def target(self, file: UnpackedFile) -> str:
        folder = self.path.rpartition("/")[0]
        return check_path(f"{folder}/{file.path}")


def wants_explosion(request: Request) -> bool:
    return _flag(request, "X-Explode-Archive") or wants_atomic_explosion(request)


def wants_atomic_explosion(request: Request) -> bool:
    return _flag(request, "X-Explode-Archive-Atomic")


def _flag(request: Request, header: str) -> bool:
    return bool(request.headers.get(header, "").strip().lower() == "true")


def explode(request: Request, archive: BinaryIO, explosion: Explosion) -> Response:
    """Store every file of the archive, in order; 200 without a body, as clients expect.

    Raises InvalidUpload when the archive is refused, and what storing a file raises. Then nothing
    of an atomic explosion is stored; of another one those files are that no conflict and no
    pattern keeps out.
    """
    filename = explosion.path.rpartition("/")[2]
    archived = archived_files(archive, filename)
    with unpacked(request.registry["xom"], archived) as files:
        if not files:
            raise BadRequest(f"'{filename}' holds no files.")
        targets = [explosion.target(file) for file in files]
        unopened = (
            _Unopened(file=file, path=path) for file, path in zip(files, targets, strict=True)
        )
        if explosion.atomic:
            _store_all(unopened, explosion)
        else:
            _store_what_can_be(unopened, explosion, total=len(files))
    return Response(status=200, content_type="text/plain")


@dataclass(frozen=True, kw_only=True)
class _Unopened:
    """A file that is opened when its turn comes: there are more than may be open at once."""

    path: str
    file: UnpackedFile


class _Preparation:
    """Finds out what becomes of the files, one after the other, in bounded memory."""

    def __init__(self, explosion: Explosion) -> None:
        self._explosion = explosion
        self._room = MAX_METADATA

    def prepared(self, unopened: _Unopened) -> NewArtifact:
        """With a file that is closed. Raises Forbidden."""
        with unopened.file.source.open("rb") as opened:
            new = NewArtifact(
                path=unopened.path,
                file=opened,
                size=unopened.file.size,
                checksums=unopened.file.checksums,
                user=self._explosion.user,
                state=ArtifactState.GENERIC,
                properties=self._explosion.properties,
                source=unopened.file.source,
            )
            new = self._explosion.prepare(new)
        if new.identified is None:
            return new
        self._room -= size_of_metadata(new.identified)
        # what does not fit into memory waits to be indexed
        return new if self._room > 0 else waiting(replace(new, identified=None))


def _store(new: NewArtifact, deploy: Deploy) -> None:
    assert new.source is not None
    with new.source.open("rb") as opened:
        deploy(replace(new, file=opened))


def _store_all(unopened: Iterable[_Unopened], explosion: Explosion) -> None:
    # looked at before anybody is kept from writing
    ready = list(map(_Preparation(explosion).prepared, unopened))
    with explosion.transaction() as deploy:
        for new in ready:
            _store(new, deploy)


def _store_what_can_be(unopened: Iterator[_Unopened], explosion: Explosion, *, total: int) -> None:
    failures: list[ArtifactoryError] = []
    while batch := list(islice(unopened, BATCH)):
        preparation = _Preparation(explosion)
        ready = []
        for one in batch:
            try:
                ready.append(preparation.prepared(one))
            except Forbidden as exc:
                failures.append(exc)
        with explosion.transaction() as deploy:
            for new in ready:
                # this is found out before anything of the file is written
                try:
                    _store(new, deploy)
                except (Conflict, Forbidden) as exc:
                    failures.append(exc)
    if failures:
        first = failures[0]
        first.args = (f"{total - len(failures)} of {total} files were deployed: {first}",)
        raise first
