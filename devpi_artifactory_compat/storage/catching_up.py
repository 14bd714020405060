"""What devpi's own routes have changed reaches our records by events; readers wait for those."""

from __future__ import annotations

from devpi_artifactory_compat.storage.transactions import read_anew
from devpi_server import mythread
from devpi_server.main import XOM
import time


#: a reader that has waited so long reads what is there
PATIENCE_SECS = 5.0

#: how often another process is looked at that handles the events
_LOOK_EVERY_SECS = 0.05


def catch_up(xom: XOM) -> None:
    """Wait until the records know all that was committed before the running transaction began.

    The transaction reads anew afterwards. Does not wait where nobody handles events.
    """
    notifier = xom.keyfs.notifier
    serial = xom.keyfs.tx.at_serial
    if notifier.read_event_serial() >= serial:
        return
    if not (mythread.has_active_thread(notifier) or xom.config.requests_only):
        return
    deadline = time.monotonic() + PATIENCE_SECS
    with notifier.cv_new_event_serial:
        while notifier.read_event_serial() < serial and time.monotonic() < deadline:
            notifier.cv_new_event_serial.wait(_LOOK_EVERY_SECS)
    read_anew(xom.keyfs)
