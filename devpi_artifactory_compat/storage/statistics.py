"""How often the artifacts of an index were downloaded: what is written, and what waits for it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.storage.download_counts import Counted
from devpi_artifactory_compat.storage.download_counts import DownloadCounts
from devpi_artifactory_compat.storage.download_counts import Place
from devpi_artifactory_compat.storage.download_counts import download_counts
from devpi_artifactory_compat.storage.keys import record_key
from devpi_artifactory_compat.storage.keys import statistics_key
from devpi_artifactory_compat.storage.transactions import read_anew
from devpi_server.main import XOM
from functools import cached_property
from functools import partial
import time


#: as many artifacts are written in one transaction: others want to write as well
BATCH = 1_000

#: a file is counted when its download begins, and may be stored as long after that
STORED_WITHIN_SECS = 24 * 60 * 60.0


class Statistics:
    """Of the artifacts of one index."""

    def __init__(self, xom: XOM, user: str, index: str) -> None:
        self._xom = xom
        self._user = user
        self._index = index

    @cached_property
    def _counts(self) -> DownloadCounts:
        return download_counts(self._xom)

    def note(self, path: str) -> Callable[[str], None]:
        """To be called with the name of a user who has begun to download the artifact."""
        return partial(self._counts.add, (self._user, self._index, path))

    def of(self, path: str) -> DownloadStatistics:
        """Those of this process that are not written yet are among them."""
        with self._counts.writing:
            read_anew(self._xom.keyfs)
            waiting = self._counts.at((self._user, self._index, path))
            written = _written(self._xom, (self._user, self._index, path))
        known = written if waiting is None else waiting.after(written)
        if known is None:
            return DownloadStatistics()
        last = datetime.fromtimestamp(known.last, UTC)
        return DownloadStatistics(count=known.count, last=last, last_by=known.last_by)

    def carry(self, path: str, statistics: DownloadStatistics) -> None:
        """Write what was counted before the artifact came to the path."""
        if statistics.last is not None:
            counted = Counted(statistics.count, statistics.last.timestamp(), statistics.last_by)
            _save(self._xom, (self._user, self._index, path), counted)

    def forget(self, path: str) -> None:
        """The artifact goes in the running transaction."""
        key = statistics_key(self._xom, self._user, self._index, path)
        if key.exists():
            key.delete()
        place = (self._user, self._index, path)
        self._xom.keyfs.tx.on_commit_success(partial(self._counts.forget, place))


def _written(xom: XOM, place: Place) -> Counted | None:
    data = statistics_key(xom, *place).get()
    return Counted(data["count"], data["last"], data["last_by"]) if data else None


def _save(xom: XOM, place: Place, counted: Counted) -> None:
    statistics_key(xom, *place).set(
        {"count": counted.count, "last": counted.last, "last_by": counted.last_by}
    )


class StatisticsWriter:
    """Writes what was counted in this process; ``clock`` gives seconds since the epoch."""

    def __init__(self, xom: XOM, *, clock: Callable[[], float] = time.time) -> None:
        self._xom = xom
        self._clock = clock
        self._counts: DownloadCounts = download_counts(xom)

    def flush(self) -> None:
        """To be called outside of a transaction; writes nothing when nothing was downloaded."""
        if self._xom.is_replica():
            # the primary alone writes
            return
        counted = self._counts.all()
        places = list(self._stored(counted)) if counted else []
        for start in range(0, len(places), BATCH):
            self._write({place: counted[place] for place in places[start : start + BATCH]})

    def _stored(self, counted: Mapping[Place, Counted]) -> Iterator[Place]:
        """Whose artifacts are there; one that does not come any more is not waited for."""
        with self._xom.keyfs.read_transaction():
            for place, downloads in counted.items():
                if record_key(self._xom, *place).exists():
                    yield place
                elif self._clock() - downloads.last > STORED_WITHIN_SECS:
                    self._counts.forget(place)

    def _write(self, counted: Mapping[Place, Counted]) -> None:
        keyfs = self._xom.keyfs
        keyfs.begin_transaction_in_thread(write=True)
        try:
            for place, downloads in counted.items():
                self._add(place, downloads)
        except BaseException:
            keyfs.rollback_transaction_in_thread()
            raise
        with self._counts.writing:
            keyfs.commit_transaction_in_thread()
            self._counts.take(counted)

    def _add(self, place: Place, downloads: Counted) -> None:
        # it may have gone since it was looked for
        if not record_key(self._xom, *place).exists():
            return
        _save(self._xom, place, downloads.after(_written(self._xom, place)))
