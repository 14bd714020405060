"""A stored file brought to another place: copied, moved or restored."""

from __future__ import annotations

from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import GENERATED
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.item_store import ItemStore
from devpi_artifactory_compat.repositories.item_store import StoredFile
from devpi_artifactory_compat.repositories.layout import check_deployment
from devpi_artifactory_compat.repositories.origin import Origin
from devpi_artifactory_compat.repositories.origin import history_of
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.preparing import waiting
from typing import BinaryIO


def bring(
    repository: Repository,
    stored: StoredFile,
    to: str,
    *,
    user: str,
    may_delete: bool,
    keep_history: bool,
) -> Artifact:
    """Store the file at a path; what was resolved is resolved there, if its name stays.

    With ``keep_history`` it is still the file of who brought it first. Raises what
    ``Repository.deploy`` raises.
    """
    with stored.open() as file:
        new = _new(stored, to, file, user=user, keep_history=keep_history)
        # without more, what looks like a distribution waits to be looked at
        return repository.deploy(waiting(new), may_delete=may_delete)


def check_stored(config: RepositoryConfig, stored: StoredFile, to: str) -> None:
    """Raises Forbidden when the layout of a repository refuses the file, which is read."""
    with stored.open() as file:
        check_deployment(config, _new(stored, to, file, user="", keep_history=False))


def _new(
    stored: StoredFile, to: str, file: BinaryIO, *, user: str, keep_history: bool
) -> NewArtifact:
    artifact, parts = stored.artifact, stored.parts
    renamed = to.rpartition("/")[2] != artifact.filename
    return NewArtifact(
        path=to,
        file=file,
        size=artifact.size,
        checksums=artifact.checksums,
        user=user,
        state=ArtifactState.GENERIC,
        properties=_carried(artifact.properties, renamed=renamed),
        identified=None if parts is None or renamed else parts.identified,
        source=stored.source,
        origin=Origin(
            history=history_of(artifact) if keep_history else None,
            signature=None if parts is None else parts.signature,
            attestations=None if parts is None else parts.attestations,
        ),
    )


def bring_folder(
    repository: Repository, store: ItemStore, to: str, properties: Properties, *, user: str
) -> None:
    """Make a folder, or say of one that is there what is said of another too.

    Raises what ``Repository.make_folder`` raises.
    """
    made = repository.make_folder(to, user=user) if to else store.item(to)
    assert isinstance(made, Folder)
    if properties:
        store.set_properties(to, {**made.properties, **properties}, user=user)


def _carried(properties: Properties, *, renamed: bool) -> Properties:
    """What an indexing said of the file is found out anew."""
    dropped = GENERATED | {INDEXING_ERROR} if renamed else {INDEXING_ERROR}
    return {key: values for key, values in properties.items() if key not in dropped}
