"""The search database of this server: opened, kept up to date, built, and built anew."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.building import Builder
from devpi_artifactory_compat.search.building import BuildUnderWay
from devpi_artifactory_compat.search.building import ClaimLost
from devpi_artifactory_compat.search.building import Snapshot
from devpi_artifactory_compat.search.building import analyze_active
from devpi_artifactory_compat.search.building import claim
from devpi_artifactory_compat.search.building import drop_unused
from devpi_artifactory_compat.search.database import Behind
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.faults import is_busy
from devpi_artifactory_compat.search.feeding import advance
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.search.generations import active_of
from devpi_artifactory_compat.search.generations import all_generations
from devpi_artifactory_compat.search.generations import building_of
from devpi_artifactory_compat.storage.search_build import build
from devpi_artifactory_compat.storage.search_feed import last_serial
from devpi_artifactory_compat.storage.search_feed import mark_of
from devpi_artifactory_compat.storage.search_feed import newest_serial
from devpi_artifactory_compat.storage.search_feed import read_batch
from devpi_artifactory_compat.storage.search_state import SearchState
from devpi_server.log import threadlog
from devpi_server.main import XOM
from queue import Empty
from queue import SimpleQueue
from sqlalchemy.exc import SQLAlchemyError
import threading
import time


#: a search waits so long for changes that are not in the database yet
PATIENCE_SECS = 5.0

#: the background waits so long for searches that bring changes themselves
STEP_SECS = 60.0

#: the first search of a server that has seen fewer changes builds the database itself
FEW_CHANGES = 500

ANALYZE_EVERY_SECS = 60 * 60.0


class SearchService:
    """One for each process; safe in threads."""

    def __init__(self, xom: XOM, database: SearchDatabase) -> None:
        self._keyfs = xom.keyfs
        self.database = database
        self.state = SearchState(xom, database)
        self._feeding = threading.Lock()
        self._claims: SimpleQueue[Generation] = SimpleQueue()
        self._is_tidy = False
        self._analyzed_at = time.monotonic()
        #: set when there is something to do for whoever works in the background
        self.wake = threading.Event()

    @contextmanager
    def searching(self, serial: int) -> Iterator[Reading]:
        """A reading with all changes up to ``serial`` in it. Raises SearchUnavailable."""
        deadline = time.monotonic() + PATIENCE_SECS
        with self.faults_told():
            while True:
                self.state.open()
                try:
                    with self.database.reading(serial=serial) as reading:
                        yield reading
                        return
                except Behind:
                    pass
                self._step(serial, deadline)

    @contextmanager
    def faults_told(self) -> Iterator[None]:
        """Raises SearchUnavailable for failures that are none of the search itself."""
        try:
            with self.state.faults_told():
                yield
        except SearchUnavailable:
            self.wake.set()
            raise

    # keeping up

    def _step(self, serial: int, deadline: float) -> None:
        """One batch nearer to a change, or the first generation built."""
        if not self._feeding.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise self._behind(self.active(), serial)
        try:
            active = self.active()
            if active is None:
                self._build_first(serial)
            elif active.serial < serial:
                if time.monotonic() > deadline:
                    raise self._behind(active, serial)
                with self._keyfs.get_connection() as connection:
                    batch = read_batch(connection, active.serial, serial)
                advance(self.database, active, batch)
        finally:
            self._feeding.release()

    def _behind(self, active: Generation | None, serial: int) -> SearchUnavailable:
        return SearchUnavailable(0 if active is None else active.serial + 1, serial + 1)

    def feed(self) -> None:
        """Bring what generation there is up to the newest change."""
        newest = newest_serial(self._keyfs)
        while (active := self.active()) is not None and active.serial < newest:
            self._step(newest, time.monotonic() + STEP_SECS)

    def active(self) -> Generation | None:
        with self.database.looking() as connection:
            return active_of(all_generations(connection))

    # building

    def _build_first(self, serial: int) -> None:
        """A small server does not wait for the background."""
        with self.database.looking() as connection:
            other = building_of(all_generations(connection))
        if other is not None:
            raise SearchUnavailable(other.done, other.total)
        if serial > FEW_CHANGES:
            raise SearchUnavailable(0, serial + 1)
        try:
            self.build(self._claim(), between=lambda: None)
        except (BuildUnderWay, ClaimLost) as exc:
            raise SearchUnavailable(0, serial + 1) from exc

    def ask_for_rebuild(self) -> Generation:
        """What is to be built in the background. Raises BuildUnderWay, SearchUnavailable."""
        with self.faults_told():
            self.state.open()
            claimed = self._claim()
        self._claims.put(claimed)
        self.wake.set()
        return claimed

    def work(self, between: Callable[[], None]) -> None:
        """What there is to do in the background; ``between`` as for ``search_build.build``.

        Raises SearchUnavailable.
        """
        with self.faults_told():
            self.state.open()
            claimed = self._next_claim()
            if claimed is not None:
                self.build(claimed, between=between)
            self.feed()
            self._tidy()

    def _tidy(self) -> None:
        """Drop what answers no more, and tell SQLite now and then what lies in its tables."""
        if not self._is_tidy:
            try:
                drop_unused(self.database)
            except SQLAlchemyError as exc:
                if not is_busy(exc):
                    raise
            else:
                self._is_tidy = True
        if time.monotonic() - self._analyzed_at > ANALYZE_EVERY_SECS:
            self._analyzed_at = time.monotonic()
            analyze_active(self.database)

    def _next_claim(self) -> Generation | None:
        """What an administrator asked for, or what has to be built because nothing answers."""
        newest: Generation | None = None
        with suppress(Empty):
            while True:
                newest = self._claims.get_nowait()
        if newest is not None:
            return newest
        if self.active() is None:
            with suppress(BuildUnderWay):
                return self._claim()
        return None

    def _claim(self) -> Generation:
        with self._keyfs.get_connection() as connection:
            serial = last_serial(connection)
            mark = mark_of(connection, serial)
        snapshot = Snapshot(server=self.state.server_uuid(), serial=serial, mark=mark)
        return claim(self.database, snapshot)

    def build(self, claimed: Generation, *, between: Callable[[], None]) -> None:
        """Raises ClaimLost."""
        started = time.monotonic()
        self._is_tidy = False
        threadlog.info("Building the search database")
        try:
            build(self.database, self._keyfs, claimed, between=between)
        except BaseException:
            Builder(self.database, claimed).give_up()
            raise
        threadlog.info("The search database was built in %.1f s", time.monotonic() - started)
