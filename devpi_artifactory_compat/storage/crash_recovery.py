"""What devpi's database needs after its process was ended by force."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
import sqlite3


#: devpi's back ends that keep all in the server directory
_FILES = (".sqlite", ".sqlite_db")


def roll_back_unfinished(serverdir: Path) -> None:
    """Take back what a transaction has written whose process was killed while it committed.

    SQLite does so when the file is opened for writing; devpi reads first, from a file that it opens
    for reading, and fails. Raises sqlite3.Error.
    """
    for name in _FILES:
        path = serverdir / name
        if Path(f"{path}-journal").exists() and path.exists():
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
