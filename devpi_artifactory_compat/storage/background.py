"""The periodic work of the plugin, started and ended by devpi's thread pool."""

from __future__ import annotations

from devpi_artifactory_compat.storage.periodic import PeriodicWork
from devpi_artifactory_compat.storage.statistics import StatisticsWriter
from devpi_artifactory_compat.storage.trash_can import TrashExpiry
from devpi_artifactory_compat.storage.unused_files import UnusedFiles
from devpi_server.main import XOM


#: what is lost of the counts of downloads when the server is killed, in seconds
FLUSH_EVERY_SECS = 30.0

CLEAN_EVERY_SECS = 60 * 60.0


def register_work(xom: XOM, *, trash_days: int) -> None:
    """``trash_days`` is how long deleted artifacts are kept, 0 for not at all.

    To be called before the server's threads start. A replica writes nothing of its own.
    """
    if xom.is_replica():
        return
    flush = StatisticsWriter(xom).flush
    counts = PeriodicWork("STATS", flush, interval=FLUSH_EVERY_SECS, at_end=flush)
    counts.register(xom.thread_pool)
    if not xom.config.requests_only:
        # of several processes that answer requests none is the first
        cleanup = PeriodicWork("CLEAN", UnusedFiles(xom).remove, interval=CLEAN_EVERY_SECS)
        cleanup.register(xom.thread_pool)
        if trash_days:
            expiry = TrashExpiry(xom, days=trash_days)
            PeriodicWork("TRASH", expiry.remove, interval=CLEAN_EVERY_SECS).register(
                xom.thread_pool
            )
