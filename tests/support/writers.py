"""Somebody who writes for as long as a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
import threading


@contextmanager
def somebody_writes(xom: Any) -> Iterator[None]:
    """The one write transaction of the server is open all the while, in another thread."""
    writing, done = threading.Event(), threading.Event()

    def write() -> None:
        with xom.keyfs.write_transaction():
            writing.set()
            assert done.wait(60)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert writing.wait(60)
        yield
    finally:
        done.set()
        writer.join()
