"""The server that is exported, as the kinds of records read it: one snapshot, index by index."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from devpi_artifactory_compat.storage.indexes import is_remote
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.transfer.content import ContentFolder
from devpi_artifactory_compat.storage.tree import FolderRecord
from devpi_server.filestore import BaseFileEntry
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from devpi_server.model import BaseStage
from packaging.utils import NormalizedName
from packaging.utils import canonicalize_name
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Source:
    """``directory`` has devpi's own export already; needs a transaction that reads, which may be
    another one for every line.
    """

    xom: XOM
    directory: Path
    content: ContentFolder
    mirrored_files: bool

    def indexes(self) -> Iterator[SourceIndex]:
        for user in sorted(self.xom.model.get_userlist(), key=lambda user: user.name):
            for index in sorted(user.get().get("indexes", {})):
                stage = self.xom.model.getstage(user.name, index)
                if stage is not None:
                    yield SourceIndex(self, stage)


class SourceIndex:
    def __init__(self, source: Source, stage: BaseStage) -> None:
        self._source = source
        self._stage = stage
        self.name: str = stage.name
        self.user: str = stage.username
        self.index: str = stage.index
        self.records = Records(source.xom, stage.username, stage.index)
        self.is_remote = is_remote(stage)
        #: False for a remote whose cache is left out
        self.has_files = source.mirrored_files or not self.is_remote

    def folders(self) -> Iterator[FolderRecord]:
        """All of an index whose files are carried, else its root."""
        for path, is_folder in self._all() if self.has_files else [("", True)]:
            folder = self.records.tree.folder(path) if is_folder else None
            if folder is not None:
                yield folder

    def files(self) -> Iterator[Record]:
        if not self.has_files:
            return
        for path, _is_folder in self._all():
            # an upstream may have a file and others below it
            record = self.records.record(path) if path else None
            if record is not None:
                yield record

    def _all(self) -> Iterator[tuple[str, bool]]:
        yield "", True
        yield from self.records.tree.walk("")

    def projects(self) -> Iterator[NormalizedName]:
        if not self.has_files:
            return
        yield from sorted({canonicalize_name(name) for name in self._project_names()})

    def _project_names(self) -> Iterable[str]:
        if isinstance(self._stage, MirrorStage):
            # those of which something is kept, whatever the upstream has
            return self._stage.key_projects.get()
        return self._stage.list_projects_perstage()

    def is_exported(self, entry: BaseFileEntry) -> bool:
        """Whether devpi's own export has the file."""
        if not entry.project or not entry.version:
            return False
        project = canonicalize_name(entry.project)
        folder = self._source.directory / self.user / self.index / project / entry.version
        return (folder / entry.basename).is_file()
