"""What was deleted and can still be restored."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import replace
from devpi_artifactory_compat.storage import keys
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from devpi_artifactory_compat.storage.transfer.files import check_name
from devpi_artifactory_compat.storage.transfer.source import Source
from devpi_artifactory_compat.storage.transfer.source import SourceIndex
from devpi_artifactory_compat.storage.transfer.target import Target
from devpi_artifactory_compat.storage.trash import TrashRecord
from devpi_artifactory_compat.storage.tree import FolderRecord
from devpi_artifactory_compat.storage.tree import Tree
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy
from typing import Any


class DeletedItems:
    """Files with all that is needed to restore them, and folders; their content lies beside."""

    name = "trash"
    private = False
    key_names = frozenset({keys.TRASH, keys.TRASH_FOLDER})

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        for index in source.indexes():
            tree = _tree(source.xom, index.name)
            for path, is_folder in (("", True), *tree.walk("")):
                folder = tree.folder(path) if is_folder else None
                if folder is not None:
                    plain = get_mutable_deepcopy(asdict(folder))
                    yield {"index": index.name, "path": path, "folder": plain}
                elif not is_folder:
                    file = self._file(source, index, path)
                    yield {"index": index.name, "path": path, "file": file}

    def _file(self, source: Source, index: SourceIndex, path: str) -> Mapping[str, Any]:
        """As it is kept, but for entries: of sidecars the sha256 takes their place."""
        found = TrashRecord.of(_key(source.xom, index.name, path).get())
        self._put(source, found.record.entry, path)
        sidecars = {
            suffix: self._put(source, entry, path + suffix)
            for suffix, entry in found.sidecars.items()
        }
        kept = replace(found, record=replace(found.record, entry=""), sidecars=sidecars)
        return kept.data()

    def _put(self, source: Source, relpath: str, path: str) -> str:
        entry = stored_entry(source.xom, relpath)
        if entry is None:
            raise TransferFailed(f"The deleted file {path} is missing.")
        sha256 = str(entry.hashes["sha256"])
        source.content.put(entry, sha256)
        return sha256

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        index = line["index"]
        if not target.has_index(index):
            return
        tree = _tree(target.xom, index)
        if "folder" in line:
            folder = FolderRecord(**line["folder"])
            tree.add_folder(folder.path, user=folder.created_by, now=folder.created)
            tree.save_folder(folder)
            return
        found = TrashRecord.of(line["file"])
        filename = found.record.filename
        check_name(filename)
        kept = replace(
            found,
            record=replace(
                found.record, entry=target.store_blob(index, filename, found.record.sha256)
            ),
            sidecars={
                suffix: self._sidecar(target, index, filename + suffix, sha256)
                for suffix, sha256 in found.sidecars.items()
            },
        )
        _key(target.xom, index, line["path"]).set(kept.data())
        tree.add_file(line["path"], user=kept.deleted_by, now=kept.deleted)

    def _sidecar(self, target: Target, index: str, filename: str, sha256: str) -> str:
        check_name(filename)
        return target.store_blob(index, filename, sha256)


def _tree(xom: XOM, index: str) -> Tree:
    user, _, name = index.partition("/")
    return Tree(xom, user, name, key_of=keys.trash_folder_key)


def _key(xom: XOM, index: str, path: str) -> Any:
    user, _, name = index.partition("/")
    return keys.trash_key(xom, user, name, keys.path_digest(path))
