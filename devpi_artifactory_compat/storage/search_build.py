"""Builds the search database from all of devpi's keys, while others read and write them."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.search.building import Builder
from devpi_artifactory_compat.search.building import ClaimLost
from devpi_artifactory_compat.search.building import current
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.feeding import advance
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.storage.search_changes import COUNT_KEYS
from devpi_artifactory_compat.storage.search_changes import ITEM_KEYS
from devpi_artifactory_compat.storage.search_feed import newest_serial
from devpi_artifactory_compat.storage.search_feed import pieces
from devpi_artifactory_compat.storage.search_feed import read_batch
from devpi_server.keyfs import KeyFS


def build(
    database: SearchDatabase,
    keyfs: KeyFS,
    claimed: Generation,
    *,
    between: Callable[[], None],
) -> None:
    """Fill the claimed generation and let it answer.

    It holds what there was when it was claimed, and then what the changelog says since.
    ``between`` is called outside of all transactions, every second or so; what it raises ends this.
    Raises ClaimLost.
    """
    builder = Builder(database, claimed)
    builder.start()
    for piece in pieces(keyfs, ITEM_KEYS, claimed.serial):
        builder.add(piece.items, done=claimed.serial - piece.below)
        between()
    builder.index_digests()
    for piece in pieces(keyfs, COUNT_KEYS, claimed.serial):
        builder.count(piece.downloads)
        between()
    builder.index_all(between)
    _replay(database, keyfs, claimed, between)
    builder.flip()


def _replay(
    database: SearchDatabase, keyfs: KeyFS, claimed: Generation, between: Callable[[], None]
) -> None:
    """What was changed since the snapshot, and while that was read."""
    reached = current(database, claimed).serial
    while reached < (newest := newest_serial(keyfs)):
        with keyfs.get_connection() as connection:
            batch = read_batch(connection, reached, newest)
        after = advance(database, claimed, batch, total=newest + 1)
        if after is None:
            raise ClaimLost
        reached = after
        between()
