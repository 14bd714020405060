"""devpi's transactions in requests that fetch from an upstream.

devpi opens a read transaction for each request that reads, and would hold a write transaction that
the request asks for until the request ends. There is one writer at a time on the whole server: it
must not wait for an upstream meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_server.keyfs import KeyFS


@contextmanager
def written_at_once(keyfs: KeyFS) -> Iterator[None]:
    """A write transaction that is committed when this is left.

    A request that reads goes on reading with what was written; one that writes, writes this with
    all the rest.
    """
    if not _is_reading(keyfs):
        with keyfs.write_transaction(allow_restart=True):
            yield
        return
    keyfs.restart_as_write_transaction()
    try:
        yield
    except BaseException:
        keyfs.rollback_transaction_in_thread()
        raise
    else:
        keyfs.commit_transaction_in_thread()
    finally:
        keyfs.begin_transaction_in_thread()


def read_anew(keyfs: KeyFS) -> None:
    """A request that reads sees from now on what others have written since it began."""
    if _is_reading(keyfs):
        keyfs.restart_read_transaction()


def forget_reads(keyfs: KeyFS) -> None:
    """Free what a long reader's transaction remembers of all it has read; it reads anew.

    For readers of many keys: a transaction keeps every value until it ends.
    """
    if _is_reading(keyfs):
        keyfs.tx.restart(write=False)


def _is_reading(keyfs: KeyFS) -> bool:
    try:
        return not keyfs.tx.write
    except AttributeError:
        # no transaction in this thread
        return False
