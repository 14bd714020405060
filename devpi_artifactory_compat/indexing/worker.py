"""Indexes what waits when it is due, and goes through whole indexes that somebody asks for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.indexing.batches import Batches
from devpi_artifactory_compat.indexing.batches import LogException
from devpi_artifactory_compat.indexing.ports import Indexes
from devpi_artifactory_compat.indexing.ports import WaitingFiles
from devpi_artifactory_compat.indexing.quiet_period import QuietPeriods
from devpi_artifactory_compat.indexing.quiet_period import retry_delay
from devpi_artifactory_compat.indexing.whole_index import WholeIndex
from functools import partial
import threading
import time


#: the clock of the machine may be set anew: it is looked at again after so long
MAX_WAIT_SECS = 600.0

#: stands for the first look at all indexes
_EVERYTHING = ""


@dataclass(frozen=True)
class _Failed:
    """How often in a row; ``due`` is when it is begun anew, None while that goes on."""

    failures: int
    due: float | None


class Worker:
    """One for a server.

    ``changed`` and ``stop`` may be called in any thread, all else belongs to the one of ``run``.
    """

    def __init__(
        self,
        indexes: Indexes,
        *,
        log_exception: LogException,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._indexes = indexes
        self._log_exception = log_exception
        self._clock = clock
        self._batches = Batches(indexes, log_exception)
        self._periods = QuietPeriods(clock)
        self._runs: dict[str, WholeIndex] = {}
        self._failed: dict[str, _Failed] = {}
        self._loaded = False
        self._news = threading.Condition()
        self._changed: set[str] = set()
        self._stopped = False

    def changed(self, index: str) -> None:
        """Something waits in an index, or does no more, or its settings are others."""
        with self._news:
            self._changed.add(index)
            self._news.notify_all()

    def stop(self) -> None:
        with self._news:
            self._stopped = True
            self._news.notify_all()

    def run(self) -> None:
        """Work until ``stop`` is called."""
        while not self._stopped:
            delay = self.round()
            with self._news:
                self._news.wait_for(lambda: self._stopped or bool(self._changed), timeout=delay)

    def round(self) -> float:
        """Do some of what is to be done now; for how long there is nothing more then."""
        if not self._loaded:
            self._guarded(_EVERYTHING, self._load)
        self._look_at_changes()
        for index, paths in self._periods.due().items():
            self._guarded(index, partial(self._index, index, paths))
        for index, run in list(self._runs.items()):
            self._guarded(index, partial(self._step, index, run))
        return self._delay()

    def _guarded(self, index: str, work: Callable[[], None]) -> None:
        """What fails is logged and begun anew after a while; nothing else has to wait for it."""
        try:
            work()
        except Exception:  # noqa: BLE001 - whatever it is, nothing that waits may be forgotten
            self._log_exception("Indexing failed in %s; it is tried again later", index)
            failures = self._failed[index].failures + 1 if index in self._failed else 1
            self._failed[index] = _Failed(failures, self._clock() + retry_delay(failures))
            self._runs.pop(index, None)
            self._periods.update(index, {}, last_upload=0.0, period=0.0)

    def _delay(self) -> float:
        if self._runs:
            return 0.0
        now = self._clock()
        times = [failed.due for failed in self._failed.values() if failed.due is not None]
        due = self._periods.next_due()
        if due is not None:
            times.append(due)
        return min(max(0.0, min(times, default=now + MAX_WAIT_SECS) - now), MAX_WAIT_SECS)

    def _load(self) -> None:
        for index in self._indexes.busy():
            self.changed(index)
        self._loaded = True
        self._failed.pop(_EVERYTHING, None)

    def _look_at_changes(self) -> None:
        now = self._clock()
        with self._news:
            changed, self._changed = self._changed, set()
        for index, failed in self._failed.items():
            if index != _EVERYTHING and failed.due is not None and failed.due <= now:
                self._failed[index] = _Failed(failed.failures, None)
                changed.add(index)
        for index in sorted(changed):
            self._guarded(index, partial(self._look, index))

    def _index(self, index: str, paths: Sequence[str]) -> None:
        for path in self._batches.index(index, paths):
            # what has not left then, and is no new file, is not tried again at once
            self._periods.postpone(index, path)
        self._look(index)
        self._failed.pop(index, None)

    def _step(self, index: str, run: WholeIndex) -> None:
        if run.step():
            self._runs.pop(index, None)
            self._look(index)
            self._failed.pop(index, None)

    def _look(self, index: str) -> None:
        """See what an index has to do now."""
        with self._indexes.reading(index) as opened:
            files = WaitingFiles() if opened is None else opened.queue.files()
            period = 0.0 if opened is None else opened.period
        self._periods.update(index, files.paths, last_upload=files.last_upload, period=period)
        if files.run is None:
            self._runs.pop(index, None)
        elif index not in self._runs:
            self._runs[index] = WholeIndex(
                index,
                self._indexes,
                self._batches,
                asked=files.run.asked,
                clock=self._clock,
                log_exception=self._log_exception,
            )
