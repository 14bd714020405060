"""The file of a database in SQLite, which others may take away or damage."""

from __future__ import annotations

from devpi_artifactory_compat.search.database import SearchDatabase
from pathlib import Path


#: beside the file, while it is in use
_COMPANIONS = ("-wal", "-shm")


class DatabaseFile:
    """Of a database that is none in SQLite all this says that there is no file."""

    def __init__(self, database: SearchDatabase) -> None:
        self._database = database
        url = database.url
        is_file = url.get_backend_name() == "sqlite" and url.database
        self.path = Path(str(url.database)) if is_file else None
        self._known: tuple[int, int] | None = None

    def was_replaced(self) -> bool:
        """It is not the file that was there when ``remember`` was called."""
        return self._known is not None and self._identity() != self._known

    def remember(self) -> None:
        self._known = self._identity()

    def forget(self) -> None:
        """Use the file no more that was open, but that which is there now."""
        self._database.close()
        self._known = None

    def remove(self) -> None:
        """The file that was remembered, unless somebody else has done so."""
        self._database.close()
        if self.path is None or self.was_replaced():
            return
        # what is written ahead must not come into a new file
        for suffix in (*_COMPANIONS, ""):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self._known = None

    def size(self) -> int | None:
        """In bytes, with what is not yet in its place."""
        if self.path is None:
            return None
        files = [Path(f"{self.path}{suffix}") for suffix in ("", *_COMPANIONS)]
        return sum(file.stat().st_size for file in files if file.exists())

    def _identity(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
