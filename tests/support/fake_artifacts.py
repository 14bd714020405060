"""A store of artifacts in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Child
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.repositories.ports import NewArtifact
import io


NOW = datetime(2026, 1, 2, tzinfo=UTC)


class FakeArtifacts:
    """Implements ``repositories.ports.ArtifactStore`` with dictionaries by path."""

    def __init__(self, key: str = "l") -> None:
        self.key = RepositoryKey(key)
        self.artifacts: dict[str, Artifact] = {}
        self.bodies: dict[str, bytes] = {}
        self.downloads: dict[str, DownloadStatistics] = {}
        self.folders: dict[str, Properties] = {"": {}}

    def item(self, path: str) -> Artifact | Folder | None:
        if path in self.artifacts:
            return self.artifacts[path]
        if path not in self.folders:
            return None
        return Folder(
            repository=self.key,
            path=path,
            created=NOW,
            created_by="root",
            modified=NOW,
            modified_by="root",
            properties=self.folders[path],
            children=tuple(sorted(self._children(path), key=lambda child: child.name)),
        )

    def _children(self, path: str) -> list[Child]:
        prefix = f"{path}/" if path else ""
        found = {}
        for known in (*self.artifacts, *self.folders):
            if known.startswith(prefix) and known != path:
                name = known.removeprefix(prefix).partition("/")[0]
                found[name] = Child(name=name, is_folder=f"{prefix}{name}" in self.folders)
        return list(found.values())

    def content(self, path: str) -> Content | None:
        if path not in self.bodies:
            return None
        body = self.bodies[path]
        return Content(
            filename=path.rpartition("/")[2],
            size=len(body),
            modified=NOW,
            open=lambda: io.BytesIO(body),
        )

    def statistics(self, path: str) -> DownloadStatistics:
        return self.downloads.get(path, DownloadStatistics())

    def keep(self, new: NewArtifact) -> None:
        new.file.seek(0)
        self.bodies[new.path] = new.file.read()
        self.make_folder(new.path.rpartition("/")[0], user=new.user)
        self.artifacts[new.path] = Artifact(
            repository=self.key,
            path=new.path,
            size=new.size,
            checksums=new.checksums,
            created=NOW,
            created_by=new.user,
            modified=NOW,
            modified_by=new.user,
            state=new.state,
            properties=new.properties,
        )

    def make_folder(self, path: str, *, user: str) -> None:
        while path:
            self.folders.setdefault(path, {})
            path = path.rpartition("/")[0]

    def set_properties(self, path: str, properties: Properties, *, user: str) -> None:
        if path in self.artifacts:
            changed = replace(self.artifacts[path], properties=properties, modified_by=user)
            self.artifacts[path] = changed
        else:
            self.folders[path] = properties

    def give_up(self, path: str, reason: str) -> None:
        known = self.artifacts[path]
        properties = {**known.properties, INDEXING_ERROR: (reason,)}
        self.artifacts[path] = replace(known, state=ArtifactState.GENERIC, properties=properties)

    def remove(self, path: str, *, prune: bool = False) -> None:
        self.artifacts.pop(path, None)
        self.bodies.pop(path, None)
        self.folders.pop(path, None)
        parent = path.rpartition("/")[0]
        if prune and parent and not self._children(parent):
            self.remove(parent, prune=True)
