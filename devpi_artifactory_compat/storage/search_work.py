"""Keeps the search database up to date between searches, and builds it, on every server."""

from __future__ import annotations

from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.building import ClaimLost
from devpi_artifactory_compat.storage.periodic import END_WITHIN_SECS
from devpi_artifactory_compat.storage.search_service import SearchService
from devpi_server.log import TagLogger
from devpi_server.log import thread_push_log
from devpi_server.mythread import MyThread
from devpi_server.mythread import ThreadPool
import threading


#: what was written meanwhile is fed together
EVERY_SECS = 1.0

#: after a failure that nobody expects
PAUSE_SECS = 30.0


class SearchWork:
    """To be registered with devpi's thread pool before that starts."""

    thread: MyThread
    _log: TagLogger

    def __init__(self, service: SearchService) -> None:
        self._service = service
        self._ending = threading.Event()

    def register(self, pool: ThreadPool) -> None:
        pool.register(self)

    def thread_run(self) -> None:
        self._log = thread_push_log("[SEARCH]")
        pause = EVERY_SECS
        while not self._ending.is_set():
            pause = EVERY_SECS if self._work() else PAUSE_SECS
            self._wait(pause)
        self._service.database.close()

    def _wait(self, pause: float) -> None:
        if pause == EVERY_SECS:
            self._service.wake.wait(pause)
            self._service.wake.clear()
        else:
            self._ending.wait(pause)

    def _work(self) -> bool:
        """False after a failure that is a defect."""
        try:
            self._service.work(self._between)
        except (SearchUnavailable, ClaimLost) as exc:
            # the state of the database has logged why
            self._log.debug("%s", exc)
        except _Ending:
            pass
        except Exception:  # noqa: BLE001 - nobody else keeps the database up to date
            self._log.exception("The search database could not be kept up to date")
            return False
        return True

    def _between(self) -> None:
        if self._ending.is_set():
            raise _Ending
        self._service.feed()

    def thread_shutdown(self) -> None:
        """devpi ends the process soon after; the next start builds anew what is given up here."""
        self._ending.set()
        self._service.wake.set()
        if threading.current_thread() is not self.thread and self.thread.is_alive():
            self.thread.join(END_WITHIN_SECS)


class _Ending(Exception):
    """The server ends."""
