"""Which files of one index wait to be indexed: one key, so that a crash forgets none of them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.storage.keys import WAITING
from devpi_artifactory_compat.storage.keys import waiting_key
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy


#: of more files that could not be indexed the oldest are forgotten; their properties tell it still
MAX_FAILED = 1_000


@dataclass(frozen=True, kw_only=True)
class WaitingFiles:
    """``paths`` with the time of their deployment, ``failed`` with the reason, by path.

    Times are seconds since the epoch; ``last_upload`` is that of any file to the repository since
    the first of them waits.
    """

    paths: Mapping[str, float] = field(default_factory=dict)
    last_upload: float = 0.0
    failed: Mapping[str, str] = field(default_factory=dict)


class Waiting:
    """Of one index; reads in any transaction, changes in one that writes."""

    def __init__(self, xom: XOM, user: str, index: str) -> None:
        self._key = waiting_key(xom, user, index)

    def files(self) -> WaitingFiles:
        return WaitingFiles(**get_mutable_deepcopy(self._key.get()))

    def add(self, path: str, *, now: float) -> None:
        files = self.files()
        failed = {other: reason for other, reason in files.failed.items() if other != path}
        self._save({**files.paths, path: now}, now, failed)

    def note_upload(self, *, now: float) -> None:
        """Another file has come: the repository is not quiet yet."""
        files = self.files()
        if files.paths:
            self._save(files.paths, now, files.failed)

    def fail(self, path: str, reason: str) -> None:
        """The file does not wait any more, because it cannot be indexed."""
        files = self.files()
        paths = {other: since for other, since in files.paths.items() if other != path}
        failed = {**files.failed, path: reason}
        while len(failed) > MAX_FAILED:
            del failed[next(iter(failed))]
        self._save(paths, files.last_upload, failed)

    def forget(self, *gone: str) -> None:
        """The files at these paths were indexed, or are gone."""
        files = self.files()
        known = set(gone) & (files.paths.keys() | files.failed.keys())
        if known:
            paths = {path: since for path, since in files.paths.items() if path not in known}
            failed = {path: reason for path, reason in files.failed.items() if path not in known}
            self._save(paths, files.last_upload, failed)

    def _save(
        self, paths: Mapping[str, float], last_upload: float, failed: Mapping[str, str]
    ) -> None:
        if paths or failed:
            data = {"paths": dict(paths), "last_upload": last_upload, "failed": dict(failed)}
            self._key.set(data)
        elif self._key.exists():
            self._key.delete()


def indexes_that_wait(xom: XOM) -> Iterator[tuple[str, str]]:
    """User and index of each index with files that wait, in the running transaction."""
    tx = xom.keyfs.tx
    for info in list(tx.iter_relpaths_at([getattr(xom.keyfs, WAITING)], tx.at_serial)):
        if info.value and info.value.get("paths"):
            user, index, *_ = info.relpath.split("/")
            yield user, index
