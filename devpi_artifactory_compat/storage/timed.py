"""Sockets that keep to a moment by which an exchange must be over.

A timeout for each operation of a socket does not end an exchange with a server that sends one byte
a second: only a limit for the whole does, for the headers as well as for the body.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
import httpcore
import ssl
import threading
import time


class Deadlines:
    """Until when the exchanges of each thread may last; without a limit outside of ``within``."""

    def __init__(self) -> None:
        self._local = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        before: float | None = getattr(self._local, "until", None)
        until = time.monotonic() + seconds
        self._local.until = until if before is None else min(before, until)
        try:
            yield
        finally:
            self._local.until = before

    def allowed(self, timeout: float | None) -> float | None:
        """How long the next operation may take. Raises httpcore.TimeoutException after the end."""
        until: float | None = getattr(self._local, "until", None)
        if until is None:
            return timeout
        left = until - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the exchange takes too long")
        return left if timeout is None else min(left, timeout)


class TimedStream(httpcore.NetworkStream):
    """A connection each of whose operations ends with the deadline of the thread that calls it."""

    def __init__(self, stream: httpcore.NetworkStream, deadlines: Deadlines) -> None:
        self._stream = stream
        self._deadlines = deadlines

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadlines.allowed(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadlines.allowed(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadlines.allowed(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return TimedStream(stream, self._deadlines)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class TimedBackend(httpcore.NetworkBackend):
    """Makes TCP connections that keep to the deadlines."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._sockets = httpcore.SyncBackend()
        self._deadlines = deadlines

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadlines.allowed(timeout)
        stream = self._sockets.connect_tcp(host, port, timeout, local_address, socket_options)
        return TimedStream(stream, self._deadlines)
