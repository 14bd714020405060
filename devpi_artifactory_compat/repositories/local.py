"""Local repositories: distributions that people and jobs upload."""

from __future__ import annotations

from collections.abc import Sequence
from devpi_artifactory_compat.errors import ArtifactExists
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import RegistrationNotNeeded
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.identification import check_name_and_version
from devpi_artifactory_compat.packages.metadata import check_agrees
from devpi_artifactory_compat.packages.metadata import read_metadata
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upload_form import check_digests
from devpi_artifactory_compat.packages.upload_form import metadata_fields
from devpi_artifactory_compat.packages.versions import version_key
from devpi_artifactory_compat.repositories.base import MetadataFields
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.deploying import Deployment
from devpi_artifactory_compat.repositories.layout import check_release
from devpi_artifactory_compat.repositories.holding import HoldingRepository
from devpi_artifactory_compat.repositories.paths import local_path
from devpi_artifactory_compat.repositories.paths import split_sidecar
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from devpi_artifactory_compat.repositories.ports import LocalStore
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import NewRelease
from devpi_artifactory_compat.repositories.ports import Outcome
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.ports import Release
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search import ProjectSearch
from packaging.utils import canonicalize_name


class LocalRepository(HoldingRepository):
    """The files of one index of type ``stage``; its distributions can be resolved."""

    def __init__(
        self,
        config: RepositoryConfig,
        store: LocalStore,
        artifacts: ArtifactStore,
        *,
        projects: ProjectSearch,
    ) -> None:
        super().__init__(config, artifacts)
        self._store = store
        self._deployment = Deployment(self.key, store, artifacts)
        self._projects = projects

    def project_page(self, project: NormalizedName) -> ProjectPage:
        releases = self._store.releases(project)
        if not releases:
            raise ProjectNotFound(self.key, project)
        ordered = sorted(releases, key=lambda r: (version_key(r.version), r.filename))
        return ProjectPage(
            name=project,
            files=tuple(map(_project_file, ordered)),
            versions=tuple(dict.fromkeys(release.version for release in ordered)),
        )

    def project_list(self) -> ProjectList:
        return listed(self._store.project_names())

    def has_project(self, project: NormalizedName) -> bool:
        return self._store.has_project(project)

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        return self._projects.search(query)

    def knows_project(self, project: NormalizedName) -> bool:
        return bool(self._store.releases(project))

    def content(self, path: str) -> Content:
        return self._artifacts.content(path) or self._release_content(path)

    def _release_content(self, path: str) -> Content:
        """A distribution by a path in another spelling, or what lies beside it."""
        owner, suffix = split_sidecar(path)
        release = self._release_at(owner)
        if release is None:
            raise ArtifactNotFound(self.key, path)
        found = self._store.sidecar(release, suffix) if suffix else self._store.content(release)
        if found is None:
            raise ArtifactNotFound(self.key, path)
        return found

    def _release_at(self, path: str) -> Release | None:
        """The release at a path; at ``<name>/<version>/<file>`` with the name in any spelling."""
        item = self._artifacts.item(path)
        if isinstance(item, Artifact):
            return self._store.release(item.project, item.filename) if item.project else None
        match path.split("/"):
            case [name, version, filename]:
                pass
            case _:
                return None
        release = self._store.release(canonicalize_name(name), filename)
        if release is None or version not in (release.version, release.path.split("/")[1]):
            return None
        return release

    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        metadata = self._store.metadata(project, version)
        if metadata is None:
            raise ProjectNotFound(self.key, f"{project} {version}")
        return metadata  # type: ignore[return-value]  # the store keeps strings and lists of them

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        new = _checked_upload(form, user=user)
        check_release(self.config, new)
        project = canonicalize_name(new.name)
        present = self._store.release(project, new.distribution.filename)
        if present is None:
            self._check_free(new, user, may_delete=may_delete)
            self._store.add(new)
            return Publication(repository=self.key, path=new.path, outcome=Outcome.STORED)
        if present.sha256 == new.checksums.sha256:
            return Publication(
                repository=self.key, path=present.path, outcome=Outcome.ALREADY_THERE
            )
        if not (may_delete and self._store.may_replace()):
            raise ArtifactExists(self.key, present.path, user)
        self._store.add(new)
        return Publication(repository=self.key, path=new.path, outcome=Outcome.REPLACED)

    def _check_free(self, new: NewRelease, user: str, *, may_delete: bool) -> None:
        """What was deployed to that path and is not resolved gives way only to who may delete."""
        self._deployment.check_place(new.path)
        there = self._artifacts.item(new.path)
        if isinstance(there, Folder):
            raise Conflict(f"'{self.key}:{new.path}' is a folder.")
        if there is None or there.checksums.sha256 == new.checksums.sha256:
            return
        if not (may_delete and self._store.may_replace()):
            raise ArtifactExists(self.key, new.path, user)

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        return self._deployment.deploy(new, may_delete=may_delete)

    def check_deploy(self, path: str, sha256: str, *, user: str, may_delete: bool) -> None:
        self._deployment.check(path, sha256, user=user, may_delete=may_delete)

    def make_folder(self, path: str, *, user: str) -> Folder:
        return self._deployment.make_folder(path, user=user)


def _project_file(release: Release) -> ProjectFile:
    return ProjectFile(
        filename=release.filename,
        path=release.path,
        hashes={"sha256": release.sha256},
        requires_python=release.requires_python,
        yanked=release.yanked,
        size=release.size,
        upload_time=release.uploaded,
        core_metadata=None
        if release.metadata_sha256 is None
        else {"sha256": release.metadata_sha256},
        gpg_signature=release.signed or None,
    )


def _checked_upload(form: UploadForm, *, user: str) -> NewRelease:
    """The form as a release, after every check that needs no store."""
    check_action(form)
    if form.file is None or form.filename is None or form.checksums is None:
        raise InvalidUpload("The form has no file: the part 'content' is missing.")
    name, version = _name_and_version(form)
    distribution = parse_distribution(form.filename)
    check_digests(form)
    metadata = read_metadata(form.file, distribution)
    check_agrees(distribution, metadata, name=name, version=version)
    attestations = form.first("attestations")
    return NewRelease(
        distribution=distribution,
        name=name,
        version=version,
        path=local_path(name, version, form.filename),
        file=form.file,
        size=form.size,
        checksums=form.checksums,
        # what the form leaves out the file itself tells
        fields={**({} if metadata is None else metadata.fields), **metadata_fields(form)},
        core_metadata=None if metadata is None else metadata.raw,
        signature=form.signature,
        attestations=None if attestations is None else attestations.encode(),
        user=user,
    )


def check_action(form: UploadForm) -> None:
    """Refuse every ``:action`` but ``file_upload``.

    Raises:
        RegistrationNotNeeded: the client wants to register a project.
        InvalidUpload: the action is missing or unknown.
    """
    if form.action == "file_upload":
        return
    if form.action in {"submit", "verify"}:
        raise RegistrationNotNeeded
    if not form.action:
        raise InvalidUpload("The form has no field ':action'.")
    raise InvalidUpload(f"The action '{form.action[:100]}' is not supported, only 'file_upload'.")


def _name_and_version(form: UploadForm) -> tuple[str, str]:
    name = (form.first("name") or "").strip()
    version = (form.first("version") or "").strip()
    if not name or not version:
        raise InvalidUpload("The form must carry 'name' and 'version'.")
    check_name_and_version(name, version)
    return name, version
