"""An upstream that fails in every way that servers have."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from support.upstream import Asked
from support.upstream import Upstream
import threading


class Conversation:
    """One request that a fault answers, byte by byte."""

    def __init__(self, handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        self._handler = handler
        self._released = released
        self.path = handler.path

    def send(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def wait(self, seconds: float = 30) -> bool:
        """Hold the request up; True when the test is over."""
        return self._released.wait(seconds)


Fault = Callable[[Conversation], None]


class FaultyUpstream(Upstream):
    """An upstream where some paths, or all with ``everything``, are answered by a fault.

    A fault that hangs is released when the upstream is closed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.faults: dict[str, Fault] = {}
        self.everything: Fault | None = None
        self._released = threading.Event()
        self._server.RequestHandlerClass = _faulty(self._server.RequestHandlerClass, self)

    def close(self) -> None:
        self._released.set()
        super().close()

    def fault_at(self, path: str) -> Fault | None:
        return self.faults.get(path.partition("?")[0], self.everything)

    def converse(self, handler: BaseHTTPRequestHandler, fault: Fault) -> None:
        self.asked.append(Asked(handler.command, handler.path, dict(handler.headers)))
        handler.close_connection = True
        # the client is free to go away
        with suppress(ConnectionError):
            fault(Conversation(handler, self._released))


def _faulty(base: type, upstream: FaultyUpstream) -> type:
    class Handler(base):  # type: ignore[misc]
        def do_GET(self) -> None:  # noqa: N802 - the base class's name
            fault = upstream.fault_at(self.path)
            if fault is None:
                super().do_GET()
            else:
                upstream.converse(self, fault)

        do_HEAD = do_GET  # noqa: N815 - the base class's name

        def do_POST(self) -> None:  # noqa: N802 - the base class's name
            fault = upstream.fault_at(self.path)
            if fault is None:
                super().do_POST()
            else:
                upstream.converse(self, fault)

    return Handler


def head(status: int = 200, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Because", *headers, "", ""]).encode()


def sends(data: bytes) -> Fault:
    """These bytes and then the end of the connection."""
    return lambda conversation: conversation.send(data)


def answers(status: int, *headers: str, body: bytes = b"") -> Fault:
    return sends(head(status, *headers, f"Content-Length: {len(body)}") + body)


def redirects(location: str) -> Fault:
    return answers(302, f"Location: {location}")


def hangs_after(data: bytes = b"") -> Fault:
    def fault(conversation: Conversation) -> None:
        conversation.send(data)
        conversation.wait()

    return fault


def drips(data: bytes, *, first: bytes = b"", pause: float = 0.05) -> Fault:
    """One byte at a time, each soon enough for a socket's timeout."""

    def fault(conversation: Conversation) -> None:
        conversation.send(first)
        for byte in data:
            conversation.send(bytes([byte]))
            if conversation.wait(pause):
                return

    return fault


def pours(pieces: Callable[[], Iterator[bytes]], *headers: str) -> Fault:
    """A body that is not held in memory."""

    def fault(conversation: Conversation) -> None:
        conversation.send(head(200, *headers, "Connection: close"))
        for piece in pieces():
            conversation.send(piece)

    return fault
