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
from devpi_artifactory_compat.storage.urls import is_proxy_url
from devpi_artifactory_compat.storage.urls import split_credentials
from devpi_server.httpclient import AGENT_PYTHON_VERSION
from devpi_server.log import threadlog
from devpi_server.main import XOM
from pathlib import Path
from typing import cast
import certifi
import devpi_server
import httpcore
import httpx
import os
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
            content=request.read(),
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

    def request(
        self,
        stack: ExitStack,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float,
        body: bytes | None = None,
    ) -> httpx.Response:
        """The answer to one request, its body still to be read; ``stack`` closes it.

        A GET, or with ``body`` a POST that may be sent twice. ``timeout`` holds for each operation
        of the socket. Raises httpx.HTTPError, and httpx.InvalidURL or ValueError for a URL that
        cannot be used.
        """
        request = httpx.Request(
            "GET" if body is None else "POST",
            url,
            content=body,
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
    if xom.config.offline_mode:
        raise UpstreamError("This server runs in devpi's offline mode: no upstream is asked.")
    if proxy is not None and not is_proxy_url(proxy):
        raise UpstreamError("Only http and https proxies can be used.")
    return _clients(xom).get(proxy)


def _clients(xom: XOM) -> UpstreamClients:
    def make() -> UpstreamClients:
        agent = f"devpi-server/{devpi_server.__version__} {AGENT_PYTHON_VERSION}"
        clients = UpstreamClients(headers={"User-Agent": agent}, ssl_context=_ssl_context())
        weakref.finalize(xom, clients.close)
        return clients

    clients: UpstreamClients = xom.setdefault_singleton(
        "artifactory", "upstream-clients", factory=make
    )
    return clients


def _ssl_context() -> ssl.SSLContext:
    """Trusts whom devpi trusts, which environment variables may say."""
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    cafile = named or certifi.where()
    if not Path(cafile).is_file():
        threadlog.warning("The bundle of CA certificates does not exist: %s", cafile)
        return ssl.create_default_context()
    return ssl.create_default_context(cafile=cafile)
