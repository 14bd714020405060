"""What a repository's settings keep from its users: patterns and black-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import project_of
from devpi_artifactory_compat.packages.filenames import version_of
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.repositories.base import MetadataFields
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.paths import split_sidecar
from devpi_artifactory_compat.repositories.patterns import Patterns
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.project_lists import filtered
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.search import ProjectQuery
from packaging.utils import canonicalize_name


def restricted(repository: Repository, *, by: RepositoryConfig) -> Repository:
    """The repository as settings let it be seen: its own, or those of a virtual above it.

    That is the repository itself when they restrict nothing.
    """
    if by.get_bool("blackedOut"):
        return BlackedOutRepository(repository.config)
    patterns = Patterns.parse(by.get_str("includesPattern"), by.get_str("excludesPattern"))
    return repository if patterns.accepts_everything else FilteredRepository(repository, patterns)


class BlackedOutRepository(Repository):
    """``blackedOut``: takes part in nothing until the setting is taken back."""

    def project_page(self, project: NormalizedName) -> ProjectPage:
        raise ProjectNotFound(self.key, project)

    def project_list(self) -> ProjectList:
        return listed(())

    def item(self, path: str) -> Artifact | Folder:
        raise ArtifactNotFound(self.key, path)

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        return ()

    def knows_project(self, project: NormalizedName) -> bool:
        return False

    def content(self, path: str) -> Content:
        raise ArtifactNotFound(self.key, path)

    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        raise ProjectNotFound(self.key, f"{project} {version}")

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        raise self._closed()

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        raise self._closed()

    def check_deploy(self, path: str, sha256: str, *, user: str, may_delete: bool) -> None:
        raise self._closed()

    def make_folder(self, path: str, *, user: str) -> Folder:
        raise self._closed()

    def _closed(self) -> Forbidden:
        return Forbidden(f"Repository '{self.key}' is blacked out and takes no uploads.")


class FilteredRepository(Repository):
    """``includesPattern`` and ``excludesPattern``: what does not fit is not there."""

    def __init__(self, repository: Repository, patterns: Patterns) -> None:
        super().__init__(repository.config)
        self._repository = repository
        self._patterns = patterns

    def project_page(self, project: NormalizedName) -> ProjectPage:
        if not self._patterns.accepts_project(project):
            raise ProjectNotFound(self.key, project)
        page = self._repository.project_page(project)
        files = tuple(f for f in page.files if self._patterns.accepts_file(f.path, project))
        if not files:
            raise ProjectNotFound(self.key, project)
        if len(files) == len(page.files):
            return page
        left = {version_of(file.filename, project) for file in files}
        versions = tuple(version for version in page.versions if version in left)
        return replace(page, files=files, versions=versions)

    def project_list(self) -> ProjectList:
        """Those that may have a page; whether a file is left is not looked at."""
        patterns = self._patterns
        return filtered(
            self._repository.project_list(), patterns.accepts_project, rule=repr(patterns)
        )

    def item(self, path: str) -> Artifact | Folder:
        found = self._repository.item(path)
        if isinstance(found, Artifact):
            self._check(path)
            return found
        prefix = f"{path}/" if path else ""
        left = tuple(
            child
            for child in found.children
            if child.is_folder or self._accepts(f"{prefix}{child.name}")
        )
        return replace(found, children=left)

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        return self._repository.search(query.through(self._patterns))

    def knows_project(self, project: NormalizedName) -> bool:
        """True also when the patterns leave none of its files: too little is shown then."""
        return self._patterns.accepts_project(project) and self._repository.knows_project(project)

    def statistics(self, path: str) -> DownloadStatistics:
        self._check(path)
        return self._repository.statistics(path)

    def content(self, path: str) -> Content:
        self._check(path)
        return self._repository.content(path)

    def cached_content(self, path: str) -> Content:
        """What is kept at a path. Raises ArtifactNotFound."""
        self._check(path)
        return self._repository.cached_content(path)

    def _accepts(self, path: str) -> bool:
        if self.config.package_type is PackageType.GENERIC:
            return self._patterns.accepts_file(path, None)
        owner = split_sidecar(path)[0]
        return self._patterns.accepts_file(owner, project_of(owner.rpartition("/")[2]))

    def _check(self, path: str) -> None:
        if not self._accepts(path):
            raise ArtifactNotFound(self.key, path)

    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        if not self._patterns.accepts_project(project):
            raise ProjectNotFound(self.key, f"{project} {version}")
        return self._repository.release_metadata(project, version)

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        name, version = form.first("name") or "", form.first("version") or ""
        path = f"{name}/{version}/{form.filename or ''}"
        if not self._patterns.accepts_file(path, canonicalize_name(name)):
            raise self._refused(path)
        return self._repository.publish(form, user=user, may_delete=may_delete)

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        if not self._accepts(new.path):
            raise self._refused(new.path)
        return self._repository.deploy(new, may_delete=may_delete)

    def check_deploy(self, path: str, sha256: str, *, user: str, may_delete: bool) -> None:
        if not self._accepts(path):
            raise self._refused(path)
        self._repository.check_deploy(path, sha256, user=user, may_delete=may_delete)

    def make_folder(self, path: str, *, user: str) -> Folder:
        return self._repository.make_folder(path, user=user)

    def _refused(self, path: str) -> Forbidden:
        return Forbidden(f"The patterns of repository '{self.key}' do not accept '{path[:300]}'.")
