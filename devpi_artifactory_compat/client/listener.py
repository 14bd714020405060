"""waitress, which says when it listens and lets running requests end."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.client.addresses import cannot_listen
from devpi_server.main import XOM
from typing import Any
from waitress.server import create_server


REQUESTS_END_WITHIN = 5
"""Seconds that running requests have to end after the server was told to stop."""


class Listener:
    """Runs devpi-server's own ``main``; ``announce`` is called once the sockets are open."""

    def __init__(self, xom: XOM, announce: Callable[[], None]) -> None:
        self._xom = xom
        self._announce = announce
        self._server: Any = None

    def run(self) -> int:
        """Serve until a KeyboardInterrupt; the exit status, as devpi's plugins may set one."""
        # waitress.serve takes the factory from this setting, and devpi passes its settings on
        self._xom.config.waitress_info["kwargs"]["_server"] = self._create
        try:
            status = self._xom.main()
        finally:
            if self._server is not None:
                self._server.task_dispatcher.shutdown(timeout=REQUESTS_END_WITHIN)
        # devpi's thread pool answers with an object of no meaning
        return status if isinstance(status, int) else 0

    def _create(self, app: object, **settings: object) -> object:
        try:
            self._server = create_server(app, **settings)
        except OSError as exc:
            raise cannot_listen(self._xom.config, exc) from exc
        self._announce()
        return self._server
