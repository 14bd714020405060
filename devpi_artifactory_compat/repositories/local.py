"""Local repositories: distributions that people and jobs upload."""

from __future__ import annotations

from collections.abc import Sequence
from devpi_artifactory_compat.errors import ArtifactExists
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import RegistrationNotNeeded
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.metadata import check_agrees
from devpi_artifactory_compat.packages.metadata import read_metadata
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upload_form import check_digests
from devpi_artifactory_compat.packages.upload_form import metadata_fields
from devpi_artifactory_compat.packages.versions import version_key
from devpi_artifactory_compat.repositories.base import MetadataFields
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.paths import local_path
from devpi_artifactory_compat.repositories.paths import split_sidecar
from devpi_artifactory_compat.repositories.ports import LocalStore
from devpi_artifactory_compat.repositories.ports import NewRelease
from devpi_artifactory_compat.repositories.ports import Outcome
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.ports import Release
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search import ProjectSearch
from packaging.utils import canonicalize_name
import re


MAX_NAME_LENGTH = 200
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


class LocalRepository(Repository):
    """The distributions of one index of type ``stage``."""

    def __init__(
        self, config: RepositoryConfig, store: LocalStore, *, projects: ProjectSearch
    ) -> None:
        super().__init__(config)
        self._store = store
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
        owner, suffix = split_sidecar(path)
        release = self._release_at(owner)
        if release is None:
            raise ArtifactNotFound(self.key, path)
        found = self._store.sidecar(release, suffix) if suffix else self._store.content(release)
        if found is None:
            raise ArtifactNotFound(self.key, path)
        return found

    def _release_at(self, path: str) -> Release | None:
        """The release at ``<name>/<version>/<file>``, the name in any spelling."""
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
        project = canonicalize_name(new.name)
        present = self._store.release(project, new.distribution.filename)
        if present is None:
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
    if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        raise InvalidUpload(
            f"'{name[:100]}' is no valid project name: letters, digits, '.', '_' and '-', "
            f"a letter or digit at both ends, at most {MAX_NAME_LENGTH} characters."
        )
    if len(version) > MAX_NAME_LENGTH or not _VERSION.fullmatch(version):
        raise InvalidUpload(f"'{version[:100]}' is no valid version.")
    return name, version
