"""What administrators do to the cached pages of a remote repository: let them expire."""

from __future__ import annotations

from devpi_artifactory_compat.storage.keys import state_key
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage


def zap(xom: XOM, stage: MirrorStage, now: float) -> None:
    """Let every page count as old: the next request of each asks the upstream."""
    with state_key(xom, stage.username, stage.index).update() as state:
        state["zapped"] = now
