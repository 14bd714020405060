"""Files and folders deleted from a repository (Artifactory's "Delete Item")."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.repositories.item_store import ItemStore
from devpi_artifactory_compat.repositories.item_store import TrashStore
from devpi_artifactory_compat.repositories.walking import walk


def remove_item(
    key: str,
    store: ItemStore,
    path: str,
    *,
    user: str,
    trash: TrashStore | None,
    prune: bool = False,
) -> None:
    """Delete what is at a path, a folder with all below it; "" is the root, which stays.

    What is deleted is kept in the trash, if there is one. With ``prune`` the folders above that
    have become empty go as well.

    Raises:
        ArtifactNotFound: nothing is there.
        Forbidden: the repository never gives up a file.
    """
    item = store.item(path)
    if item is None:
        raise ArtifactNotFound(key, path)
    check_gives_up(key, store)
    files: list[str] = []
    folders: list[str] = []
    for one in _with_all_below(store, item):
        (files if isinstance(one, Artifact) else folders).append(one.path)
        if trash is not None and one.path:
            trash.keep(one, user=user)
    store.remove_files(files, prune=prune)
    for folder in reversed(folders):
        if folder:
            store.remove(folder, prune=prune)


def check_gives_up(key: str, store: ItemStore) -> None:
    """Raises Forbidden when nothing may be taken out of the repository."""
    if not store.may_remove():
        raise Forbidden(
            f"Repository '{key}' is not volatile: no file of it is deleted. An administrator can "
            "change that with the option 'volatile' of its index."
        )


def _with_all_below(store: ItemStore, item: Artifact | Folder) -> Iterator[Artifact | Folder]:
    yield item
    yield from walk(store.item, item)
