"""Asking for a look at everything in an index, and waiting for its end; any process of a server."""

from __future__ import annotations

from devpi_artifactory_compat.indexing.ports import WaitingFiles
from devpi_artifactory_compat.storage.transactions import read_anew
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_server.main import XOM
from devpi_server.model import BaseStage
import time


#: who waits longer is told that it goes on: proxies have given up by then
PATIENCE_SECS = 600.0

_LOOK_EVERY_SECS = 1.0


def ask_for_run(xom: XOM, stage: BaseStage) -> int:
    """The number of the call, for ``wait_for_run``; the request goes on reading afterwards."""
    with written_at_once(xom.keyfs):
        return Waiting(xom, stage.username, stage.index).ask(now=time.time())


def wait_for_run(
    xom: XOM, stage: BaseStage, asked: int, *, patience: float = PATIENCE_SECS
) -> WaitingFiles | None:
    """What there is when the call was served; None when that has not happened by then.

    No transaction is held open meanwhile: each look is one at the newest state.
    """
    deadline = time.monotonic() + patience
    waiting = Waiting(xom, stage.username, stage.index)
    while True:
        read_anew(xom.keyfs)
        files = waiting.files()
        done = files.last_run is not None and files.last_run.asked >= asked
        if done or files.run is None:
            # without a run the index was deleted meanwhile
            return files
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        xom.keyfs.wait_tx_serial(xom.keyfs.tx.at_serial + 1, timeout=min(left, _LOOK_EVERY_SECS))
