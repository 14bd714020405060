"""Requests to the server that a remote repository stands for, and to those it points to."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextlib import ExitStack
from dataclasses import dataclass
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.packages.upstream_files import resolve
from devpi_artifactory_compat.storage.outages import Outages
from devpi_artifactory_compat.storage.outages import retry_after
from devpi_artifactory_compat.storage.transport import UpstreamClient
from devpi_artifactory_compat.storage.urls import Origin
from devpi_artifactory_compat.storage.urls import environment_proxy
from devpi_artifactory_compat.storage.urls import is_proxy_url
from devpi_artifactory_compat.storage.urls import origin
from devpi_artifactory_compat.storage.urls import public_url
from devpi_artifactory_compat.storage.urls import split_credentials
from devpi_artifactory_compat.storage.urls import with_new_parameters
from devpi_artifactory_compat.storage.urls import with_query
from http import HTTPStatus
import httpx


MAX_REDIRECTS = 10

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: 303 sends to something else than what was asked (RFC 9110)
_REDIRECTS_OF_POST = _REDIRECTS - {303}
_MAX_REASON = 200


@dataclass(frozen=True, kw_only=True)
class Access:
    """How an upstream is reached: its pages, its files, who asks, and how patiently.

    ``timeout`` holds for each operation of a socket, ``page_timeout`` for a page from the first
    byte that is sent to the last one that comes, ``offline_period`` is how long a server that
    fails counts as offline; all in seconds. ``client_query`` is what a client sent behind the
    path of a file. Credentials and both queries are for the servers of the three URLs, unless
    ``any_host_auth`` gives the first to all that pages point to.
    """

    registry_url: str
    pages_url: str
    files_url: str
    username: str = ""
    password: str = ""
    timeout: float = 15.0
    page_timeout: float = 60.0
    offline_period: float = 0.0
    proxy: str = ""
    disable_proxy: bool = False
    query_params: str = ""
    client_query: str = ""
    any_host_auth: bool = False


class Requester:
    """Asks with the upstream's credentials, as patiently as it is told, and never in vain.

    ``clients`` gives the client for a proxy URL, or for None.
    """

    def __init__(
        self,
        access: Access,
        *,
        clients: Callable[[str | None], UpstreamClient],
        outages: Outages,
    ) -> None:
        self._access = access
        self._clients = clients
        self._outages = outages
        pages_url, username, password = split_credentials(access.pages_url)
        own = (pages_url, access.registry_url, access.files_url)
        self._origins = {origin(url) for url in own if url}
        self._authorization = basic(access.username or username, access.password or password)

    def page_time(self, url: str) -> AbstractContextManager[None]:
        """The context in which a whole page is asked for and read."""
        return self._clients(self._proxy(url)).within(self._access.page_timeout)

    def request(
        self,
        stack: ExitStack,
        url: str,
        headers: Mapping[str, str],
        *,
        optional: bool = False,
        body: bytes | None = None,
        query: str = "",
    ) -> httpx.Response:
        """The answer to a GET after all redirects; its body is still to be read.

        With ``body`` it is a POST that changes nothing at the upstream: it may be sent again, also
        to where it is redirected.

        ``query`` is the client's: it goes to the upstream's own servers and replaces nothing there.
        A server that does not answer, or answers by 5xx, counts as offline from then on; that it
        answers by 5xx what is ``optional`` says nothing about the rest. Raises UpstreamError.
        """
        at = url
        for _ in range(MAX_REDIRECTS + 1):
            response = self._answer(stack, at, headers, body, query)
            location = response.headers.get("location", "")
            redirects = _REDIRECTS if body is None else _REDIRECTS_OF_POST
            if response.status_code not in redirects or not location:
                self._heed(response, at, optional=optional)
                return response
            response.close()
            link = resolve(at, location)
            if link is None:
                raise UpstreamError(f"The upstream redirects {public_url(url)} to no usable URL.")
            at = link.url
        raise UpstreamError(f"The upstream redirects {public_url(url)} in circles, or too often.")

    def failure(self, url: str, exc: Exception) -> UpstreamError:
        """What a failed exchange means to the client; a timeout also that the server is offline."""
        if isinstance(exc, httpx.PoolTimeout):
            return UpstreamTimeout("Too many requests to upstreams are under way.")
        if isinstance(exc, httpx.TimeoutException):
            return self._gone(url, UpstreamTimeout(f"The upstream hangs: {public_url(url)}."))
        return UpstreamError(f"The upstream broke off: {public_url(url)} ({_reason(exc)}).")

    def check(self, url: str) -> None:
        """Raises UpstreamError while the server counts as offline."""
        self._outages.check(self._server(url))

    def _answer(
        self,
        stack: ExitStack,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        query: str,
    ) -> httpx.Response:
        self.check(url)
        client = self._clients(self._proxy(url))
        try:
            return client.request(
                stack,
                self._completed(url, query),
                {**headers, **self._credentials(url)},
                timeout=self._access.timeout,
                body=body,
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as exc:
            raise UpstreamError(f"'{public_url(url)}' is no usable URL.") from exc
        except httpx.TimeoutException as exc:
            raise self.failure(url, exc) from exc
        except (httpx.HTTPError, OSError) as exc:
            message = f"The upstream cannot be reached: {public_url(url)} ({_reason(exc)})."
            raise self._gone(url, UpstreamError(message)) from exc

    def _heed(self, response: httpx.Response, url: str, *, optional: bool) -> None:
        """Leave a server alone that says that it cannot serve now, or too much."""
        status = response.status_code
        fails = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if not fails and status != HTTPStatus.TOO_MANY_REQUESTS:
            self._outages.end(self._server(url))
            return
        wanted = retry_after(response.headers.get("retry-after"))
        if wanted is None:
            wanted = self._access.offline_period if fails and not optional else 0.0
        failure = UpstreamError(f"The upstream answered {status} to {public_url(url)}.")
        self._outages.begin(self._server(url), failure, seconds=wanted)

    def _gone(self, url: str, failure: UpstreamError) -> UpstreamError:
        self._outages.begin(self._server(url), failure, seconds=self._access.offline_period)
        return failure

    def _server(self, url: str) -> tuple[str | None, Origin]:
        return (self._proxy(url), origin(url))

    def _proxy(self, url: str) -> str | None:
        if self._access.disable_proxy:
            return None
        if is_proxy_url(self._access.proxy):
            return self._access.proxy
        return environment_proxy(url)

    def _completed(self, url: str, query: str) -> str:
        params = self._access.query_params
        if not (params or query) or origin(url) not in self._origins:
            return url
        return with_new_parameters(with_query(url, params), query)

    def _credentials(self, url: str) -> dict[str, str]:
        """A page may point anywhere: the credentials are for the upstream itself."""
        authorization = self._authorization
        if not self._access.any_host_auth and origin(url) not in self._origins:
            authorization = None
        if authorization is None:
            authorization = basic(*split_credentials(url)[1:])
        return {} if authorization is None else {"Authorization": authorization}


def basic(username: str, password: str) -> str | None:
    if not username and not password:
        return None
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")


def _reason(exc: Exception) -> str:
    text = "".join(char if char.isprintable() else "?" for char in str(exc))
    return text[:_MAX_REASON] or type(exc).__name__
