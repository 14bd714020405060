"""An upstream that tests start: an HTTP server that serves what it is told and keeps a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from typing import Any
from typing import Self
import json
import threading


JSON = "application/vnd.pypi.simple.v1+json"


class Gate:
    """Stops a body after its first bytes until it is opened."""

    def __init__(self, after: int) -> None:
        self.after = after
        #: set when the first bytes were sent
        self.reached = threading.Event()
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def wait(self) -> None:
        self.reached.set()
        assert self._opened.wait(60), "nobody opened the gate"


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: what Content-Length says when it is not the truth
    length: int | None = None
    gate: Gate | None = None


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class Upstream:
    """Serves on a free port of the loopback interface until the context is left.

    With ``failing`` set every request is answered by that status; a page is answered by 304 when
    its ETag is known to the client.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        #: to POST, which is answered by 405 elsewhere
        self.posts: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.failing: int | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """The upstream is gone: connections are refused from now on."""
        for gate in filter(None, (answer.gate for answer in self.answers.values())):
            gate.open()
        self._server.shutdown()
        self._server.server_close()

    def answer_to(self, request: BaseHTTPRequestHandler) -> Answer:
        if self.failing is not None:
            return Answer(status=self.failing)
        path = request.path.partition("?")[0]
        if request.command == "POST":
            return self.posts.get(path, Answer(status=405))
        answer = self.answers.get(path, Answer(status=404))
        etag = answer.headers.get("ETag")
        if etag and request.headers.get("If-None-Match") == etag:
            return Answer(status=304, headers=answer.headers)
        return answer

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def put(self, path: str, body: bytes | str, content_type: str = "text/html", **kw: Any) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.answers[path] = Answer(raw, content_type, **kw)

    def hold(self, path: str, *, after: int) -> Gate:
        """Let the body at a path stop after its first bytes."""
        gate = Gate(after)
        self.answers[path] = replace(self.answers[path], gate=gate)
        return gate

    def put_project(
        self,
        project: str,
        files: Mapping[str, bytes],
        *,
        etag: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """A project with a JSON page and its files below ``/files/packages/…``."""
        entries = []
        for filename, body in files.items():
            digest = sha256(body).hexdigest()
            path = f"/files/packages/{digest[:2]}/{digest[2:4]}/{digest[4:12]}/{filename}"
            self.put(path, body, "application/octet-stream")
            entries.append(
                {
                    "filename": filename,
                    "url": f"{self.url}{path}",
                    "hashes": {"sha256": digest},
                    "size": len(body),
                    "upload-time": "2024-05-06T07:08:09.123456Z",
                    **(details or {}),
                }
            )
        page = {"meta": {"api-version": "1.1"}, "name": project, "files": entries}
        headers = {"ETag": etag} if etag else {}
        self.put(f"/simple/{project}/", json.dumps(page), JSON, headers=headers)


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            upstream.asked.append(Asked(self.command, self.path, dict(self.headers)))
            answer = upstream.answer_to(self)
            self._begin(answer)
            if self.command == "GET":
                self._send(answer)

        def _begin(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", answer.content_type)
            length = len(answer.body) if answer.length is None else answer.length
            self.send_header("Content-Length", str(length))
            if length != len(answer.body):
                self.close_connection = True
            self.end_headers()

        def _send(self, answer: Answer) -> None:
            after = 0 if answer.gate is None else answer.gate.after
            self.wfile.write(answer.body[:after])
            if answer.gate is not None:
                answer.gate.wait()
            self.wfile.write(answer.body[after:])

        do_HEAD = do_GET  # noqa: N815 - the base class's name

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            upstream.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = upstream.answer_to(self)
            self._begin(answer)
            self.wfile.write(answer.body)

        def log_message(self, *args: object) -> None:
            """The log is kept in ``asked``."""

    return Handler
