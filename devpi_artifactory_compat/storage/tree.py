"""The folders of one index: what lies where, kept in step with the records of its files.

A folder is one key with its children. One of many children is split into parts by the digest of
the child's name, so that a new child of a folder of 100,000 rewrites a small part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from devpi_artifactory_compat.storage.keys import folder_key
from devpi_artifactory_compat.storage.keys import path_digest
from devpi_server.keyfs_types import TypedKey
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy
from typing import Any
from typing import cast


SCHEMA = 1

#: from how many children on a folder is split, and into how many parts
SPLIT_FROM = 1024
PARTS = 256


@dataclass(frozen=True, kw_only=True)
class FolderRecord:
    """A folder without its children; times are seconds since the epoch."""

    path: str
    created: float
    created_by: str
    modified: float
    modified_by: str
    properties: Mapping[str, Any] = field(default_factory=dict)


#: the key of a folder in an index by the digest of its path
KeyOfFolder = Callable[[XOM, str, str, str], TypedKey[dict[str, Any]]]


class Tree:
    """Reads in any transaction, changes in one that writes; "" is the path of the root."""

    def __init__(
        self, xom: XOM, user: str, index: str, *, key_of: KeyOfFolder = folder_key
    ) -> None:
        self._xom = xom
        self._user = user
        self._index = index
        self._key_of = key_of

    # reading

    def folder(self, path: str) -> FolderRecord | None:
        data = self._data(path)
        return FolderRecord(**data["folder"]) if data else None

    def children(self, path: str) -> Iterator[tuple[str, bool]]:
        """Names and whether they are folders, ascending."""
        data = self._data(path)
        if not data:
            return
        found = data["children"]
        if data["parts"]:
            for number in range(PARTS):
                found.update(self._part(path, number))
        yield from sorted(found.items())

    def walk(self, path: str) -> Iterator[tuple[str, bool]]:
        """The paths of all that lies below a folder, and whether they are folders.

        In no order, but a folder before what lies in it; of a large folder a part is in memory.
        """
        levels = [self._in_parts(path)]
        while levels:
            found, is_folder = next(levels[-1], ("", False))
            if not found:
                levels.pop()
                continue
            yield found, is_folder
            if is_folder:
                levels.append(self._in_parts(found))

    def _in_parts(self, path: str) -> Iterator[tuple[str, bool]]:
        data = self._data(path)
        if not data:
            return
        prefix = f"{path}/" if path else ""
        for name, is_folder in data["children"].items():
            yield prefix + name, is_folder
        for number in range(PARTS) if data["parts"] else ():
            for name, is_folder in self._part(path, number).items():
                yield prefix + name, is_folder

    def has_child(self, path: str) -> bool:
        data = self._data(path)
        return bool(data) and data["count"] > 0

    # changing

    def add_file(self, path: str, *, user: str, now: float) -> None:
        """A file is at a path; the folders above it are made when they are missing."""
        parent, _, name = path.rpartition("/")
        self.add_folder(parent, user=user, now=now)
        self._add_child(parent, name, is_folder=False)

    def add_folder(self, path: str, *, user: str, now: float) -> None:
        """Make a folder, and those above it; one that is there stays as it is."""
        missing: list[str] = []
        above = path
        # paths can be deeper than functions may call each other
        while self.folder(above) is None:
            missing.append(above)
            if not above:
                break
            above = above.rpartition("/")[0]
        for new in reversed(missing):
            self._make(
                FolderRecord(path=new, created=now, created_by=user, modified=now, modified_by=user)
            )

    def save_folder(self, record: FolderRecord) -> None:
        """Change what is said of a folder that is there."""
        data = self._data(record.path)
        self._save(
            record.path,
            {**data, "folder": {**asdict(record), "properties": dict(record.properties)}},
        )

    def remove(self, path: str, *, prune: bool) -> None:
        """The file at a path is gone, or the empty folder.

        With ``prune`` the folders above it go as well when they have become empty.
        """
        # an upstream may have a file and others below it
        while not self.has_child(path):
            key = self._key_of(self._xom, self._user, self._index, path_digest(path))
            if key.exists():
                key.delete()
            parent, _, name = path.rpartition("/")
            if not path or not self._data(parent):
                return
            self._remove_child(parent, name)
            if not prune or not parent:
                return
            path = parent

    def _make(self, folder: FolderRecord) -> None:
        """The folder above it is there."""
        self._save(
            folder.path, {"folder": asdict(folder), "children": {}, "parts": False, "count": 0}
        )
        if folder.path:
            parent, _, name = folder.path.rpartition("/")
            self._add_child(parent, name, is_folder=True)

    # children, in one piece or in parts

    def _add_child(self, path: str, name: str, *, is_folder: bool) -> None:
        data = self._data(path)
        children = self._part(path, _part_of(name)) if data["parts"] else data["children"]
        # an upstream may have a file and others below it: then it is listed as a folder
        wanted = is_folder or children.get(name, False)
        if children.get(name) is wanted:
            return
        added = name not in children
        children[name] = wanted
        if data["parts"]:
            self._save_part(path, _part_of(name), children)
        elif len(children) >= SPLIT_FROM:
            self._split(path, children)
            data = {**data, "children": {}, "parts": True}
        else:
            data = {**data, "children": children}
        if added or not data["parts"]:
            self._save(path, {**data, "count": data["count"] + added})

    def _remove_child(self, path: str, name: str) -> None:
        data = self._data(path)
        children = self._part(path, _part_of(name)) if data["parts"] else data["children"]
        if children.pop(name, None) is None:
            return
        if data["parts"]:
            self._save_part(path, _part_of(name), children)
        else:
            data = {**data, "children": children}
        self._save(path, {**data, "count": data["count"] - 1})

    def _split(self, path: str, children: Mapping[str, bool]) -> None:
        parts: list[dict[str, bool]] = [{} for _ in range(PARTS)]
        for name, is_folder in children.items():
            parts[_part_of(name)][name] = is_folder
        for number, part in enumerate(parts):
            self._save_part(path, number, part)

    # keys

    def _data(self, path: str) -> dict[str, Any]:
        key = self._key_of(self._xom, self._user, self._index, path_digest(path))
        return cast("dict[str, Any]", get_mutable_deepcopy(key.get()))

    def _save(self, path: str, data: Mapping[str, Any]) -> None:
        key = self._key_of(self._xom, self._user, self._index, path_digest(path))
        key.set({**data, "schema": SCHEMA})

    def _part_key(self, path: str, number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - devpi's
        digest = f"{path_digest(path)}-{number}"
        return self._key_of(self._xom, self._user, self._index, digest)

    def _part(self, path: str, number: int) -> dict[str, bool]:
        data = get_mutable_deepcopy(self._part_key(path, number).get())
        return cast("dict[str, bool]", data.get("children", {}))

    def _save_part(self, path: str, number: int, children: Mapping[str, bool]) -> None:
        key = self._part_key(path, number)
        if children:
            key.set({"children": dict(children)})
        elif key.exists():
            key.delete()


def _part_of(name: str) -> int:
    return int(path_digest(name)[:8], 16) % PARTS


def touched(record: FolderRecord, *, user: str, now: float, **changes: Any) -> FolderRecord:
    """The folder after a change by a user."""
    return replace(record, modified=now, modified_by=user, **changes)
