"""One HTTP client for each way out of this server: directly, or through a proxy."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import ExitStack
from contextlib import contextmanager
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.storage.timed import Deadlines
from devpi_artifactory_compat.storage.timed import TimedBackend
from devpi_artifactory_compat.storage.urls import split_credentials
from devpi_server.httpclient import HTTPClient
from devpi_server.main import XOM
from typing import cast
import httpcore
import httpx
import ssl
import threading
import weakref


#: one for each of many threads, and those that are kept open
MAX_CONNECTIONS = 200
MAX_IDLE_CONNECTIONS = 20
IDLE_SECS = 5.0

#: what a client that waits for a connection of its own has to do with is not the upstream
_HTTPX_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.ReadError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
)


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    try:
        yield
    except Exception as exc:
        for kind, wanted in _HTTPX_ERRORS:
            if isinstance(exc, kind):
                raise wanted(str(exc)) from exc
        raise


class _Body(httpx.SyncByteStream):
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_errors():
            yield from self._chunks

    def close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()


class _Transport(httpx.BaseTransport):
    """httpcore's connections for httpx; unlike httpx's own with a network backend of ours."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        with _as_httpx_errors():
            answer = self._pool.handle_request(sent)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(cast("Iterable[bytes]", answer.stream)),
            request=request,
        )

    def close(self) -> None:
        self._pool.close()


class UpstreamClient:
    """Asks upstreams, directly or through one proxy; safe in threads.

    Keeps no cookies, follows no redirects and asks for no other compression than gzip.
    """

    def __init__(
        self, *, proxy: str | None, headers: Mapping[str, str], ssl_context: ssl.SSLContext
    ) -> None:
        self._deadlines = Deadlines()
        self._headers = {"Accept": "*/*", "Accept-Encoding": "gzip", **headers}
        self._transport = _Transport(
            httpcore.ConnectionPool(
                ssl_context=ssl_context,
                proxy=None if proxy is None else _proxy(proxy),
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECS,
                network_backend=TimedBackend(self._deadlines),
            )
        )

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """What this thread sends and receives in the context ends by then."""
        return self._deadlines.within(seconds)

    def get(
        self, stack: ExitStack, url: str, headers: Mapping[str, str], *, timeout: float
    ) -> httpx.Response:
        """The answer to one request, its body still to be read; ``stack`` closes it.

        ``timeout`` holds for each operation of the socket. Raises httpx.HTTPError, and
        httpx.InvalidURL or ValueError for a URL that cannot be used.
        """
        request = httpx.Request(
            "GET",
            url,
            headers={**self._headers, **headers},
            extensions={"timeout": httpx.Timeout(timeout).as_dict()},
        )
        try:
            response = self._transport.handle_request(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # mostly a kept connection that the server was just closing
            response = self._transport.handle_request(request)
        stack.callback(response.close)
        return response

    def close(self) -> None:
        self._transport.close()


def _proxy(url: str) -> httpcore.Proxy:
    bare, username, password = split_credentials(url)
    auth = (username.encode(), password.encode()) if username or password else None
    return httpcore.Proxy(bare, auth=auth)


class UpstreamClients:
    """The clients of one server process, made when they are needed."""

    def __init__(self, *, headers: Mapping[str, str], ssl_context: ssl.SSLContext) -> None:
        self._headers = dict(headers)
        self._ssl_context = ssl_context
        self._guard = threading.Lock()
        self._clients: dict[str | None, UpstreamClient] = {}

    def get(self, proxy: str | None) -> UpstreamClient:
        """Raises ValueError for a proxy URL that cannot be used."""
        with self._guard:
            client = self._clients.get(proxy)
            if client is None:
                client = UpstreamClient(
                    proxy=proxy, headers=self._headers, ssl_context=self._ssl_context
                )
                self._clients[proxy] = client
            return client

    def close(self) -> None:
        with self._guard:
            for client in self._clients.values():
                client.close()


def upstream_client(xom: XOM, proxy: str | None) -> UpstreamClient:
    """The client for a proxy URL, or for none. Raises UpstreamError when there can be none."""
    if not isinstance(xom.http, HTTPClient):
        raise UpstreamError("This server runs in devpi's offline mode: no upstream is asked.")
    try:
        return _clients(xom, xom.http).get(proxy)
    except ValueError as exc:
        raise UpstreamError("The proxy of the repository is no usable URL.") from exc


def _clients(xom: XOM, host: HTTPClient) -> UpstreamClients:
    def make() -> UpstreamClients:
        # the certificates that devpi trusts, which environment variables may name
        clients = UpstreamClients(headers=host.headers, ssl_context=host._ssl_context)  # noqa: SLF001 - not told otherwise
        weakref.finalize(xom, clients.close)
        return clients

    clients: UpstreamClients = xom.setdefault_singleton(
        "artifactory", "upstream-clients", factory=make
    )
    return clients
