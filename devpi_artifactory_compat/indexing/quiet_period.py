"""When the files that wait in each index are due; a state machine that only knows the time.

Files are due when no file has come to their index for the quiet period, and in a busy index when
the oldest has waited for ten of them. One whose indexing failed by no fault of its own is due again
later and keeps no other waiting. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field


#: a busy index is indexed after so many quiet periods at the latest
MAX_PERIODS = 10

#: how long after its first failure a file is tried again; twice as long after each further one
FIRST_RETRY_SECS = 5.0
LAST_RETRY_SECS = 3_600.0


def due_time(*, since: float, last_upload: float, period: float) -> float:
    """When files are due of which the first waits since ``since``."""
    return min(last_upload + period, since + MAX_PERIODS * period)


@dataclass(frozen=True)
class _Retry:
    """Of the file that was deployed at ``since``: one deployed later has not failed yet."""

    failures: int
    due: float
    since: float


@dataclass
class _Index:
    """``seen`` is when it was told of: nothing waits for longer because the clock was put back."""

    paths: Mapping[str, float]
    last_upload: float
    period: float
    seen: float
    retries: dict[str, _Retry] = field(default_factory=dict)

    def regular(self) -> float | None:
        """When those are due that have not failed yet."""
        fresh = self.fresh()
        if not fresh:
            return None
        return due_time(
            since=min(*fresh.values(), self.seen),
            last_upload=min(self.last_upload, self.seen),
            period=self.period,
        )

    def fresh(self) -> Mapping[str, float]:
        return {path: since for path, since in self.paths.items() if path not in self.retries}

    def next_due(self) -> float:
        times = [retry.due for retry in self.retries.values()]
        regular = self.regular()
        return min(times if regular is None else [*times, regular])

    def due_paths(self, now: float) -> Sequence[str]:
        regular = self.regular()
        due = set(self.fresh()) if regular is not None and regular <= now else set()
        due.update(path for path, retry in self.retries.items() if retry.due <= now)
        return sorted(due, key=lambda path: (self.paths[path], path))


class QuietPeriods:
    """Everything that waits on a server; for one thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._indexes: dict[str, _Index] = {}

    def update(
        self, index: str, paths: Mapping[str, float], *, last_upload: float, period: float
    ) -> None:
        """From now on that is what waits in an index, each path with the time of its deployment."""
        before = self._indexes.pop(index, None)
        if not paths:
            return
        retries = {} if before is None else before.retries
        self._indexes[index] = _Index(
            paths=dict(paths),
            last_upload=last_upload,
            period=period,
            seen=self._clock(),
            retries={p: retry for p, retry in retries.items() if paths.get(p) == retry.since},
        )

    def postpone(self, index: str, path: str) -> None:
        """The file could not be indexed by no fault of its own: it is due again later."""
        known = self._indexes.get(index)
        if known is None or path not in known.paths:
            return
        failures = known.retries[path].failures + 1 if path in known.retries else 1
        due = self._clock() + retry_delay(failures)
        known.retries[path] = _Retry(failures, due, known.paths[path])

    def due(self) -> Mapping[str, Sequence[str]]:
        """The paths to be indexed now by index, the oldest first; what is due longest first."""
        now = self._clock()
        order = sorted(self._indexes.items(), key=lambda item: item[1].next_due())
        found = {index: known.due_paths(now) for index, known in order}
        return {index: paths for index, paths in found.items() if paths}

    def next_due(self) -> float | None:
        """When something is due next, maybe in the past; None when nothing waits."""
        return min((known.next_due() for known in self._indexes.values()), default=None)


def retry_delay(failures: int) -> float:
    """How long is waited after so many failures of one thing."""
    return float(min(FIRST_RETRY_SECS * 2 ** min(failures - 1, 30), LAST_RETRY_SECS))
