"""Work that a server does every now and then, in a thread that ends with the server."""

from __future__ import annotations

from collections.abc import Callable
from devpi_server.log import thread_push_log
from devpi_server.mythread import MyThread
from devpi_server.mythread import ThreadPool
import threading


#: the end of the server waits so long for work that is under way
END_WITHIN_SECS = 20.0


class PeriodicWork:
    """To be registered with devpi's thread pool before that starts.

    ``work`` is called every ``interval`` seconds, outside of a transaction; ``at_end`` when the
    server ends. What they raise is logged, and the next call comes all the same.
    """

    thread: MyThread

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        *,
        interval: float,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._at_end = at_end
        self._ending = threading.Event()

    def register(self, pool: ThreadPool) -> None:
        pool.register(self)

    def thread_run(self) -> None:
        self._log = thread_push_log(f"[{self._name}]")
        while not self._ending.wait(self._interval):
            self._run(self._work)
        if self._at_end is not None:
            self._run(self._at_end)

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - a disk may be full now, and not at the next time
            self._log.exception("%s failed", self._name)

    def thread_shutdown(self) -> None:
        """devpi ends the process soon after: threads that it does not wait for die with it."""
        self._ending.set()
        if threading.current_thread() is not self.thread and self.thread.is_alive():
            self.thread.join(END_WITHIN_SECS)
