"""Remote repositories: an upstream's pages and files, fetched on demand and kept."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import ArtifactoryError
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import ScopeNotFound
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.model import NO_HASHES
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import project_of
from devpi_artifactory_compat.packages.filenames import version_of
from devpi_artifactory_compat.packages.metadata import parse_metadata
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.repositories.base import MetadataFields
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.fetching import FileFetch
from devpi_artifactory_compat.repositories.fetching import small_content
from devpi_artifactory_compat.repositories.holding import HoldingRepository
from devpi_artifactory_compat.repositories.paths import remote_path
from devpi_artifactory_compat.repositories.paths import split_sidecar
from devpi_artifactory_compat.repositories.paths import upstream_url
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from devpi_artifactory_compat.repositories.remote_ports import CachedPage
from devpi_artifactory_compat.repositories.remote_ports import FetchedPage
from devpi_artifactory_compat.repositories.remote_ports import KeptFile
from devpi_artifactory_compat.repositories.remote_ports import NamesCache
from devpi_artifactory_compat.repositories.remote_ports import PageAnswer
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.remote_ports import RemoteCache
from devpi_artifactory_compat.repositories.remote_ports import Upstream
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.remote_names import RemoteNames
from devpi_artifactory_compat.repositories.remote_search import RemoteSearches
from devpi_artifactory_compat.repositories.search import ProjectQuery
import hashlib


#: what is read of an upstream's ``.metadata`` or ``.asc``, in bytes
SIDECAR_LIMIT = 8 * 1024 * 1024


class RemoteRepository(HoldingRepository):
    """One index of type ``mirror``, or one scope of it; ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        config: RepositoryConfig,
        cache: RemoteCache,
        upstream: Upstream,
        *,
        names: NamesCache,
        artifacts: ArtifactStore,
        searches: RemoteSearches,
        clock: Callable[[], float],
        scope: str = "",
    ) -> None:
        super().__init__(config, artifacts)
        self._searches = searches
        self._cache = cache
        self._upstream = upstream
        self._clock = clock
        self._scope = scope
        self._names = RemoteNames(
            names,
            upstream,
            offline=self._offline,
            is_fresh=lambda checked: self._is_fresh(checked, "retrievalCachePeriodSecs"),
            missing=self._no_list,
            clock=clock,
        )

    # pages

    def project_page(self, project: NormalizedName) -> ProjectPage:
        page = self._page(project)
        kept = self._cache.kept_files(project)
        return ProjectPage(
            name=project,
            files=tuple(_project_file(file, kept) for file in page.files),
            versions=_with_versions(page, project).versions,
            status=page.status,
            status_reason=page.status_reason,
            alternate_locations=page.alternate_locations,
            tracks=page.tracks,
        )

    def _page(self, project: NormalizedName) -> UpstreamPage:
        fresh = self._fresh_page(project)
        if fresh is not None:
            return fresh
        try:
            with self._cache.lock(project):
                # somebody else may have fetched it while this request waited
                fresh = self._fresh_page(project)
                return fresh if fresh is not None else self._fetch_page(project)
        except UpstreamTimeout:
            cached = self._cache.page(project)
            if cached is None:
                raise
            return cached.page

    def _fresh_page(self, project: NormalizedName) -> UpstreamPage | None:
        cached = self._cache.page(project)
        if cached is not None:
            if self._offline or self._is_fresh(cached.checked, "retrievalCachePeriodSecs"):
                return cached.page
            return None
        missing = self._cache.missing_since(project)
        if self._offline or (
            missing is not None and self._is_fresh(missing, "missedRetrievalCachePeriodSecs")
        ):
            raise ProjectNotFound(self.key, project)
        return None

    def _is_fresh(self, since: float, period: str) -> bool:
        return self._clock() - since < self.config.get_int(period) and since > self._cache.zapped()

    @property
    def _offline(self) -> bool:
        return self.config.get_bool("offline")

    def _fetch_page(self, project: NormalizedName) -> UpstreamPage:
        cached = self._cache.page(project)
        try:
            answer = self._ask(project, cached)
        except UpstreamError:
            # a page that may be old is better than none: installs go on while the upstream is gone
            if cached is None:
                raise
            return cached.page
        now = self._clock()
        if answer is PageAnswer.NOT_MODIFIED and cached is not None:
            confirmed = CachedPage(page=cached.page, etag=cached.etag, checked=now)
            self._cache.confirm_page(project, confirmed)
            return cached.page
        if isinstance(answer, PageAnswer):
            # the upstream's word counts: what it withdrew must not live on here
            self._cache.save_missing(project, now)
            raise ProjectNotFound(self.key, project)
        page = _with_versions(answer.page, project)
        self._cache.save_page(project, CachedPage(page=page, etag=answer.etag, checked=now))
        return page

    def _ask(self, project: NormalizedName, cached: CachedPage | None) -> FetchedPage | PageAnswer:
        """The upstream's answer; what may be an error page with status 200 says nothing lasting."""
        etag = None if cached is None else cached.etag
        answer = self._upstream.project_page(project, etag=etag)
        if isinstance(answer, FetchedPage) and not answer.page.conclusive:
            if cached is not None and cached.page.files:
                raise UpstreamError(f"The upstream's page of '{project}' shows no files any more.")
            raise ProjectNotFound(self.key, project)
        return answer

    def project_list(self) -> ProjectList:
        try:
            projects = self._names.project_list()
        except UpstreamError:
            known = listed(self._cache.cached_names())
            if not known.count:
                raise
            return known
        if projects is not None:
            return projects
        known = listed(self._cache.cached_names())
        if self._scope and not known.count:
            raise ScopeNotFound(self.key, self._scope)
        return known

    def _no_list(self) -> ArtifactoryError:
        """What it means that the upstream has no list: a scope exists where one is."""
        if self._scope:
            return ScopeNotFound(self.key, self._scope)
        return UpstreamError(
            "The upstream has no list of all projects. Each project can still be asked for by its "
            "name."
        )

    # search

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        return self._searches.search(query, offline=self._offline)

    def knows_project(self, project: NormalizedName) -> bool:
        return self._cache.page(project) is not None

    # files

    def cached_content(self, path: str) -> Content:
        """What is kept at a path; the upstream is not asked. Raises ArtifactNotFound."""
        owner, suffix = split_sidecar(path)
        kept = self._cache.content(path)
        if kept is None and suffix:
            kept = self._cache.sidecar(owner, suffix)
        if kept is None:
            raise ArtifactNotFound(f"{self.key}-cache", path)
        return kept

    def content(self, path: str) -> Content:
        stored = self._cache.content(path)
        if stored is not None:
            return stored
        owner, suffix = split_sidecar(path)
        if suffix:
            return self._sidecar(owner, suffix)
        return self._fetching(path, *self._locate(path)).content()

    def _locate(self, path: str) -> tuple[UpstreamFile, NormalizedName]:
        """Where the upstream has the file of a path, and the project that it belongs to."""
        filename = path.rpartition("/")[2]
        project = project_of(filename)
        if project is None or self._offline:
            raise ArtifactNotFound(self.key, path)
        try:
            page = self._page(project)
        except ProjectNotFound:
            page = None
        for file in page.files if page is not None else ():
            if file.filename == filename and remote_path(file) == path:
                return file, project
        # a link in an old lock file: the page may not show it any more
        url = upstream_url(self.config.get_str("url"), path)
        if url is None:
            raise ArtifactNotFound(self.key, path)
        return UpstreamFile(url=url, filename=filename), project

    def _fetching(self, path: str, file: UpstreamFile, project: NormalizedName) -> FileFetch:
        return FileFetch(
            self.config, self._cache, self._upstream, path=path, file=file, project=project
        )

    def _sidecar(self, owner: str, suffix: str) -> Content:
        kept = self._cache.sidecar(owner, suffix)
        if kept is not None:
            return kept
        file, project = self._locate(owner)
        url = {
            ".asc": f"{file.url}.asc" if file.gpg_signature else None,
            ".provenance": file.provenance,
        }.get(suffix)
        if suffix == ".metadata" and file.filename.endswith(".whl"):
            found = self._metadata(owner, file, project)
        else:
            found = None if url is None else self._small_file(owner, suffix, url)
        if found is None:
            raise ArtifactNotFound(self.key, owner + suffix)
        return found

    def _metadata(self, owner: str, file: UpstreamFile, project: NormalizedName) -> Content | None:
        if file.core_metadata is not None:
            promised = file.core_metadata.get("sha256")
            found = self._small_file(owner, ".metadata", f"{file.url}.metadata", sha256=promised)
            if found is not None:
                return found
        # no metadata upstream, or not the promised one: the wheel itself tells
        body = self._fetching(owner, file, project).metadata()
        kept = self._cache.sidecar(owner, ".metadata")
        if kept is not None or body is None:
            return kept
        return small_content(f"{file.filename}.metadata", body)

    def _small_file(
        self, owner: str, suffix: str, url: str, *, sha256: str | None = None
    ) -> Content | None:
        """What the upstream has beside a file; None when it is not there, or another."""
        with self._cache.lock(owner + suffix):
            # somebody else may have fetched it while this request waited
            self._cache.refresh()
            kept = self._cache.sidecar(owner, suffix)
            if kept is not None:
                return kept
            body = self._upstream.read(url, limit=SIDECAR_LIMIT)
            if body is None or not _has_digest(body, sha256):
                return None
            if self.config.get_bool("storeArtifactsLocally"):
                return self._cache.save_sidecar(owner, suffix, body)
        return small_content(owner.rpartition("/")[2] + suffix, body)

    # metadata

    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        page = self._page(project)
        files = [f for f in page.files if version_of(f.filename, project) == version]
        if not files:
            raise ProjectNotFound(self.key, f"{project} {version}")
        found = self._own_metadata(files) or self._upstream.release_info(project, version)
        fields: dict[str, str | Sequence[str]] = {"name": project, "version": version}
        if files[0].requires_python:
            fields["requires_python"] = files[0].requires_python
        return {**fields, **found}

    def _own_metadata(self, files: Sequence[UpstreamFile]) -> MetadataFields:
        """From the metadata of a wheel, if it can be had without the wheel; else empty."""
        for file in files:
            path = remote_path(file)
            kept = self._cache.sidecar(path, ".metadata")
            if kept is None and file.core_metadata is None:
                continue
            try:
                return parse_metadata(_read(kept or self.content(f"{path}.metadata"))).fields
            except ArtifactoryError:
                # somebody else may know
                break
        return {}

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        raise NotAllowed(
            f"Remote repository '{self.key}' takes no uploads: it holds what its upstream has. "
            "Upload to a local repository, or to a virtual one with a default deployment "
            "repository."
        )


def _with_versions(page: UpstreamPage, project: NormalizedName) -> UpstreamPage:
    """The page with the versions of its files when the upstream states none.

    Told once for a kept page: reading ten thousand names takes a tenth of a second.
    """
    if page.versions:
        return page
    versions = filter(None, (version_of(file.filename, project) for file in page.files))
    return replace(page, versions=tuple(dict.fromkeys(versions)))


def _project_file(file: UpstreamFile, files: Mapping[str, KeptFile]) -> ProjectFile:
    """What is shown of an upstream's file; ``files`` are those that are here, by their paths."""
    path = remote_path(file)
    kept = files.get(path)
    hashes = file.hashes
    if kept is not None and "sha256" not in hashes:
        hashes = {**hashes, "sha256": kept.sha256}
    return ProjectFile(
        filename=file.filename,
        path=path,
        hashes=hashes,
        requires_python=file.requires_python,
        yanked=file.yanked if kept is None or kept.yanked is None else kept.yanked,
        size=file.size if kept is None else kept.size,
        upload_time=file.upload_time,
        core_metadata=_advertised_metadata(file, kept),
        gpg_signature=file.gpg_signature,
        provenance=None if file.provenance is None else f"{path}.provenance",
    )


def _advertised_metadata(file: UpstreamFile, kept: KeptFile | None) -> Mapping[str, str] | None:
    """Every wheel has metadata: the upstream's own, or read from the wheel when asked for."""
    if not file.filename.endswith(".whl"):
        return None
    if kept is not None and kept.metadata_sha256 is not None:
        return {"sha256": kept.metadata_sha256}
    return file.core_metadata or NO_HASHES


def _has_digest(body: bytes, sha256: str | None) -> bool:
    return sha256 is None or hashlib.sha256(body).hexdigest() == sha256.lower()


def _read(content: Content) -> bytes:
    assert content.open is not None
    with content.open() as body:
        return body.read()
