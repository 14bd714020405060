"""Which files of one index wait to be indexed: one key, so that a crash forgets none of them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import replace
from devpi_artifactory_compat.indexing.ports import Run
from devpi_artifactory_compat.indexing.ports import RunResult
from devpi_artifactory_compat.indexing.ports import WaitingFiles
from devpi_artifactory_compat.storage.keys import waiting_key
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy
from typing import TypeVar


T = TypeVar("T")


#: of more files that could not be indexed the oldest are forgotten; their properties tell it still
MAX_FAILED = 1_000


class Waiting:
    """Of one index; reads in any transaction, changes in one that writes.

    Implements ``indexing.ports.Queue``.
    """

    def __init__(self, xom: XOM, user: str, index: str) -> None:
        self._key = waiting_key(xom, user, index)

    def files(self) -> WaitingFiles:
        data = get_mutable_deepcopy(self._key.get())
        run, last_run = data.pop("run", None), data.pop("last_run", None)
        return WaitingFiles(
            **data,
            run=None if run is None else Run(**run),
            last_run=None if last_run is None else RunResult(**last_run),
        )

    def add(self, path: str, *, now: float) -> None:
        files = self.files()
        failed = _without(files.failed, path)
        self._save(replace(files, paths={**files.paths, path: now}, last_upload=now, failed=failed))

    def note_upload(self, *, now: float) -> None:
        """Another file has come: the repository is not quiet yet."""
        files = self.files()
        if files.paths:
            self._save(replace(files, last_upload=now))

    def fail(self, path: str, reason: str) -> None:
        """The file does not wait any more, because it cannot be indexed."""
        files = self.files()
        failed = {**files.failed, path: reason}
        while len(failed) > MAX_FAILED:
            del failed[next(iter(failed))]
        self._save(replace(files, paths=_without(files.paths, path), failed=failed))

    def forget(self, *gone: str) -> None:
        """The files at these paths were indexed, or are gone."""
        files = self.files()
        known = set(gone) & (files.paths.keys() | files.failed.keys())
        if known:
            paths = {path: since for path, since in files.paths.items() if path not in known}
            failed = {path: reason for path, reason in files.failed.items() if path not in known}
            self._save(replace(files, paths=paths, failed=failed))

    # looking at everything

    def ask(self, *, now: float) -> int:
        """Somebody wants everything to be looked at; the number of the call."""
        files = self.files()
        last = 0 if files.last_run is None else files.last_run.asked
        if files.run is None:
            run = Run(asked=last + 1, since=now)
        else:
            run = replace(files.run, asked=files.run.asked + 1)
        self._save(replace(files, run=run))
        return run.asked

    def progress(self, *, done: int, total: int) -> None:
        files = self.files()
        if files.run is not None:
            self._save(replace(files, run=replace(files.run, done=done, total=total)))

    def finish(self, result: RunResult) -> bool:
        files = self.files()
        if files.run is not None and files.run.asked > result.asked:
            return False
        self._save(replace(files, run=None, last_run=result))
        return True

    def _save(self, files: WaitingFiles) -> None:
        if files != WaitingFiles(last_upload=files.last_upload):
            self._key.set(asdict(files))
        elif self._key.exists():
            self._key.delete()


def _without(files: Mapping[str, T], path: str) -> dict[str, T]:
    return {other: value for other, value in files.items() if other != path}


def busy_indexes(xom: XOM) -> Iterator[tuple[str, str]]:
    """User and index of each index that has something to do, in the running transaction."""
    for user in xom.model.get_userlist():
        for index in user.key.get().get("indexes", {}):
            files = Waiting(xom, user.name, index).files()
            if files.paths or files.run is not None:
                yield user.name, index
