"""A server directory that one process sets up, and no other until it is ready."""

from __future__ import annotations

from devpi_artifactory_compat.client.failure import CannotStart
from pathlib import Path
from typing import ClassVar
import fcntl


class Claim:
    """A marker file stands in the directory from ``begin`` to ``finish``, whatever happens."""

    marker_name: ClassVar[str]

    def __init__(self, serverdir: Path) -> None:
        self._serverdir = serverdir
        self._marker = serverdir / self.marker_name

    def begin(self) -> None:
        """Make and claim the directory; readable by its owner alone, for it holds hashes."""
        self._serverdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = self._marker.open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            self._lock.close()
            raise CannotStart(f"Another process is just setting up {self._serverdir}.") from exc

    def finish(self) -> None:
        self._marker.unlink()
        self._lock.close()
