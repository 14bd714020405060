"""The one interface of local, remote and virtual repositories."""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.ports import NewArtifact
from devpi_artifactory_compat.repositories.ports import Publication
from devpi_artifactory_compat.repositories.search import ProjectQuery


MetadataFields = Mapping[str, str | Sequence[str]]


class Repository(ABC):
    """A repository as its readers and publishers see it.

    Every method raises only the errors that it names here; the failure contract is written
    once, for all implementations.
    """

    def __init__(self, config: RepositoryConfig) -> None:
        self.config = config

    @property
    def key(self) -> str:
        return self.config.key

    @abstractmethod
    def project_page(self, project: NormalizedName) -> ProjectPage:
        """The files of a project.

        Raises:
            ProjectNotFound: the repository does not have the project.
            UpstreamError: it may have it, and that cannot be found out now.
        """

    @abstractmethod
    def project_list(self) -> ProjectList:
        """Every project, to be read as a stream.

        Raises:
            UpstreamError: the list cannot be had now.
        """

    def has_project(self, project: NormalizedName) -> bool:
        """Raises UpstreamError when that cannot be found out now."""
        try:
            self.project_page(project)
        except ProjectNotFound:
            return False
        return True

    @abstractmethod
    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        """What matches, in any order, each project once in the version that a user most likely
        wants; more than ``MAX_RESULTS`` may be missing.

        An upstream that fails, or that cannot be searched, counts as no answer.

        Raises:
            SearchUnavailable: only summaries are asked for, and they cannot be searched now.
        """

    @abstractmethod
    def knows_project(self, project: NormalizedName) -> bool:
        """``has_project`` by what is here: no upstream is asked. Raises nothing."""

    @abstractmethod
    def content(self, path: str) -> Content:
        """The file at a path, or one that belongs to it (``<path>.metadata``, ``<path>.asc``).

        Raises:
            ArtifactNotFound: there is none.
            UpstreamError: there may be one, and that cannot be found out now.
        """

    @abstractmethod
    def item(self, path: str) -> Artifact | Folder:
        """The artifact or folder at a path, "" for the root; of a remote what it has cached.

        Raises:
            ArtifactNotFound: there is none.
        """

    def statistics(self, path: str) -> DownloadStatistics:
        """How often the artifact at a path was downloaded, through whichever repository.

        Raises:
            ArtifactNotFound: there is none.
        """
        raise ArtifactNotFound(self.key, path)

    def cached_content(self, path: str) -> Content:
        """What a remote keeps at a path, without asking its upstream.

        Raises:
            ArtifactNotFound: nothing is kept there, or the repository keeps nothing of others.
        """
        raise ArtifactNotFound(self.key, path)

    @abstractmethod
    def release_metadata(self, project: NormalizedName, version: str) -> MetadataFields:
        """The core metadata of one version, spelled as the upload form spells it.

        Raises:
            ProjectNotFound: the repository does not have the project in this version.
            UpstreamError: it may have it, and that cannot be found out now.
        """

    def publish(self, form: UploadForm, *, user: str, may_delete: bool) -> Publication:
        """Store an uploaded distribution; it can be resolved as soon as this returns.

        Raises:
            InvalidUpload: the distribution is not what it says; nothing is stored.
            ArtifactExists: other content is stored under that name and stays.
            NotAllowed: the repository takes no uploads.
        """
        raise NotAllowed(f"Repository '{self.key}' takes no uploads.")

    def deploy(self, new: NewArtifact, *, may_delete: bool) -> Artifact:
        """Store a file at a path.

        Raises:
            ArtifactExists: other content is stored there and stays.
            Conflict: a folder is there, or a file where a folder would have to be.
            NotAllowed: the repository takes no deployments.
        """
        raise NotAllowed(f"Repository '{self.key}' takes no deployments.")

    def check_deploy(self, path: str, sha256: str, *, user: str, may_delete: bool) -> None:
        """Raises what ``deploy`` would raise for content of that checksum; stores nothing."""
        raise NotAllowed(f"Repository '{self.key}' takes no deployments.")

    def make_folder(self, path: str, *, user: str) -> Folder:
        """Make a folder and those above it; one that is there stays as it is.

        Raises:
            Conflict: a file is there or above.
            NotAllowed: the repository takes no deployments.
        """
        raise NotAllowed(f"Repository '{self.key}' takes no deployments.")
