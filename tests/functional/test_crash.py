"""A server whose process was ended by force in the middle of a commit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from server import LiveServer
import pytest
import shutil
import sqlite3


def test_server_starts_and_has_all_that_was_committed(
    make_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    server = make_server()
    before = server.request("GET", "/artifactory/api/repositories").json()
    server.stop()
    path = server.serverdir / ".sqlite"
    leave_half_committed(path, tmp_path)

    server.start()

    assert server.request("GET", "/artifactory/api/repositories").json() == before
    assert len(before) == 3


def leave_half_committed(path: Path, aside: Path) -> None:
    """The file and its journal as a kill finds them: pages are changed, nothing is committed."""
    journal = Path(f"{path}-journal")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # what does not fit is written before the commit
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE changelog SET data = zeroblob(length(data) + 5000)")
        connection.execute("UPDATE kv SET keyname = 'gone', serial = 0")
        shutil.copy(path, aside / "database")
        shutil.copy(journal, aside / "journal")
        connection.execute("ROLLBACK")
    shutil.copy(aside / "database", path)
    shutil.copy(aside / "journal", journal)
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection,
        pytest.raises(sqlite3.OperationalError) as refused,
    ):
        connection.execute("SELECT count(*) FROM changelog").fetchone()
    assert refused.value.sqlite_errorname == "SQLITE_READONLY_ROLLBACK"
