"""Shared downloads: one thread fetches a file, and everybody who wants it follows.

A download goes on to its end when all its readers have gone away: it is kept, and the next one
who asks finds it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Hashable
from devpi_artifactory_compat.errors import ArtifactoryError
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.following import HELD_BACK
from devpi_artifactory_compat.repositories.following import Download
from devpi_artifactory_compat.repositories.following import Fetch
from devpi_artifactory_compat.repositories.following import Reader
import logging
import threading


#: fewer than the 50 threads that serve requests by default: following occupies one of them
MAX_RUNNING = 32

#: how long a download waits for its turn when so many are running, in seconds
TURN_TIMEOUT_SECS = 30.0

_log = logging.getLogger(__name__)


class Downloads:
    """All downloads of this process that are under way; safe in threads."""

    def __init__(
        self,
        *,
        limit: int = MAX_RUNNING,
        held_back: int = HELD_BACK,
        turn_timeout: float = TURN_TIMEOUT_SECS,
    ) -> None:
        self._limit = limit
        self._held_back = held_back
        self._turn_timeout = turn_timeout
        # one lock for everything, each download with a condition of its own on it
        self._lock = threading.Lock()
        self._downloads: dict[Hashable, Download] = {}
        self._queue: deque[Download] = deque()
        self._running = 0

    def follow(self, key: Hashable) -> Reader | None:
        """Join a download that is under way."""
        with self._lock:
            download = self._downloads.get(key)
            return None if download is None else download.reader()

    def start(
        self,
        key: Hashable,
        fetch: Fetch,
        new_file: Callable[[], ArrivingFile],
        *,
        patience: float,
    ) -> Reader:
        """Begin a download, or join it if it is under way.

        ``fetch`` runs in a thread of its own, where it writes to the download and keeps the
        file; what it raises reaches every reader. ``patience`` is how long readers wait without
        anything happening, in seconds. Raises UpstreamError when no file can be made.
        """
        with self._lock:
            download = self._downloads.get(key)
            if download is not None:
                return download.reader()
            try:
                file = new_file()
            except OSError as exc:
                raise UpstreamError(f"No file can be made on this server: {exc.strerror}.") from exc
            download = Download(
                key,
                fetch,
                file,
                changed=threading.Condition(self._lock),
                held_back=self._held_back,
                patience=patience,
            )
            reader = download.reader()
            self._downloads[key] = download
            if self._running < self._limit:
                self._launch(download)
            else:
                self._queue.append(download)
                download.wait_for_turn(self._turn_timeout, self._give_up)
        return reader

    def _launch(self, download: Download) -> None:
        # a daemon: nobody who stops the server waits for an upstream
        thread = threading.Thread(
            target=self._work, args=(download,), name="artifactory-download", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            del self._downloads[download.key]
            download.finish(UpstreamError("The server is too busy for another download."))
            download.file.discard()
        else:
            self._running += 1

    def _work(self, download: Download | None) -> None:
        """Run one download, and then those that wait for their turn."""
        while download is not None:
            failure = _run(download)
            with self._lock:
                # whoever asks from now on finds the kept file, or starts anew
                del self._downloads[download.key]
            # the readers have it open
            download.file.discard()
            with self._lock:
                download.finish(failure)
                following = self._queue.popleft() if self._queue else None
                if following is None:
                    self._running -= 1
                else:
                    following.take_turn()
            download = following

    def _give_up(self, download: Download) -> None:
        """A download has waited for its turn in vain; the lock is held."""
        self._queue.remove(download)
        del self._downloads[download.key]
        download.finish(
            UpstreamTimeout(
                f"{self._limit} downloads from upstreams are running on this server and none "
                "ended in time. Try again later."
            )
        )
        download.file.discard()


def _run(download: Download) -> ArtifactoryError | None:
    """What went wrong. Tracebacks would keep everything alive that the fetch had in hand."""
    try:
        download.fetch(download)
    except ArtifactoryError as exc:
        return exc.with_traceback(None)
    except Exception:  # noqa: BLE001 - nobody is above a thread: the readers are told
        _log.exception("A download failed")
        return UpstreamError("The file could not be kept on this server; its log says why.")
    return None
