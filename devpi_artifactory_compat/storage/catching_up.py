"""What devpi's own routes have changed reaches our records by events; readers see to it.

devpi handles its events one after the other in one thread, which may be held up: by a plugin, or
for five seconds by a file that is moved into its place a moment after its transaction. Who needs
the records does not wait for that.
"""

from __future__ import annotations

from devpi_artifactory_compat.storage.events import Follower
from devpi_artifactory_compat.storage.keys import RECORD
from devpi_artifactory_compat.storage.own_files import FILE_KEYS
from devpi_artifactory_compat.storage.transactions import read_anew
from devpi_server import mythread
from devpi_server.keyfs import KeyChangeEvent
from devpi_server.log import threadlog
from devpi_server.main import XOM
from typing import Any
from typing import cast
import time


#: the thread that handles events usually has done so in this time
GRACE_SECS = 0.1

#: a request that has looked at events for so long reads what is there
PATIENCE_SECS = 5.0

_USER_KEY = "USER"


def catch_up(xom: XOM) -> None:
    """Bring the records up to what was committed before the running transaction began.

    The transaction may read anew afterwards. Costs two comparisons while nothing was written, and
    no time for what concerns no record. A replica shows what it has: its records come with the
    transactions of its primary.
    """
    progress = cast(
        "_Progress", xom.setdefault_singleton("+artifactory", "progress", factory=_Progress)
    )
    tx = xom.keyfs.tx
    serial = tx.at_serial
    if serial > progress.settled:
        progress.look(xom, serial)
    if serial > progress.settled and not xom.is_replica():
        if not tx.write:
            _wait(xom, serial, progress)
        _follow(xom, serial, progress)
    if serial < progress.written:
        read_anew(xom.keyfs)


class _Progress:
    """What this process knows of the events; both numbers only grow, so threads need no lock.

    Up to the serial ``settled`` every event was handled, or needs nothing of us; what handling
    them wrote was written up to the serial ``written``.
    """

    def __init__(self) -> None:
        self.settled = -1
        self.written = -1

    def look(self, xom: XOM, serial: int) -> None:
        handled = xom.keyfs.notifier.read_event_serial()
        if handled > self.settled:
            self.settle(handled, written=_newest(xom))
        self.pass_over(xom, serial)

    def settle(self, serial: int, *, written: int) -> None:
        # in this order: who sees the second sees the first
        self.written = max(self.written, written)
        self.settled = max(self.settled, serial)

    def pass_over(self, xom: XOM, serial: int) -> None:
        """What concerns no record is settled."""
        settled = self.settled
        deadline = time.monotonic() + PATIENCE_SECS
        while settled < serial and time.monotonic() < deadline:
            if _events(xom, settled + 1):
                break
            settled += 1
        self.settled = max(self.settled, settled)


def _newest(xom: XOM) -> int:
    """The serial of what was committed last, by whomever."""
    return cast("int", xom.keyfs.tx.conn.db_read_last_changelog_serial())


def _wait(xom: XOM, serial: int, progress: _Progress) -> None:
    """For the thread that handles events, if there is one."""
    notifier = xom.keyfs.notifier
    if not mythread.has_active_thread(notifier):
        return
    deadline = time.monotonic() + GRACE_SECS
    with notifier.cv_new_event_serial:
        while notifier.read_event_serial() < serial:
            left = deadline - time.monotonic()
            if left <= 0 or not notifier.cv_new_event_serial.wait(left):
                break
    progress.look(xom, serial)


def _follow(xom: XOM, serial: int, progress: _Progress) -> None:
    """Do what the thread that handles events will find done."""
    follower = Follower(xom)
    deadline = time.monotonic() + PATIENCE_SECS
    writes = xom.keyfs.tx.write
    at = progress.settled
    while at < serial and time.monotonic() < deadline:
        at += 1
        for event in _events(xom, at):
            try:
                follower.on_event(event)
            except Exception:  # noqa: BLE001 - devpi goes on with the next event as well
                threadlog.exception("Following %s failed", event.typedkey)
        if not writes:
            # what a request writes may still be taken back
            progress.settle(at, written=_newest(xom))
            progress.pass_over(xom, serial)
            at = max(at, progress.settled)


def _events(xom: XOM, serial: int) -> list[KeyChangeEvent]:
    """What a transaction left for the records to follow: those of devpi's own routes do.

    It changed files and no record, or took away an index.
    """
    changes = xom.keyfs.tx.conn.get_changes(serial)
    if any(keyname == RECORD for keyname, _back_serial, _value in changes.values()):
        return []
    return [
        KeyChangeEvent(xom.keyfs.get_key_instance(keyname, relpath), value, serial, back_serial)
        for relpath, (keyname, back_serial, value) in changes.items()
        if keyname in FILE_KEYS
        or (keyname == _USER_KEY and _lost_index(xom, relpath, back_serial, value))
    ]


def _lost_index(xom: XOM, relpath: str, back_serial: int, value: Any) -> bool:
    if back_serial < 0:
        return False
    _serial, _back_serial, before = xom.keyfs.tx.conn.get_relpath_at(relpath, back_serial)
    return bool(set(_indexes(before)) - set(_indexes(value)))


def _indexes(user: Any) -> Any:
    return user.get("indexes", {}) if user else {}
