"""The server that a remote repository stands for, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import contextmanager
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.upstream_info import parse_info
from devpi_artifactory_compat.packages.upstream_names import parse_project_names
from devpi_artifactory_compat.packages.upstream_page import parse_project_page
from devpi_artifactory_compat.repositories.remote_ports import FetchedNames
from devpi_artifactory_compat.repositories.remote_ports import FetchedPage
from devpi_artifactory_compat.repositories.remote_ports import PageAnswer
from devpi_artifactory_compat.repositories.remote_ports import Validators
from devpi_artifactory_compat.storage.bodies import encoding_of
from devpi_artifactory_compat.storage.bodies import expanded
from devpi_artifactory_compat.storage.outages import Outages
from devpi_artifactory_compat.storage.requester import Access
from devpi_artifactory_compat.storage.requester import Requester
from devpi_artifactory_compat.storage.transport import UpstreamClient
from devpi_artifactory_compat.storage.urls import public_url
from devpi_artifactory_compat.storage.urls import split_credentials
from email.utils import parsedate_to_datetime
from urllib.parse import quote
import httpx


ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01"
)

#: the longest pages that are read, in bytes, after decompression
PAGE_LIMIT = 128 * 1024 * 1024
NAMES_LIMIT = 512 * 1024 * 1024
INFO_LIMIT = 32 * 1024 * 1024

_MAX_VALIDATOR_LENGTH = 1000
_MISSING = frozenset({404, 410})

#: files that servers like to call compressed because they are
_COMPRESSED_FILES = (".gz", ".tgz")


class HttpUpstream:
    """Implements ``repositories.remote_ports.Upstream``; ``clients`` as for :class:`Requester`."""

    def __init__(
        self,
        access: Access,
        *,
        clients: Callable[[str | None], UpstreamClient],
        outages: Outages,
    ) -> None:
        self._client_query = access.client_query
        self._requester = Requester(access, clients=clients, outages=outages)
        self._pages_url = split_credentials(access.pages_url)[0]
        self._registry_url = split_credentials(access.registry_url)[0].rstrip("/")

    def project_page(
        self, project: NormalizedName, *, etag: str | None
    ) -> FetchedPage | PageAnswer:
        url = f"{self._pages_url}{project}/"
        headers = {"Accept": ACCEPT}
        if etag is not None:
            headers["If-None-Match"] = etag
        with ExitStack() as stack:
            stack.enter_context(self._requester.page_time(url))
            response = self._requester.request(stack, url, headers)
            if response.status_code == httpx.codes.NOT_MODIFIED and etag is not None:
                return PageAnswer.NOT_MODIFIED
            if response.status_code in _MISSING:
                return PageAnswer.MISSING
            self._check(response, url)
            body = self._body(response, url, PAGE_LIMIT)
        page = parse_project_page(
            body,
            content_type=response.headers.get("content-type", ""),
            url=public_url(str(response.url)),
            project=project,
        )
        return FetchedPage(page=page, etag=_etag(response))

    @contextmanager
    def project_names(self, known: Validators | None) -> Iterator[FetchedNames | PageAnswer]:
        url = self._pages_url
        headers = {"Accept": ACCEPT}
        if known is not None and known.etag is not None:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified is not None:
            headers["If-Modified-Since"] = known.last_modified
        with ExitStack() as stack:
            stack.enter_context(self._requester.page_time(url))
            response = self._requester.request(stack, url, headers)
            if response.status_code == httpx.codes.NOT_MODIFIED and known is not None:
                yield PageAnswer.NOT_MODIFIED
                return
            if response.status_code in _MISSING:
                yield PageAnswer.MISSING
                return
            self._check(response, url)
            names = parse_project_names(
                self._pieces(response, url, NAMES_LIMIT),
                content_type=response.headers.get("content-type", ""),
                url=public_url(str(response.url)),
            )
            validators = Validators(
                etag=_etag(response), last_modified=_validator(response, "last-modified")
            )
            yield FetchedNames(names=names, validators=validators)

    def release_info(
        self, project: NormalizedName, version: str
    ) -> Mapping[str, str | Sequence[str]]:
        url = f"{self._registry_url}/pypi/{project}/{quote(version)}/json"
        try:
            return parse_info(self._read(url, INFO_LIMIT, optional=True) or b"")
        except UpstreamError:
            # many upstreams have no such API
            return {}

    def open(self, url: str, *, folders: bool = True) -> Stream | None:
        with ExitStack() as stack:
            with self._requester.page_time(url):
                response = self._requester.request(
                    stack, url, {"Accept-Encoding": "identity"}, query=self._client_query
                )
            if response.status_code in _MISSING:
                return None
            self._check(response, url)
            if not folders and response.url.path.endswith("/"):
                return None
            encoding = encoding_of(response)
            # the bytes of the file are what hashes are of: they are never expanded
            if encoding and not url.partition("?")[0].endswith(_COMPRESSED_FILES):
                raise UpstreamError(f"The upstream compresses {public_url(url)} unasked.")
            chunks = self._chunks(response, url, stack.pop_all())
        return Stream(size=_length(response), chunks=chunks, modified=_modified(response))

    def read(self, url: str, *, limit: int) -> bytes | None:
        body = self._read(url, limit, query=self._client_query)
        # nothing small that stands beside a file is HTML: this is an error page with status 200
        return None if body is not None and body.lstrip().startswith(b"<") else body

    def _read(
        self, url: str, limit: int, *, optional: bool = False, query: str = ""
    ) -> bytes | None:
        with ExitStack() as stack:
            stack.enter_context(self._requester.page_time(url))
            response = self._requester.request(stack, url, {}, optional=optional, query=query)
            if response.status_code in _MISSING:
                return None
            self._check(response, url)
            return self._body(response, url, limit)

    def _check(self, response: httpx.Response, url: str) -> None:
        if response.status_code != httpx.codes.OK:
            raise UpstreamError(
                f"The upstream answered {response.status_code} to {public_url(url)}."
            )

    def _body(self, response: httpx.Response, url: str, limit: int) -> bytes:
        return b"".join(self._pieces(response, url, limit))

    def _pieces(self, response: httpx.Response, url: str, limit: int) -> Iterator[bytes]:
        """A page as it comes, expanded; raises UpstreamError as soon as it is too long."""
        received = 0
        try:
            for piece in expanded(response):
                received += len(piece)
                if received > limit:
                    raise UpstreamError(f"{public_url(url)} is longer than {limit} bytes.")
                yield piece
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            raise self._requester.failure(str(response.url), exc) from exc

    def _chunks(self, response: httpx.Response, url: str, stack: ExitStack) -> Iterator[bytes]:
        with stack:
            try:
                yield from response.iter_raw()
            except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
                raise self._requester.failure(str(response.url), exc) from exc


def _length(response: httpx.Response) -> int | None:
    """How long the body says that it is; a chunked one tells its end itself."""
    length: str = response.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or "transfer-encoding" in response.headers:
        return None
    return int(length)


def _modified(response: httpx.Response) -> datetime | None:
    try:
        time = parsedate_to_datetime(response.headers.get("last-modified", "")[:100])
    except (ValueError, OverflowError):
        return None
    # without a zone it is UTC, which is the only one that HTTP knows
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _etag(response: httpx.Response) -> str | None:
    return _validator(response, "etag")


def _validator(response: httpx.Response, header: str) -> str | None:
    """What can be sent back."""
    value: str = response.headers.get(header, "")
    return value if value and value.isascii() and len(value) <= _MAX_VALIDATOR_LENGTH else None
