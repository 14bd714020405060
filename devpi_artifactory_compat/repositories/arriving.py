"""A file that arrives: written by one thread, read by others before it is complete."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
import secrets


class ArrivingFile:
    """A new file in a directory, which is made when it is missing.

    ``path`` stands until ``discard`` and then names nothing; who has opened the file keeps it.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        # tempfile would let nobody but the owner read it, and it may become a stored file
        self.path = directory / secrets.token_hex(16)
        self._file = self.path.open("xb")

    def write(self, data: bytes) -> None:
        """Append; readers see it when this returns."""
        self._file.write(data)
        self._file.flush()

    def complete(self) -> None:
        """Nothing more will be written."""
        self._file.close()

    def open(self) -> BinaryIO:
        """For one more reader, at the beginning."""
        return self.path.open("rb")

    def discard(self) -> None:
        # a full disk fails here again; what cannot be removed now is removed as a leftover
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self.path.unlink()


def remove_leftovers(directory: Path, *, older_than: float) -> None:
    """Remove files that nobody has written to since a time, in seconds since the epoch.

    A process that was killed leaves them behind; others may be at work in the same directory.
    """
    with suppress(OSError):
        for path in directory.iterdir():
            if path.stat().st_mtime < older_than:
                path.unlink()
