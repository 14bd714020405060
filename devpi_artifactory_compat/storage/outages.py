"""Upstreams that count as offline for a while, so that no request pays for finding it out again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Hashable
from dataclasses import dataclass
from devpi_artifactory_compat.errors import UpstreamError
from email.utils import parsedate_to_datetime
import math
import threading
import time


#: the longest time for which an upstream may ask to be left alone
MAX_RETRY_AFTER_SECS = 3600.0

#: more servers than the pages of one upstream point to
MAX_OUTAGES = 1000


@dataclass(frozen=True)
class _Outage:
    kind: type[UpstreamError]
    reason: str
    until: float


class Outages:
    """The servers behind one repository that count as offline; safe in threads.

    ``clock`` gives seconds and never goes backwards.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._outages: OrderedDict[Hashable, _Outage] = OrderedDict()

    def check(self, server: Hashable) -> None:
        """Raises the failure that began the outage again while it lasts."""
        with self._guard:
            outage = self._outages.get(server)
            if outage is None:
                return
            left = outage.until - self._clock()
            if left <= 0:
                del self._outages[server]
                return
        raise outage.kind(f"{outage.reason} It counts as offline for {math.ceil(left)} s more.")

    def begin(self, server: Hashable, failure: UpstreamError, *, seconds: float) -> None:
        """From now on the server counts as offline; for 0 seconds it does not."""
        if seconds <= 0:
            return
        with self._guard:
            self._outages.pop(server, None)
            until = self._clock() + seconds
            self._outages[server] = _Outage(type(failure), str(failure), until)
            if len(self._outages) > MAX_OUTAGES:
                self._outages.popitem(last=False)

    def end(self, server: Hashable) -> None:
        """The server has answered."""
        if self._outages:
            with self._guard:
                self._outages.pop(server, None)


def retry_after(value: str | None, *, now: Callable[[], float] = time.time) -> float | None:
    """The seconds that a Retry-After header asks for, at most an hour; None for none that is valid.

    ``now`` gives seconds since the epoch.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER_SECS)
    try:
        moment = parsedate_to_datetime(text[:100]).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(moment - now(), 0.0), MAX_RETRY_AFTER_SECS)
