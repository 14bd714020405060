"""The folder in the server directory that keeps the long lists of one index.

Everything in it can be made again, so nothing of it is in devpi's database or on its replicas.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from devpi_artifactory_compat.storage.named_locks import NamedLocks
from devpi_server.main import XOM
from pathlib import Path
from typing import BinaryIO
from typing import cast
import hashlib
import os
import shutil
import tempfile
import threading


ROOT = "+artifactory/lists"

_NEW = "new-"


class NewFile:
    """A file on its way into a folder; what is to stand in it is written to ``file``."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file = file
        self._path = path

    def keep_as(self, name: str) -> BinaryIO:
        """The complete file, opened for reading, after it got its name."""
        self.file.flush()
        # a name must not survive a power failure that the content does not survive
        os.fsync(self.file.fileno())
        written = self._path.open("rb")
        self._path.replace(self._path.with_name(name))
        return written


class ListFolder:
    """The files of one index, or of one scope of it; safe in threads and among processes.

    A file is written under another name and renamed: whoever opens one has all of it, also when
    it is replaced or removed while they read.
    """

    def __init__(self, xom: XOM, index: str, *, scope: str = "") -> None:
        self._xom = xom
        self._index = index
        self._scope = scope
        self._path = Path(xom.config.server_path) / ROOT / _folder_name(index)
        if scope:
            self._path /= _folder_name(scope)

    def lock(self, purpose: str) -> threading.Lock:
        """One lock for each purpose."""
        locks = cast(
            "NamedLocks",
            self._xom.setdefault_singleton(
                self._index, "artifactory-list-locks", factory=NamedLocks
            ),
        )
        return locks.get(f"{self._scope} {purpose}")

    def open(self, name: str) -> BinaryIO | None:
        try:
            return (self._path / name).open("rb")
        except FileNotFoundError:
            return None

    def has(self, name: str) -> bool:
        return (self._path / name).exists()

    @contextmanager
    def writing(self) -> Iterator[NewFile]:
        """A new file; thrown away unless it gets a name."""
        self._path.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=_NEW, dir=self._path)
        path = Path(temporary)
        try:
            with os.fdopen(handle, "wb") as file:
                yield NewFile(file, path)
        finally:
            path.unlink(missing_ok=True)

    def keep_newest(self, pattern: str, count: int) -> None:
        """Remove all but the last written files of a kind."""
        times: list[tuple[int, Path]] = []
        for path in self._path.glob(pattern):
            # another thread may remove the same
            with suppress(FileNotFoundError):
                times.append((path.stat().st_mtime_ns, path))
        for _time, path in sorted(times, reverse=True)[count:]:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what has a name; a file on its way may still get one."""
        for path in self._path.glob("*"):
            if path.is_file() and not path.name.startswith(_NEW):
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def _folder_name(name: str) -> str:
    """devpi's names may hold any letter, be "..", and differ in case only."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def remove_lists(xom: XOM, index: str) -> None:
    """The index is gone: its lists too."""
    ListFolder(xom, index).remove()
