"""A reverse proxy that serves a server below a path, as web servers in front of it do."""

from __future__ import annotations

from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Self


_OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        if not self.path.startswith(f"{self.server.prefix}/"):
            self.send_error(404)
            return
        connection = HTTPConnection("127.0.0.1", self.server.backend_port, timeout=60)
        try:
            path = self.path.removeprefix(self.server.prefix)
            connection.request(self.command, path, headers=dict(self.headers.items()))
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        finally:
            connection.close()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing: the test has ``paths``."""


class Proxy(ThreadingHTTPServer):
    """Passes requests below ``prefix`` on, without the prefix; others are answered by 404."""

    def __init__(self, prefix: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.prefix = prefix
        self.backend_port = 0
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        """Where clients find what is behind the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}{self.prefix}"

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
