"""Files deployed to paths of a local repository (Artifactory's "Deploy Artifact").

Any file is accepted at any path. What is a distribution can be resolved: at once when its
deployer said which project and version it is, else after the quiet period.
"""

from __future__ import annotations

from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactExists
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.packages.generated_properties import GENERATED
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from devpi_artifactory_compat.repositories.ports import LocalStore
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import NewRelease
from packaging.utils import canonicalize_name


class Deployment:
    """Deploys into one local repository, in a transaction that writes."""

    def __init__(self, key: str, releases: LocalStore, artifacts: ArtifactStore) -> None:
        self._key = key
        self._releases = releases
        self._artifacts = artifacts

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        """Store a file at its path, in place of what is there if that is allowed.

        The same content may always come again: what was said of it stays, as far as it is not
        said anew.

        Raises:
            ArtifactExists: other content is stored there and stays.
            Conflict: a folder is there, or a file where a folder would have to be.
        """
        present = self.check(new.path, new.checksums.sha256, user=new.user, may_delete=may_delete)
        if present is not None and present.checksums.sha256 != new.checksums.sha256:
            self._artifacts.remove(present.path)
            present = None
        if present is not None:
            new = replace(new, properties=merged(present.properties, new.properties))
        self._store(new, present)
        return self._stored(new.path)

    def check(self, path: str, sha256: str, *, user: str, may_delete: bool) -> Artifact | None:
        """What is at the path where content is to be stored. Raises what ``deploy`` raises."""
        self.check_place(path)
        present = self._artifacts.item(path)
        if isinstance(present, Folder):
            raise Conflict(f"'{self._key}:{path}' is a folder.")
        if present is None or present.checksums.sha256 == sha256:
            return present
        if not (may_delete and self._releases.may_replace()):
            raise ArtifactExists(self._key, path, user)
        return present

    def make_folder(self, path: str, *, user: str) -> Folder:
        """Raises Conflict when a file is there or above."""
        self.check_place(f"{path}/")
        self._artifacts.make_folder(path, user=user)
        made = self._artifacts.item(path)
        assert isinstance(made, Folder)
        return made

    def index(self, path: str, identified: Identified) -> bool:
        """Make a stored file resolvable; False when another of its name is already.

        The caller has made sure that it is still the file that was identified.
        """
        stored = self._stored(path)
        other = self._taken_by(identified, path)
        if other is not None:
            self.fail(path, f"'{stored.filename}' is already resolved from '{other}'.")
            return False
        content = self._artifacts.content(path)
        assert content is not None
        assert content.open is not None
        with content.open() as file:
            new = NewArtifact(
                path=path,
                file=file,
                size=stored.size,
                checksums=stored.checksums,
                user=stored.modified_by,
                state=stored.state,
                properties={k: v for k, v in stored.properties.items() if k != INDEXING_ERROR},
            )
            self._releases.add(release_of(new, identified))
        return True

    def fail(self, path: str, reason: str) -> None:
        """A file that waited cannot be resolved; it stays a plain artifact that says why."""
        self._artifacts.give_up(path, reason)

    def _stored(self, path: str) -> Artifact:
        stored = self._artifacts.item(path)
        assert isinstance(stored, Artifact)
        return stored

    def check_place(self, path: str) -> None:
        """Raises Conflict when a file lies where a folder would have to be."""
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            above = "/".join(parts[:depth])
            if isinstance(self._artifacts.item(above), Artifact):
                raise Conflict(f"'{self._key}:{above}' is a file: nothing can lie below it.")

    def _store(self, new: NewArtifact, present: Artifact | None) -> None:
        if present is not None and present.state is ArtifactState.INDEXED:
            self._artifacts.set_properties(new.path, new.properties, user=new.user)
            return
        if new.identified is not None:
            other = self._taken_by(new.identified, new.path)
            if other is None:
                self._releases.add(release_of(new, new.identified))
                return
            new = with_problem(new, f"'{new.filename}' is already resolved from '{other}'.")
        self._artifacts.keep(new)

    def _taken_by(self, identified: Identified, path: str) -> str | None:
        """The path of another file of that name that installers resolve."""
        project = canonicalize_name(identified.name)
        other = self._releases.release(project, identified.distribution.filename)
        return None if other is None or other.path == path else other.path


def merged(old: Properties, new: Properties) -> Properties:
    """What is said anew takes the place of what was said."""
    return {**{key: values for key, values in old.items() if key != INDEXING_ERROR}, **new}


def with_problem(new: NewArtifact, reason: str) -> NewArtifact:
    """The file as one that cannot be resolved, which its properties say."""
    return replace(
        new,
        identified=None,
        state=ArtifactState.GENERIC,
        properties={**new.properties, INDEXING_ERROR: (reason,)},
    )


def release_of(new: NewArtifact, identified: Identified) -> NewRelease:
    metadata = identified.metadata
    return NewRelease(
        distribution=identified.distribution,
        name=identified.name,
        version=identified.version,
        path=new.path,
        file=new.file,
        size=new.size,
        checksums=new.checksums,
        fields=identified.fields,
        core_metadata=None if metadata is None else metadata.raw or None,
        signature=new.origin.signature,
        attestations=new.origin.attestations,
        user=new.user,
        properties={k: v for k, v in new.properties.items() if k not in GENERATED},
        source=new.source,
        history=new.origin.history,
    )
