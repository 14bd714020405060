"""The values of our keys as items of the search database."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.storage.keys import FOLDER
from devpi_artifactory_compat.storage.keys import RECORD
from devpi_artifactory_compat.storage.keys import STATISTICS
from typing import Any


#: the keys of items, and those of what is counted of them
ITEM_KEYS = frozenset({RECORD, FOLDER})
COUNT_KEYS = frozenset({STATISTICS})

#: an index of PostgreSQL takes 2,700 bytes of a row, and a name stands beside the head of a path
MAX_NAME_BYTES = 1_700

_EPOCH = datetime.fromtimestamp(0, UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: what PostgreSQL takes in no text
_UNSTORABLE = "\0"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_MOST = 2**63 - 1


def item_id(keyname: str, relpath: str) -> ItemId | None:
    """The item that a key of ours is about; None for a part of a large folder."""
    user, index, *_, digest = relpath.split("/")
    if "-" in digest:
        return None
    return ItemId(f"{user}/{index}", bytes.fromhex(digest), keyname == FOLDER)


def item(keyname: str, value: Mapping[str, Any]) -> Item | None:
    """None for what has a name that no index of PostgreSQL takes: no search finds that."""
    path: str = value["folder"]["path"] if keyname == FOLDER else value["path"]
    if len(path.rpartition("/")[2].encode()) > MAX_NAME_BYTES:
        return None
    return _folder(value["folder"]) if keyname == FOLDER else _file(value)


def _file(record: Mapping[str, Any]) -> Item:
    indexed = record["state"] == ArtifactState.INDEXED.value
    return Item(
        whole_path=_text(record["path"]),
        created=_milliseconds(record["created"]),
        created_by=_text(record["created_by"]),
        modified=_milliseconds(record["modified"]),
        modified_by=_text(record["modified_by"]),
        size=min(record["size"], _MOST),
        md5=_text(record["md5"]) or None,
        sha1=_text(record["sha1"]) or None,
        sha256=_text(record["sha256"]) or None,
        project=(_text(record["project"]) or None) if indexed else None,
        properties=_properties(record["properties"]),
    )


def _folder(folder: Mapping[str, Any]) -> Item:
    return Item(
        whole_path=_text(folder["path"]),
        created=_milliseconds(folder["created"]),
        created_by=_text(folder["created_by"]),
        modified=_milliseconds(folder["modified"]),
        modified_by=_text(folder["modified_by"]),
        properties=_properties(folder["properties"]),
    )


def downloads(value: Mapping[str, Any]) -> Downloads:
    return Downloads(
        count=min(value["count"], _MOST),
        last=_milliseconds(value["last"]),
        last_by=_text(value["last_by"]),
    )


def _properties(found: Mapping[str, Iterable[str]]) -> Mapping[str, Sequence[str]]:
    result: dict[str, tuple[str, ...]] = {}
    for key, values in found.items():
        shown = _text(key)
        result[shown] = (*result.get(shown, ()), *(_text(value) for value in values))
    return result


def _text(value: str) -> str:
    return value.replace(_UNSTORABLE, _REPLACEMENT)


def _milliseconds(seconds: float) -> int:
    """As the times of items are shown, which is in milliseconds that have begun."""
    return (datetime.fromtimestamp(seconds, UTC) - _EPOCH) // _MILLISECOND
