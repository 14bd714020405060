"""Artifacts and folders copied and moved (Artifactory's "Copy Item" and "Move Item").

A transfer is planned and checked as a whole, and carried out only when nothing stands in the way:
all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import ArtifactoryError
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.bringing import bring
from devpi_artifactory_compat.repositories.bringing import bring_folder
from devpi_artifactory_compat.repositories.bringing import check_stored
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.item_store import ItemStore
from devpi_artifactory_compat.repositories.item_store import ReleaseParts
from devpi_artifactory_compat.repositories.item_store import StoredFile
from devpi_artifactory_compat.repositories.layout import enforces_layout
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.removing import check_gives_up
from devpi_artifactory_compat.repositories.walking import Look
from devpi_artifactory_compat.repositories.walking import walk


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where files are taken from: an index, and how it is looked at."""

    key: str
    index: str
    look: Look
    store: ItemStore


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where files are brought to: ``config`` and ``store`` are those of the local repository."""

    config: RepositoryConfig
    index: str
    repository: Repository
    store: ItemStore

    @property
    def key(self) -> str:
        return self.config.key


@dataclass(frozen=True, kw_only=True)
class Step:
    item: Artifact | Folder
    to: str

    @property
    def keeps_name(self) -> bool:
        return self.item.path.rpartition("/")[2] == self.to.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One copy or move, for a user; ``may_delete`` is about the target.

    ``identified`` are the files of a remote's cache that were looked at beforehand, by path; of
    others it is known what they are.
    """

    source: Source
    target: Target
    user: str
    may_delete: bool
    is_move: bool
    identified: Mapping[str, Identified] = field(default_factory=dict)

    @property
    def _within_one_index(self) -> bool:
        return self.source.index == self.target.index

    def plan(self, path: str, to: str, *, into: bool = False) -> list[Step]:
        """What goes where: parents before what is in them.

        What is brought to a folder that is there lands in it under its own name; with ``into``
        (a slash at the end of the path) a file also in a folder that is still to be made.

        Raises:
            ArtifactNotFound: there is nothing at ``path``.
            BadRequest: it would land where it is, or within itself.
            Forbidden: the source gives nothing up.
        """
        item = self.source.look(path)
        if item is None:
            raise ArtifactNotFound(self.source.key, path)
        if self.is_move:
            check_gives_up(self.source.key, self.source.store)
        to = self._landing(item, to, into=into)
        self._check_no_cycle(item, to)
        steps = list(self._steps(item, to))
        self._check_no_overlap(steps)
        return steps

    def _landing(self, item: Artifact | Folder, to: str, *, into: bool) -> str:
        into = into and isinstance(item, Artifact)
        if into or isinstance(self.target.store.item(to), Folder):
            return f"{to}/{item.path.rpartition('/')[2]}".strip("/")
        return to

    def _check_no_cycle(self, item: Artifact | Folder, to: str) -> None:
        if not self._within_one_index:
            return
        if item.path == to:
            raise BadRequest(f"'{self.source.key}:{to}' is there already: it is the source.")
        prefix = f"{item.path}/" if item.path else ""
        if isinstance(item, Folder) and to.startswith(prefix):
            raise BadRequest(f"'{self.source.key}:{item.path}' cannot be brought within itself.")

    def _check_no_overlap(self, steps: list[Step]) -> None:
        """A folder brought to one above it must not land on its own contents."""
        if not self._within_one_index:
            return
        taken = {step.item.path for step in steps}
        for step in steps:
            if step.to in taken:
                raise BadRequest(
                    f"'{self.source.key}:{step.item.path}' would land on '{step.to}', which is "
                    f"to be {'moved' if self.is_move else 'copied'} itself."
                )

    def _steps(self, item: Artifact | Folder, to: str) -> Iterator[Step]:
        yield Step(item=item, to=to)
        # nothing stays behind unseen; what patterns hide is not copied
        look = self.source.store.item if self.is_move else self.source.look
        start = len(item.path) + 1 if item.path else 0
        for below in walk(look, item):
            yield Step(item=below, to=f"{to}/{below.path[start:]}".strip("/"))

    def faults(self, steps: list[Step]) -> Iterator[str]:
        """Why the steps cannot be done, each in a sentence."""
        for step in steps:
            try:
                self._check(step)
            except ArtifactoryError as exc:
                yield f"Failed to {self.verb} {self._told(step)}: {exc}"

    def _check(self, step: Step) -> None:
        check_item_path(step.to)
        if isinstance(step.item, Folder):
            if isinstance(self.target.store.item(step.to), Artifact):
                raise Conflict(f"'{self.target.key}:{step.to}' is a file.")
            return
        if self.source.store.content(step.item.path) is None:
            raise Conflict("the file is not on this server.")
        self.target.repository.check_deploy(
            step.to, step.item.checksums.sha256, user=self.user, may_delete=self.may_delete
        )

    def layout_faults(self, steps: list[Step]) -> Iterator[str]:
        """What the target's layout refuses, each in a sentence. The files are read."""
        for step in steps if enforces_layout(self.target.config) else ():
            stored = self._stored(step) if isinstance(step.item, Artifact) else None
            if stored is None:
                continue
            try:
                check_stored(self.target.config, stored, step.to)
            except ArtifactoryError as exc:
                yield f"Failed to {self.verb} {self._told(step)}: {exc}"

    @property
    def verb(self) -> str:
        return "move" if self.is_move else "copy"

    def _told(self, step: Step) -> str:
        return f"{self.source.key}:{step.item.path} to {self.target.key}:{step.to}"

    def told(self, steps: list[Step], *, limit: int) -> Iterator[str]:
        """What the steps are, of many the first."""
        for step in steps[:limit]:
            kind = "folder" if isinstance(step.item, Folder) else "artifact"
            yield f"Would {self.verb} {kind} {self._told(step)}"

    def carry_out(self, steps: list[Step]) -> None:
        """In a transaction that writes, after it is known that there are no faults."""
        for step in steps:
            if isinstance(step.item, Folder):
                properties = step.item.properties if step.item.path else {}
                bring_folder(
                    self.target.repository, self.target.store, step.to, properties, user=self.user
                )
            else:
                self._bring(step, step.item)
        if self.is_move:
            self._leave(steps)

    def _bring(self, step: Step, artifact: Artifact) -> None:
        if self.is_move and self._within_one_index and step.keeps_name:
            self._relocate(artifact, step.to)
            return
        stored = self._stored(step)
        assert stored is not None
        bring(
            self.target.repository,
            stored,
            step.to,
            user=self.user,
            may_delete=self.may_delete,
            keep_history=self.is_move,
        )
        if self.is_move:
            self.target.store.set_statistics(step.to, stored.statistics)

    def _relocate(self, artifact: Artifact, to: str) -> None:
        store = self.target.store
        present = store.item(to)
        if isinstance(present, Artifact):
            store.remove(to)
        store.relocate(artifact.path, to)
        if isinstance(present, Artifact) and present.checksums == artifact.checksums:
            merged = {**present.properties, **artifact.properties}
            store.set_properties(to, merged, user=self.user)

    def _leave(self, steps: list[Step]) -> None:
        """What was relocated is not there any more; the rest goes, folders when they are empty."""
        store = self.source.store
        store.remove_files(step.item.path for step in steps if isinstance(step.item, Artifact))
        for step in reversed(steps):
            if isinstance(step.item, Folder) and step.item.path:
                store.remove(step.item.path)

    def _stored(self, step: Step) -> StoredFile | None:
        assert isinstance(step.item, Artifact)
        path = step.item.path
        content = self.source.store.content(path)
        if content is None or content.open is None:
            return None
        return StoredFile(
            artifact=step.item,
            open=content.open,
            source=self.source.store.source(path),
            parts=self._parts(step.item),
            statistics=self.source.store.statistics(path),
        )

    def _parts(self, artifact: Artifact) -> ReleaseParts | None:
        if artifact.state is not ArtifactState.INDEXED:
            return None
        if artifact.path in self.identified:
            return ReleaseParts(identified=self.identified[artifact.path])
        return self.source.store.release_parts(artifact.path)
