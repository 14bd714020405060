"""``unusedArtifactsCleanupPeriodHours``: cached files that nobody downloads any more go."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.walking import walk
from devpi_artifactory_compat.storage.artifacts import IndexArtifacts
from devpi_artifactory_compat.storage.gateway import artifact_store
from devpi_artifactory_compat.storage.indexes import entries
from devpi_artifactory_compat.storage.transactions import forget_reads
from devpi_server.log import threadlog
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
import time


#: so many files are removed in one transaction: others want to write as well
BATCH = 50

#: after so many files what was read of them is forgotten
_FORGET_EVERY = 1_000

#: a hundred years: no longer periods are told apart
_LONGEST_HOURS = 876_000

_SETTING = "unusedArtifactsCleanupPeriodHours"


class UnusedFiles:
    """``clock`` gives seconds since the epoch. Works on a primary only."""

    def __init__(self, xom: XOM, *, clock: Callable[[], float] = time.time) -> None:
        self._xom = xom
        self._clock = clock

    def remove(self) -> None:
        """In transactions of its own: everything is looked for in one that reads."""
        if self._xom.is_replica():
            return
        with self._xom.keyfs.read_transaction():
            remotes = [entry for entry in entries(self._xom).values() if _period(entry)]
        for entry in remotes:
            self._remove(entry)

    def _remove(self, entry: Entry) -> None:
        since = datetime.fromtimestamp(self._clock(), UTC) - _period(entry)
        with self._xom.keyfs.read_transaction():
            store = self._cache(entry)
            unused = [] if store is None else list(self._unused(store, since))
        for start in range(0, len(unused), BATCH):
            self._remove_batch(entry, unused[start : start + BATCH], since)
        if unused:
            threadlog.info("Removed %s unused files of %s", len(unused), entry.config.key)

    def _unused(self, store: IndexArtifacts, since: datetime) -> Iterator[str]:
        root = store.item("")
        assert root is not None
        for number, item in enumerate(walk(store.item, root), 1):
            if isinstance(item, Artifact) and _is_unused(store, item, since):
                yield item.path
            if number % _FORGET_EVERY == 0:
                forget_reads(self._xom.keyfs)

    def _remove_batch(self, entry: Entry, paths: list[str], since: datetime) -> None:
        with self._xom.keyfs.write_transaction():
            store = self._cache(entry)
            for path in paths if store is not None else ():
                assert store is not None
                # somebody may have wanted it meanwhile
                item = store.item(path)
                if isinstance(item, Artifact) and _is_unused(store, item, since):
                    store.remove(path, prune=True)

    def _cache(self, entry: Entry) -> IndexArtifacts | None:
        """None when the index is gone, or no mirror any more."""
        stage = self._xom.model.getstage(entry.index)
        return artifact_store(self._xom, entry) if isinstance(stage, MirrorStage) else None


def _period(entry: Entry) -> timedelta:
    """Zero for never, which is the default."""
    if entry.config.rclass is not RepositoryClass.REMOTE:
        return timedelta(0)
    hours = entry.config.get_int(_SETTING)
    return timedelta(hours=min(max(hours, 0), _LONGEST_HOURS))


def _is_unused(store: IndexArtifacts, item: Artifact, since: datetime) -> bool:
    if item.created >= since:
        return False
    last = store.statistics(item.path).last
    return last is None or last < since
