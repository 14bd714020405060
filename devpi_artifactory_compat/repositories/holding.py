"""What all repositories have in common that hold artifacts, their own or an upstream's."""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.paths import CACHE_SUFFIX
from devpi_artifactory_compat.repositories.ports import ArtifactStore


class HoldingRepository(Repository):
    """A local repository, or a remote one with what it has cached."""

    def __init__(self, config: RepositoryConfig, artifacts: ArtifactStore) -> None:
        super().__init__(config)
        self._artifacts = artifacts

    @property
    def _holder(self) -> str:
        """The key under which the artifacts lie."""
        is_remote = self.config.rclass is RepositoryClass.REMOTE
        return f"{self.key}{CACHE_SUFFIX}" if is_remote else self.key

    def item(self, path: str) -> Artifact | Folder:
        found = self._artifacts.item(path)
        if found is None:
            raise ArtifactNotFound(self._holder, path)
        return found

    def statistics(self, path: str) -> DownloadStatistics:
        if not isinstance(self.item(path), Artifact):
            raise ArtifactNotFound(self._holder, path)
        return self._artifacts.statistics(path)
