"""Virtual repositories: several repositories under one URL.

Order of resolution: local members, then remote ones, each in the listed order; nested virtuals
are expanded where they stand (Artifactory, "Virtual Resolution Order").
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.versions import version_key
from devpi_artifactory_compat.repositories.base import MetadataFields
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.project_lists import merged
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search import merged as merged_found
from itertools import chain
from typing import TypeVar


T = TypeVar("T")

#: which of the ordered members a project may come from
MemberFilter = Callable[[Sequence[Repository], NormalizedName], Sequence[Repository]]


#: a member, and the way in which it is asked for a file
Lookup = tuple[Repository, Callable[[str], Content]]


def all_members(members: Sequence[Repository], project: NormalizedName) -> Sequence[Repository]:
    """Artifactory's rule: every member takes part."""
    return members


class VirtualRepository(Repository):
    """``members`` are locals and remotes only, already expanded; ``target`` takes the uploads."""

    def __init__(
        self,
        config: RepositoryConfig,
        members: Iterable[Repository],
        *,
        target: Repository | None,
        select: MemberFilter = all_members,
    ) -> None:
        super().__init__(config)
        self.members = tuple(sorted(members, key=_is_remote))
        self._target = target
        self._select = select

    def project_page(self, project: NormalizedName) -> ProjectPage:
        members = self._select(self.members, project)
        prior = [m for m in members if m.config.get_bool("priorityResolution")]
        rest = [m for m in members if not m.config.get_bool("priorityResolution")]
        failure: UpstreamError | None = None
        for group in (prior, rest):
            pages, failed = _collect(group, lambda member: member.project_page(project))
            if pages:
                return _merge(project, pages)
            # without an answer from a prior member nobody knows whether the others may serve
            if failed is not None and group is prior:
                raise failed
            failure = failed
        if failure is not None:
            raise failure
        raise ProjectNotFound(self.key, project)

    def project_list(self) -> ProjectList:
        lists, failure = _collect(self.members, lambda member: member.project_list())
        if not lists and failure is not None:
            raise failure
        return merged(lists)

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        found: dict[NormalizedName, list[tuple[Repository, FoundProject]]] = {}
        for member in self.members:
            for each in member.search(query):
                found.setdefault(each.project, []).append((member, each))
        allowed = (self._allowed(project, owned) for project, owned in found.items())
        return merged_found(chain.from_iterable(allowed))

    def _allowed(
        self, project: NormalizedName, found: Iterable[tuple[Repository, FoundProject]]
    ) -> list[FoundProject]:
        """What is found of a project by the members that its page would show."""
        members = self._select(self.members, project)
        prior = [m for m in members if m.config.get_bool("priorityResolution")]
        owners = [m for m in prior if any(m is owner for owner, _ in found)]
        # a project that a prior member has is not shown by others, whether it matches or not
        serving = owners or [m for m in prior if m.knows_project(project)] or members
        return [each for owner, each in found if any(owner is member for member in serving)]

    def knows_project(self, project: NormalizedName) -> bool:
        return any(member.knows_project(project) for member in self.members)

    def _lookups(self) -> Sequence[Lookup]:
        """Where a file is looked for, in this order."""
        return [(member, member.content) for member in self.members]

    def content(self, path: str) -> Content:
        failure: UpstreamError | None = None
        for member, look in self._lookups():
            try:
                return look(path)
            except ArtifactNotFound:
                continue
            except UpstreamError as exc:
                _fail_hard(member, exc)
                failure = exc
        if failure is not None:
            raise failure
        raise ArtifactNotFound(self.key, path)

    def item(self, path: str) -> Artifact | Folder:
        """The first member's file, or one folder with the children of all."""
        folders: list[Folder] = []
        for member in self.members:
            try:
                found = member.item(path)
            except ArtifactNotFound:
                continue
            if isinstance(found, Artifact):
                if not folders:
                    return found
                continue
            folders.append(found)
        if not folders:
            if path:
                raise ArtifactNotFound(self.key, path)
            # a repository is there, whoever its members are
            return _empty_root(self.config.key)
        children = {child.name: child for folder in reversed(folders) for child in folder.children}
        ordered = tuple(children[name] for name in sorted(children))
        return replace(folders[0], repository=self.config.key, children=ordered)

    def statistics(self, path: str) -> DownloadStatistics:
        """Those of the first member's artifact: that is the one which is served."""
        for member in self.members:
            try:
                return member.statistics(path)
            except ArtifactNotFound:
                continue
        raise ArtifactNotFound(self.key, path)

    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        members = self._select(self.members, project)
        found, failure = _collect(members, lambda m: m.release_metadata(project, version))
        if found:
            return found[0]
        raise failure or ProjectNotFound(self.key, f"{project} {version}")

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        return self._deployable().publish(form, user=user, may_delete=may_delete)

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        return self._deployable().deploy(new, may_delete=may_delete)

    def check_deploy(self, path: str, sha256: str, *, user: str, may_delete: bool) -> None:
        self._deployable().check_deploy(path, sha256, user=user, may_delete=may_delete)

    def make_folder(self, path: str, *, user: str) -> Folder:
        return self._deployable().make_folder(path, user=user)

    def _deployable(self) -> Repository:
        if self._target is None:
            raise NotAllowed(
                f"Virtual repository '{self.key}' takes no uploads: it has no default deployment "
                "repository. Set 'defaultDeploymentRepo', or upload to a local repository."
            )
        return self._target


def _empty_root(key: RepositoryKey) -> Folder:
    never = datetime.fromtimestamp(0, UTC)
    return Folder(
        repository=key, path="", created=never, created_by="", modified=never, modified_by=""
    )


def _is_remote(member: Repository) -> bool:
    return member.config.rclass is RepositoryClass.REMOTE


def _collect(
    members: Iterable[Repository], ask: Callable[[Repository], T]
) -> tuple[list[T], UpstreamError | None]:
    """The answers of all members that have one, and the first failure of those that may."""
    answers: list[T] = []
    failure: UpstreamError | None = None
    for member in members:
        try:
            answers.append(ask(member))
        except ProjectNotFound:
            continue
        except UpstreamError as exc:
            _fail_hard(member, exc)
            failure = failure or exc
    return answers, failure


def _fail_hard(member: Repository, failure: UpstreamError) -> None:
    """``hardFail``: the failure of this member is that of the virtual repository."""
    if member.config.get_bool("hardFail"):
        raise failure


def _merge(project: NormalizedName, pages: Sequence[ProjectPage]) -> ProjectPage:
    """One page; of files with the same name the first member's stays."""
    if len(pages) == 1:
        return pages[0]
    files: dict[str, ProjectFile] = {}
    for page in pages:
        for file in page.files:
            files.setdefault(file.filename, file)
    versions = dict.fromkeys(version for page in pages for version in page.versions)
    # what one member says of its project (status, PEP 708) is not true of all of them together
    return ProjectPage(
        name=project,
        files=tuple(files.values()),
        versions=tuple(sorted(versions, key=version_key)),
    )
