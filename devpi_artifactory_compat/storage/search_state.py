"""Whether the search database can be used, and what is done when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.faults import is_broken_file
from devpi_artifactory_compat.search.faults import is_busy
from devpi_artifactory_compat.search.faults import is_damage
from devpi_artifactory_compat.search.faults import is_unreachable
from devpi_artifactory_compat.search.faults import shown
from devpi_artifactory_compat.search.faults import told
from devpi_artifactory_compat.search.file import DatabaseFile
from devpi_artifactory_compat.search.health import Server
from devpi_artifactory_compat.search.health import fault_of_active
from devpi_artifactory_compat.search.health import prepare
from devpi_artifactory_compat.search.health import retire_active
from devpi_artifactory_compat.storage.search_feed import mark_of
from devpi_artifactory_compat.storage.search_feed import newest_serial
from devpi_server.log import threadlog
from devpi_server.main import XOM
from sqlalchemy.exc import SQLAlchemyError
import threading
import time


_UNUSABLE = "The search database cannot be used now."


class SearchState:
    """Of one process; safe in threads."""

    def __init__(self, xom: XOM, database: SearchDatabase) -> None:
        self._xom = xom
        self._database = database
        self.file = DatabaseFile(database)
        self._opening = threading.RLock()
        self._is_open = False
        self._is_broken = False
        self._failed_at = float("-inf")
        #: why the database cannot be used; "" when it can
        self.problem = ""

    def server_uuid(self) -> str:
        """Of whoever makes the changes: on a replica that is its primary.

        Raises SearchUnavailable on a replica that has never reached it.
        """
        uuid = self._xom.config.get_primary_uuid()
        if not uuid:
            raise SearchUnavailable(reason="This replica has not reached its primary yet.")
        return str(uuid)

    def open(self) -> None:
        """Look at the database when it is used for the first time, or after it has failed.

        Nothing that it holds of another server, or that this server cannot read, answers after
        that. Raises SearchUnavailable and what the database raises.
        """
        if self._is_open and not self.file.was_replaced():
            return
        came = time.monotonic()
        with self._opening:
            if self._failed_at > came:
                # a database server that does not answer keeps each waiting for seconds
                raise SearchUnavailable(reason=_UNUSABLE)
            if self._is_open and not self.file.was_replaced():
                return
            self._is_open = False
            try:
                self._open()
            except SQLAlchemyError:
                self._failed_at = time.monotonic()
                raise
            self._is_open = True
            self._is_broken = False
            self._solved()

    def _open(self) -> None:
        if self._is_broken:
            self.file.remove()
        else:
            self.file.forget()
            self.file.remember()
        try:
            self._look()
        except SQLAlchemyError as exc:
            if not is_broken_file(exc):
                raise
            self._note("is damaged and will be built anew", exc)
            self.file.remove()
            self._look()
        self.file.remember()

    def _look(self) -> None:
        prepare(self._database)
        fault = self._fault()
        if fault is not None:
            threadlog.warning("The search database %s: it is built anew", fault)
            retire_active(self._database)

    def _fault(self) -> str | None:
        server = Server(uuid=self.server_uuid(), newest=self._newest, mark_of=self._mark_of)
        return fault_of_active(self._database, server)

    def _newest(self) -> int:
        return newest_serial(self._xom.keyfs)

    def _mark_of(self, serial: int) -> str:
        with self._xom.keyfs.get_connection() as connection:
            return mark_of(connection, serial)

    # failures

    @contextmanager
    def faults_told(self) -> Iterator[None]:
        """Raises SearchUnavailable for failures of the database that no statement is to blame for.

        The log has them once.
        """
        try:
            yield
        except SQLAlchemyError as exc:
            failure = self._failure(exc)
            if failure is exc:
                raise
            raise failure from exc

    def _failure(self, exc: SQLAlchemyError) -> Exception:
        if is_damage(exc):
            return self._damage(exc)
        if is_busy(exc):
            return SearchUnavailable(reason="The search database is busy.")
        if is_unreachable(exc):
            self._is_open = False
            self._note("cannot be used", exc)
            return SearchUnavailable(reason=_UNUSABLE)
        return exc

    def _damage(self, exc: SQLAlchemyError) -> Exception:
        with self._opening:
            self._is_open = False
            self._is_broken = is_broken_file(exc)
            if not self._is_broken and self._is_sound():
                # the statement itself is wrong
                return exc
        self._note("is damaged and will be built anew", exc)
        return SearchUnavailable(reason="The search database is damaged and is built anew.")

    def _is_sound(self) -> bool:
        try:
            return prepare(self._database) and self._fault() is None
        except SQLAlchemyError:
            return False

    def _note(self, what: str, exc: SQLAlchemyError) -> None:
        url = self._database.url
        problem = f"The search database {shown(url)} {what}: {told(exc, url)}"
        if problem != self.problem:
            self.problem = problem
            threadlog.error("%s", problem)

    def _solved(self) -> None:
        if self.problem:
            threadlog.warning("The search database %s can be used again", shown(self._database.url))
        self.problem = ""
