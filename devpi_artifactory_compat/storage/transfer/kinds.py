"""Every kind of record that an export carries beside devpi's own, in the order of the import.

A new key of ours is either a kind here or named among those that come back by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from devpi_artifactory_compat.storage import keys
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.transfer.files import FileRecords
from devpi_artifactory_compat.storage.transfer.files import Shelves
from devpi_artifactory_compat.storage.transfer.source import Source
from devpi_artifactory_compat.storage.transfer.target import Target
from devpi_artifactory_compat.storage.transfer.trash import DeletedItems
from devpi_artifactory_compat.storage.tree import FolderRecord
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy
from typing import Any
from typing import Protocol


class Kind(Protocol):
    """``name`` is that of the file; a ``private`` one is readable by its owner alone.

    ``key_names`` are the keys of ``storage.keys`` whose data it carries.
    """

    name: str
    private: bool
    key_names: frozenset[str]

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        """The lines of the file. Raises TransferFailed for content that is broken or missing."""

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        """Write one line. Raises TransferFailed as well as KeyError, TypeError and ValueError."""


class Folders:
    """With their properties; the folders of what an import brings are made again by its files."""

    name = "folders"
    private = False
    key_names = frozenset({keys.FOLDER})

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        for index in source.indexes():
            for folder in index.folders():
                yield {"index": index.name, "folder": get_mutable_deepcopy(asdict(folder))}

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        if not target.has_index(line["index"]):
            return
        folder = FolderRecord(**line["folder"])
        user, _, index = line["index"].partition("/")
        tree = Records(target.xom, user, index).tree
        tree.add_folder(folder.path, user=folder.created_by, now=folder.created)
        tree.save_folder(folder)


class IndexValues:
    """One key of each index, as it is."""

    def __init__(self, name: str, key_name: str, *, private: bool = False) -> None:
        self.name = name
        self.private = private
        self.key_names = frozenset({key_name})
        self._key_name = key_name

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        for index in source.indexes():
            value = self._key(source.xom, index.name).get()
            if value:
                yield {"index": index.name, "value": get_mutable_deepcopy(value)}

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        if target.has_index(line["index"]):
            self._key(target.xom, line["index"]).set(dict(line["value"]))

    def _key(self, xom: XOM, name: str) -> Any:
        user, _, index = name.partition("/")
        return getattr(xom.keyfs, self._key_name)(user=user, index=index)


class DownloadStatistics:
    """How often each file was downloaded."""

    name = "statistics"
    private = False
    key_names = frozenset({keys.STATISTICS})

    def dump(self, source: Source) -> Iterator[Mapping[str, Any]]:
        for index in source.indexes():
            for record in index.files():
                key = keys.statistics_key(source.xom, index.user, index.index, record.path)
                value = key.get()
                if value:
                    shown = get_mutable_deepcopy(value)
                    yield {"index": index.name, "path": record.path, "value": shown}

    def load(self, target: Target, line: Mapping[str, Any]) -> None:
        if not target.has_index(line["index"]):
            return
        user, _, index = line["index"].partition("/")
        if Records(target.xom, user, index).record(line["path"]) is not None:
            key = keys.statistics_key(target.xom, user, index, line["path"])
            key.set(dict(line["value"]))


KINDS: tuple[Kind, ...] = (
    FileRecords(),
    Folders(),
    Shelves(),
    DownloadStatistics(),
    DeletedItems(),
    IndexValues("waiting", keys.WAITING),
    IndexValues("states", keys.STATE),
    IndexValues("secrets", keys.SECRETS, private=True),
)

#: pages of upstreams are fetched again; the places of a checksum are kept by the file records
NOT_CARRIED = frozenset({keys.PAGE, keys.DIGEST})


def kind_names() -> frozenset[str]:
    return frozenset(kind.name for kind in KINDS)
