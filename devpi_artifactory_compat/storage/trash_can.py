"""The trash of all indexes together: emptied by administrators, and by time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from devpi_artifactory_compat.storage.keys import TRASH
from devpi_artifactory_compat.storage.keys import TRASH_FOLDER
from devpi_artifactory_compat.storage.trash import Trash
from devpi_artifactory_compat.storage.trash import TrashRecord
from devpi_server.main import XOM
from devpi_server.model import PrivateStage
from itertools import islice
from typing import Any
import time


SECS_PER_DAY = 24 * 60 * 60.0

#: so many are deleted in one transaction, for which all other writers wait
BATCH = 200


@dataclass(frozen=True, kw_only=True)
class _Place:
    user: str
    index: str
    path: str


def empty_trash(xom: XOM) -> None:
    """Forget all that was deleted, for good; in a transaction that writes."""
    for info in _infos(xom, TRASH):
        TrashRecord.of(info.value).delete_files(xom)
        xom.keyfs.get_key_instance(info.keyname, info.relpath).delete()
    for info in _infos(xom, TRASH_FOLDER):
        xom.keyfs.get_key_instance(info.keyname, info.relpath).delete()


def _infos(xom: XOM, keyname: str) -> Iterator[Any]:
    tx = xom.keyfs.tx
    for info in list(tx.iter_relpaths_at([getattr(xom.keyfs, keyname)], tx.at_serial)):
        if info.value:
            yield info


class TrashExpiry:
    """What was deleted longer ago than ``days``; works on a primary only."""

    def __init__(self, xom: XOM, *, days: int, clock: Callable[[], float] = time.time) -> None:
        self._xom = xom
        self._days = days
        self._clock = clock

    def remove(self) -> None:
        """For good, in transactions of its own: everything is looked for in one that reads."""
        before = self._clock() - self._days * SECS_PER_DAY
        with self._xom.keyfs.read_transaction():
            old = iter(list(self._older_than(before)))
        while batch := list(islice(old, BATCH)):
            with self._xom.keyfs.write_transaction():
                for place in batch:
                    self._drop(place, before)

    def _older_than(self, before: float) -> Iterator[_Place]:
        """Files first; a folder is gone with its last file, unless it never had one."""
        for info in _infos(self._xom, TRASH):
            if info.value["deleted"] < before:
                yield _place(info, info.value["record"]["path"])
        for info in _infos(self._xom, TRASH_FOLDER):
            folder = info.value.get("folder")
            if folder and info.value["count"] == 0 and folder["modified"] < before:
                yield _place(info, folder["path"])

    def _drop(self, place: _Place, before: float) -> None:
        stage = self._xom.model.getstage(place.user, place.index)
        if not isinstance(stage, PrivateStage):
            return
        trash = Trash(self._xom, stage, key="")
        # something may have been deleted there once more meanwhile
        if trash.is_older(place.path, than=before):
            trash.drop(place.path)


def _place(info: Any, path: str) -> _Place:
    user, index, *_ = info.relpath.split("/")
    return _Place(user=user, index=index, path=path)
