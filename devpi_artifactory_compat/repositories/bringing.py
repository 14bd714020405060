"""A stored file brought to another place: copied, moved or restored."""

from __future__ import annotations

from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import GENERATED
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.packages.identification import looks_like_distribution
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.item_store import ItemStore
from devpi_artifactory_compat.repositories.item_store import StoredFile
from devpi_artifactory_compat.repositories.origin import Origin
from devpi_artifactory_compat.repositories.origin import history_of
from devpi_artifactory_compat.repositories.ports import NewArtifact


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
    artifact, parts = stored.artifact, stored.parts
    name = to.rpartition("/")[2]
    renamed = name != artifact.filename
    with stored.open() as file:
        new = NewArtifact(
            path=to,
            file=file,
            size=artifact.size,
            checksums=artifact.checksums,
            user=user,
            state=_state(name),
            properties=_carried(artifact.properties, renamed=renamed),
            identified=None if parts is None or renamed else parts.identified,
            source=stored.source,
            origin=Origin(
                history=history_of(artifact) if keep_history else None,
                signature=None if parts is None else parts.signature,
                attestations=None if parts is None else parts.attestations,
            ),
        )
        return repository.deploy(new, may_delete=may_delete)


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


def _state(name: str) -> ArtifactState:
    """Without more, what looks like a distribution waits to be looked at."""
    return ArtifactState.PENDING if looks_like_distribution(name) else ArtifactState.GENERIC


def _carried(properties: Properties, *, renamed: bool) -> Properties:
    """What an indexing said of the file is found out anew."""
    dropped = GENERATED | {INDEXING_ERROR} if renamed else {INDEXING_ERROR}
    return {key: values for key, values in properties.items() if key not in dropped}
