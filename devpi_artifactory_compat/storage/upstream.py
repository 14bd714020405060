"""HTTP to the server that a remote repository stands for."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import contextmanager
from dataclasses import dataclass
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.upstream_info import parse_info
from devpi_artifactory_compat.packages.upstream_names import parse_project_names
from devpi_artifactory_compat.packages.upstream_page import parse_project_page
from devpi_artifactory_compat.repositories.ports import FetchedNames
from devpi_artifactory_compat.repositories.ports import FetchedPage
from devpi_artifactory_compat.repositories.ports import PageAnswer
from devpi_artifactory_compat.repositories.ports import Validators
from devpi_server.httpclient import FatalResponse
from devpi_server.main import XOM
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit
from urllib.parse import urlunsplit
import httpx


ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01"
)

#: the longest pages that are read, in bytes
PAGE_LIMIT = 256 * 1024 * 1024
NAMES_LIMIT = 512 * 1024 * 1024
INFO_LIMIT = 32 * 1024 * 1024

CHUNK_SIZE = 128 * 1024

_MISSING = frozenset({404, 410})


@dataclass(frozen=True, kw_only=True)
class Access:
    """How an upstream is reached: its pages, its files, and who asks."""

    registry_url: str
    pages_url: str
    files_url: str
    username: str = ""
    password: str = ""
    timeout: float = 15.0


class HttpUpstream:
    """Implements ``repositories.ports.Upstream`` over devpi's own HTTP client."""

    def __init__(self, xom: XOM, access: Access) -> None:
        self._xom = xom
        self._pages_url, username, password = split_credentials(access.pages_url)
        self._registry_url = split_credentials(access.registry_url)[0].rstrip("/")
        self._origins = {origin(self._pages_url), origin(access.files_url)}
        self._timeout = access.timeout
        self._authorization = basic(access.username or username, access.password or password)

    def project_page(
        self, project: NormalizedName, *, etag: str | None
    ) -> FetchedPage | PageAnswer:
        url = f"{self._pages_url}{project}/"
        headers = {"Accept": ACCEPT}
        if etag is not None:
            headers["If-None-Match"] = etag
        with ExitStack() as stack:
            response = self._request(stack, url, headers)
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return PageAnswer.NOT_MODIFIED
            if response.status_code in _MISSING:
                return PageAnswer.MISSING
            self._check(response, url)
            body = self._body(response, url, PAGE_LIMIT)
        page = parse_project_page(
            body,
            content_type=response.headers.get("content-type", ""),
            url=split_credentials(str(response.url))[0],
            project=project,
        )
        return FetchedPage(page=page, etag=response.headers.get("etag"))

    @contextmanager
    def project_names(self, known: Validators | None) -> Iterator[FetchedNames | PageAnswer]:
        url = self._pages_url
        headers = {"Accept": ACCEPT}
        if known is not None and known.etag is not None:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified is not None:
            headers["If-Modified-Since"] = known.last_modified
        with ExitStack() as stack:
            response = self._request(stack, url, headers)
            if response.status_code == httpx.codes.NOT_MODIFIED:
                yield PageAnswer.NOT_MODIFIED
                return
            self._check(response, url)
            names = parse_project_names(
                self._pieces(response, url, NAMES_LIMIT),
                content_type=response.headers.get("content-type", ""),
                url=str(response.url),
            )
            validators = Validators(
                etag=response.headers.get("etag"),
                last_modified=response.headers.get("last-modified"),
            )
            yield FetchedNames(names=names, validators=validators)

    def release_info(
        self, project: NormalizedName, version: str
    ) -> Mapping[str, str | Sequence[str]]:
        url = f"{self._registry_url}/pypi/{project}/{quote(version)}/json"
        try:
            return parse_info(self.read(url, limit=INFO_LIMIT) or b"")
        except UpstreamError:
            # many upstreams have no such API
            return {}

    def open(self, url: str) -> Stream | None:
        with ExitStack() as stack:
            response = self._request(stack, url, {"Accept-Encoding": "identity"})
            if response.status_code in _MISSING:
                return None
            self._check(response, url)
            length = response.headers.get("content-length", "")
            size = int(length) if length.isdigit() else None
            if "content-encoding" in response.headers:
                size = None
            chunks = _chunks(response, self._shown(url), stack.pop_all())
        return Stream(size=size, chunks=chunks)

    def read(self, url: str, *, limit: int) -> bytes | None:
        with ExitStack() as stack:
            response = self._request(stack, url, {})
            if response.status_code in _MISSING:
                return None
            self._check(response, url)
            return self._body(response, url, limit)

    def _request(self, stack: ExitStack, url: str, headers: dict[str, str]) -> httpx.Response:
        headers = dict(headers)
        # a page may point anywhere: credentials are for the upstream itself
        if self._authorization is not None and origin(url) in self._origins:
            headers["Authorization"] = self._authorization
        try:
            response = self._xom.http.stream(
                stack,
                "GET",
                url,
                allow_redirects=True,
                timeout=self._timeout,
                extra_headers=headers,
            )
        except (httpx.InvalidURL, ValueError) as exc:
            raise UpstreamError(f"'{self._shown(url)}' is no usable URL.") from exc
        if isinstance(response, FatalResponse):
            if "Timeout" in response.reason_phrase:
                raise UpstreamTimeout(f"The upstream did not answer: {self._shown(url)}")
            raise UpstreamError(f"The upstream could not be reached: {self._shown(url)}")
        return response

    def _check(self, response: httpx.Response, url: str) -> None:
        if response.status_code != httpx.codes.OK:
            raise UpstreamError(
                f"The upstream answered {response.status_code} to {self._shown(url)}"
            )

    def _body(self, response: httpx.Response, url: str, limit: int) -> bytes:
        return b"".join(self._pieces(response, url, limit))

    def _pieces(self, response: httpx.Response, url: str, limit: int) -> Iterator[bytes]:
        received = 0
        try:
            for chunk in response.iter_bytes(CHUNK_SIZE):
                received += len(chunk)
                if received > limit:
                    raise UpstreamError(f"{self._shown(url)} is longer than {limit} bytes.")
                yield chunk
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            raise UpstreamError(f"The upstream broke off: {self._shown(url)}") from exc

    @staticmethod
    def _shown(url: str) -> str:
        """A URL for messages: without credentials, query and fragment, which may be secret."""
        parts = urlsplit(split_credentials(url)[0])
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def _chunks(response: httpx.Response, shown: str, stack: ExitStack) -> Iterator[bytes]:
    with stack:
        try:
            yield from response.iter_bytes(CHUNK_SIZE)
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            raise UpstreamError(f"The upstream broke off: {shown}") from exc


def split_credentials(url: str) -> tuple[str, str, str]:
    """A URL as the URL without credentials, the user name and the password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, "", ""
    host = parts.netloc.rpartition("@")[2]
    return (
        urlunsplit(parts._replace(netloc=host)),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, with the scheme's own port made explicit."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", "", None)
    scheme = parts.scheme.lower()
    return (scheme, (parts.hostname or "").lower(), port or {"http": 80, "https": 443}.get(scheme))


def basic(username: str, password: str) -> str | None:
    if not username and not password:
        return None
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")
