"""Deleted artifacts and folders brought back from the trash can, with their properties."""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactExists
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import Conflict
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.bringing import bring
from devpi_artifactory_compat.repositories.bringing import bring_folder
from devpi_artifactory_compat.repositories.item_store import ItemStore
from devpi_artifactory_compat.repositories.item_store import TrashStore
from devpi_artifactory_compat.repositories.keys import TRASH_KEY
from devpi_artifactory_compat.repositories.walking import walk


class Restoration:
    """Out of the trash of one repository, ``key``, into this or another; in one transaction."""

    def __init__(
        self, key: str, trash: TrashStore, repository: Repository, store: ItemStore, *, user: str
    ) -> None:
        self._key = key
        self._trash = trash
        self._repository = repository
        self._store = store
        self._user = user

    def restore(self, path: str, to: str) -> int:
        """Bring back what was deleted from a path, a folder with all below it; how many files.

        Raises:
            ArtifactNotFound: nothing is kept that was there.
            Conflict: something else is there meanwhile.
            Forbidden: the repository does not take it.
        """
        item = self._trash.item(path)
        if item is None:
            raise ArtifactNotFound(TRASH_KEY, f"{self._key}/{path}")
        restored = self._one(item, path, to)
        base = len(item.path)
        for below in walk(self._look, item):
            rest = below.path[base:]
            restored += self._one(below, f"{path}{rest}".strip("/"), f"{to}{rest}".strip("/"))
        self._trash.drop(path)
        return restored

    def _look(self, shown: str) -> Artifact | Folder | None:
        return self._trash.item(shown[len(self._key) + 1 :])

    def _one(self, item: Artifact | Folder, path: str, to: str) -> int:
        if isinstance(item, Folder):
            bring_folder(self._repository, self._store, to, item.properties, user=self._user)
            return 0
        stored = self._trash.thrown(path)
        if stored is None:
            raise Conflict(f"The file '{self._key}:{path}' is not on this server.")
        try:
            bring(
                self._repository, stored, to, user=self._user, may_delete=False, keep_history=True
            )
        except ArtifactExists:
            raise Conflict(
                f"Other content is at '{self._repository.key}:{to}': delete it first, or restore "
                "to another path."
            ) from None
        self._store.set_statistics(to, stored.statistics)
        return 1
