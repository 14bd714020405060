"""Downloads on their way into the key file system.

A download only changes a dictionary in memory; what came together there is written every now and
then, many artifacts in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from devpi_server.main import XOM
from typing import cast
import threading
import time


#: of more artifacts than this, those that were downloaded longest ago are no longer counted; a
#: primary writes what it has long before
MAX_ARTIFACTS = 100_000

#: user, index and path of an artifact
Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Counted:
    """Downloads of one artifact; ``last`` is seconds since the epoch."""

    count: int
    last: float
    last_by: str

    def after(self, earlier: Counted | None) -> Counted:
        """Both together, where ``earlier`` are older downloads."""
        if earlier is None:
            return self
        return Counted(earlier.count + self.count, self.last, self.last_by)


class DownloadCounts:
    """Downloads that are not written yet; safe in threads.

    ``clock`` gives seconds since the epoch. ``writing`` is held while counts leave here for the
    key file system: who holds it sees each download once.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._counts: dict[Place, Counted] = {}
        self.writing = threading.Lock()

    def add(self, place: Place, user: str) -> None:
        """``user`` has begun to download the artifact at a place."""
        now = self._clock()
        with self._guard:
            # the newest are at the end
            known = self._counts.pop(place, None)
            self._counts[place] = Counted(1 if known is None else known.count + 1, now, user)
            if len(self._counts) > MAX_ARTIFACTS:
                del self._counts[next(iter(self._counts))]

    def at(self, place: Place) -> Counted | None:
        return self._counts.get(place)

    def all(self) -> Mapping[Place, Counted]:
        """What is here; it stays."""
        with self._guard:
            return dict(self._counts)

    def take(self, places: Mapping[Place, Counted]) -> None:
        """What was written is not waiting any more; what came since then is."""
        with self._guard:
            for place, written in places.items():
                known = self._counts.pop(place, None)
                if known is not None and known.count > written.count:
                    self._counts[place] = Counted(
                        known.count - written.count, known.last, known.last_by
                    )

    def forget(self, place: Place) -> None:
        """The artifact is gone."""
        with self._guard:
            self._counts.pop(place, None)


def download_counts(xom: XOM) -> DownloadCounts:
    """Those of this process."""
    counts = xom.setdefault_singleton("+artifactory", "download-counts", factory=DownloadCounts)
    return cast("DownloadCounts", counts)
