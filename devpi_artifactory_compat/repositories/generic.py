"""Repositories of package type generic: files at paths, and nothing that installers resolve."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import WrongPackageType
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.base import MetadataFields
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.deploying import Deployment
from devpi_artifactory_compat.repositories.fetching import FileFetch
from devpi_artifactory_compat.repositories.holding import HoldingRepository
from devpi_artifactory_compat.repositories.paths import url_below
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from devpi_artifactory_compat.repositories.ports import LocalStore
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.remote_ports import RemoteCache
from devpi_artifactory_compat.repositories.remote_ports import Upstream
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.virtual import Lookup
from devpi_artifactory_compat.repositories.virtual import VirtualRepository
from typing import Protocol


class GenericRepository(Repository):
    """Has no projects."""

    def project_page(self, project: NormalizedName) -> ProjectPage:
        raise ProjectNotFound(self.key, project)

    def project_list(self) -> ProjectList:
        return listed(())

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        return ()

    def knows_project(self, project: NormalizedName) -> bool:
        return False

    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        raise ProjectNotFound(self.key, f"{project} {version}")

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        """Raises WrongPackageType."""
        raise WrongPackageType(self.key, self.config.package_type)


class GenericCache(RemoteCache, Protocol):
    """What a remote repository of generic files keeps of its upstream."""

    def file_missing_since(self, path: str) -> float | None:
        """When the upstream last said that it has no file at a path."""
        ...

    def save_file_missing(self, path: str, now: float) -> None:
        """May be called in the thread of a download."""
        ...


class GenericLocalRepository(HoldingRepository, GenericRepository):
    """Files that people and jobs deploy; ``store`` knows whether they may be replaced."""

    def __init__(
        self, config: RepositoryConfig, store: LocalStore, artifacts: ArtifactStore
    ) -> None:
        super().__init__(config, artifacts)
        self._deployment = Deployment(self.key, store, artifacts)

    def content(self, path: str) -> Content:
        found = self._artifacts.content(path)
        if found is None:
            raise ArtifactNotFound(self.key, path)
        return found

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        plain = replace(new, state=ArtifactState.GENERIC, identified=None)
        return self._deployment.deploy(plain, may_delete=may_delete)

    def check_deploy(self, path: str, sha256: str, *, user: str, may_delete: bool) -> None:
        self._deployment.check(path, sha256, user=user, may_delete=may_delete)

    def make_folder(self, path: str, *, user: str) -> Folder:
        return self._deployment.make_folder(path, user=user)


class GenericRemoteRepository(HoldingRepository, GenericRepository):
    """The files below an upstream's URL, each fetched when it is asked for, and kept.

    What is kept stays as it is: only its deletion lets it be fetched again. ``clock`` gives
    seconds since the epoch.
    """

    def __init__(
        self,
        config: RepositoryConfig,
        cache: GenericCache,
        upstream: Upstream,
        *,
        artifacts: ArtifactStore,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(config, artifacts)
        self._cache = cache
        self._upstream = upstream
        self._clock = clock

    def cached_content(self, path: str) -> Content:
        """What is kept at a path; the upstream is not asked. Raises ArtifactNotFound."""
        kept = self._cache.content(path)
        if kept is None:
            raise ArtifactNotFound(f"{self.key}-cache", path)
        return kept

    def content(self, path: str) -> Content:
        kept = self._cache.content(path)
        if kept is not None:
            return kept
        if self.config.get_bool("offline") or self._is_missing(path):
            raise ArtifactNotFound(self.key, path)
        return GenericFetch(
            self.config,
            self._cache,
            self._upstream,
            path=path,
            url=url_below(self.config.get_str("url"), path),
            clock=self._clock,
        ).content()

    def _is_missing(self, path: str) -> bool:
        since = self._cache.file_missing_since(path)
        if since is None or since <= self._cache.zapped():
            return False
        return self._clock() - since < self.config.get_int("missedRetrievalCachePeriodSecs")


class GenericFetch(FileFetch):
    """A file of which nothing is known but its URL, not even whether there is one."""

    def __init__(
        self,
        config: RepositoryConfig,
        cache: GenericCache,
        upstream: Upstream,
        *,
        path: str,
        url: str,
        clock: Callable[[], float],
    ) -> None:
        file = UpstreamFile(url=url, filename=path.rpartition("/")[2])
        super().__init__(config, cache, upstream, path=path, file=file, project=None)
        self._absences = cache
        self._clock = clock

    def content(self) -> Content:
        """Raises ArtifactNotFound and UpstreamError at once: another repository may have it."""
        if not self._config.get_bool("storeArtifactsLocally"):
            passed_on = _begun(self._pass_on())
            return self._content(passed_on, store=lambda: self._collected(passed_on))
        found = self._find()
        if isinstance(found, Content):
            return found
        followed = _begun(Stream(size=found.size(), chunks=found))
        return self._content(followed, store=lambda: self._kept(found))

    def _content(self, stream: Stream, *, store: Callable[[], Content]) -> Content:
        return Content(
            filename=self._file.filename,
            size=None,
            modified=None,
            stream=lambda: stream,
            store=store,
        )

    def _ask(self) -> Stream | None:
        stream = self._upstream.open(self._file.url, folders=False)
        if stream is None:
            self._absences.save_file_missing(self._path, self._clock())
        return stream


def _begun(stream: Stream) -> Stream:
    """The stream once its first piece is there. Raises what keeps that from coming."""
    first = next(stream.chunks, b"")
    return replace(stream, chunks=_rejoined(first, stream.chunks))


def _rejoined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()


class GenericVirtualRepository(VirtualRepository):
    """Files of several repositories under one URL, the first one's at each path."""

    def _lookups(self) -> Sequence[Lookup]:
        """Artifactory's order: locals, what remotes have cached, then their upstreams."""
        remotes = [m for m in self.members if m.config.rclass is RepositoryClass.REMOTE]
        return (
            *((m, m.content) for m in self.members if m not in remotes),
            *((m, m.cached_content) for m in remotes),
            *((m, m.content) for m in remotes),
        )
