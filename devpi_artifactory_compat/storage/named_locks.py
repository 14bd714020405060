"""Locks by name, each for as long as somebody holds it or waits for it."""

from __future__ import annotations

import threading
import weakref


class NamedLocks:
    """Names may come from requests: a lock that nobody uses is gone. Safe in threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: weakref.WeakValueDictionary[str, threading.Lock] = (
            weakref.WeakValueDictionary()
        )

    def get(self, name: str) -> threading.Lock:
        """The same lock for all who ask before it is gone."""
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())
