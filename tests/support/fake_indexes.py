"""Indexes in memory, as indexing asks for them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from devpi_artifactory_compat.indexing.ports import OpenIndex
from devpi_artifactory_compat.indexing.ports import Run
from devpi_artifactory_compat.indexing.ports import RunResult
from devpi_artifactory_compat.indexing.ports import WaitingFiles
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.repositories.deploying import Deployment
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import NewRelease
from devpi_artifactory_compat.repositories.ports import Release
from hashlib import sha256
from packaging.utils import canonicalize_name
from support.fake_artifacts import FakeArtifacts
import io


class Broken(Exception):
    """What no code expects."""


class BrokenDisk(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


class Watched(io.BytesIO):
    """Tells when it is read."""

    def __init__(self, body: bytes, told: Callable[[], None]) -> None:
        super().__init__(body)
        self._told = told

    def read(self, size: int | None = -1) -> bytes:
        self._told()
        return super().read(size)


class WaitingArtifacts(FakeArtifacts):
    """Keeps the queue in step, as the real store does.

    Files of ``unreadable`` paths cannot be read; ``on_read`` is called when another one is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.on_read: Callable[[], None] = lambda: None
        self.files = WaitingFiles()
        self.unreadable: set[str] = set()

    def content(self, path: str) -> Content | None:
        content = super().content(path)
        if content is not None and path in self.unreadable:
            return replace(content, open=BrokenDisk)
        if content is None:
            return None
        return replace(content, open=lambda: Watched(self.bodies[path], self.on_read))

    def give_up(self, path: str, reason: str) -> None:
        super().give_up(path, reason)
        self.files = replace(self.files, failed={**self.files.failed, path: reason})
        self.leave(path)

    def leave(self, path: str) -> None:
        paths = {p: since for p, since in self.files.paths.items() if p != path}
        self.files = replace(self.files, paths=paths)


class FakeReleases:
    """The part of ``repositories.ports.LocalStore`` that deploying needs."""

    def __init__(self, artifacts: WaitingArtifacts) -> None:
        self._artifacts = artifacts
        #: path by file name
        self.resolved: dict[str, str] = {}
        #: how often each path was made resolvable
        self.added: list[str] = []
        self.refuses: dict[str, Exception] = {}

    def may_replace(self) -> bool:
        return True

    def release(self, project: NormalizedName, filename: str) -> Release | None:
        path = self.resolved.get(filename)
        if path is None:
            return None
        return Release(
            filename=filename,
            path=path,
            project=project,
            version="",
            handle="",
            size=None,
            sha256="",
            uploaded=None,
        )

    def add(self, new: NewRelease) -> None:
        if new.path in self.refuses:
            raise self.refuses[new.path]
        self.resolved[new.distribution.filename] = new.path
        self.added.append(new.path)
        self._artifacts.artifacts[new.path] = replace(
            self._artifacts.artifacts[new.path],
            state=ArtifactState.INDEXED,
            project=canonicalize_name(new.name),
        )
        self._artifacts.leave(new.path)


class FakeIndex:
    """One index; also its queue and devpi's own files in it (``own``: handles by place)."""

    def __init__(self) -> None:
        self.artifacts = WaitingArtifacts()
        self.releases = FakeReleases(self.artifacts)
        self.period = 0.0
        self.own: dict[str, list[str]] = {}
        self.recorded: list[str] = []
        self.broken_own: set[str] = set()

    def deploy(
        self,
        path: str,
        body: bytes,
        *,
        now: float,
        state: ArtifactState = ArtifactState.PENDING,
    ) -> None:
        digest = sha256(body).hexdigest()
        self.artifacts.keep(
            NewArtifact(
                path=path,
                file=io.BytesIO(body),
                size=len(body),
                checksums=Checksums(md5="", sha1="", sha256=digest),
                user="root",
                state=state,
            )
        )
        files = self.artifacts.files
        if state is ArtifactState.PENDING:
            files = replace(files, paths={**files.paths, path: now})
        self.artifacts.files = replace(files, last_upload=now)

    def ask(self, now: float) -> None:
        files = self.artifacts.files
        last = 0 if files.last_run is None else files.last_run.asked
        asked = last + 1 if files.run is None else files.run.asked + 1
        self.artifacts.files = replace(files, run=Run(asked=asked, since=now))

    def snapshot(self) -> Callable[[], None]:
        """Brings back what is there now."""
        artifacts, releases = self.artifacts, self.releases
        kept = (dict(artifacts.artifacts), artifacts.files, dict(releases.resolved))
        added, recorded = len(releases.added), len(self.recorded)

        def restore() -> None:
            artifacts.artifacts, artifacts.files, releases.resolved = kept
            del releases.added[added:]
            del self.recorded[recorded:]

        return restore

    # the queue

    def files(self) -> WaitingFiles:
        return self.artifacts.files

    def forget(self, path: str) -> None:
        self.artifacts.leave(path)

    def progress(self, *, done: int, total: int) -> None:
        files = self.artifacts.files
        assert files.run is not None
        self.artifacts.files = replace(files, run=replace(files.run, done=done, total=total))

    def finish(self, result: RunResult) -> bool:
        files = self.artifacts.files
        if files.run is not None and files.run.asked > result.asked:
            return False
        self.artifacts.files = replace(files, run=None, last_run=result)
        return True

    # devpi's own files

    def places(self) -> Iterable[str]:
        return sorted(self.own)

    def unrecorded(self, place: str) -> Sequence[str]:
        return [handle for handle in self.own[place] if handle not in self.recorded]

    def look(self, handle: str) -> object | None:
        if handle in self.broken_own:
            raise Broken(handle)
        return handle

    def keep(self, found: object) -> bool:
        self.recorded.append(str(found))
        return True


class FakeIndexes:
    """Implements ``indexing.ports.Indexes``; a transaction that fails leaves nothing behind.

    ``writes`` counts the transactions that wrote; ``broken`` indexes cannot be opened.
    """

    def __init__(self) -> None:
        self.indexes: dict[str, FakeIndex] = {}
        self.broken: set[str] = set()
        self.writes = 0
        self.open = ""

    def __getitem__(self, index: str) -> FakeIndex:
        return self.indexes.setdefault(index, FakeIndex())

    def busy(self) -> Sequence[str]:
        if "" in self.broken:
            raise Broken("nothing can be opened")
        return [
            name
            for name, index in self.indexes.items()
            if index.files().paths or index.files().run is not None
        ]

    @contextmanager
    def reading(self, index: str) -> Iterator[OpenIndex | None]:
        try:
            yield self._opened(index, "read")
        finally:
            self.open = ""

    @contextmanager
    def writing(self, index: str) -> Iterator[OpenIndex | None]:
        known = self.indexes.get(index)
        restore = None if known is None else known.snapshot()
        self.writes += 1
        try:
            yield self._opened(index, "write")
        except BaseException:
            if restore is not None:
                restore()
            raise
        finally:
            self.open = ""

    def _opened(self, index: str, how: str) -> OpenIndex | None:
        if index in self.broken:
            raise Broken(index)
        assert not self.open, "one transaction at a time"
        known = self.indexes.get(index)
        if known is None:
            return None
        self.open = how
        return OpenIndex(
            artifacts=known.artifacts,
            deployment=Deployment("l", known.releases, known.artifacts),  # type: ignore[arg-type]
            queue=known,
            own_files=known,
            period=known.period,
        )
