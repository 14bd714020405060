"""An upstream's own XML-RPC search, where it has one."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.packages.summaries import parse_found
from devpi_artifactory_compat.packages.xml_rpc import render_call
from devpi_artifactory_compat.repositories.search import MAX_RESULTS
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.storage.bodies import expanded
from devpi_artifactory_compat.storage.outages import Outages
from devpi_artifactory_compat.storage.requester import Access
from devpi_artifactory_compat.storage.requester import Requester
from devpi_artifactory_compat.storage.transport import UpstreamClient
from devpi_artifactory_compat.storage.urls import public_url
from devpi_artifactory_compat.storage.urls import split_credentials
import httpx


#: a client that searches waits for all members of a virtual repository, in seconds
SEARCH_TIMEOUT = 10.0

#: the longest answer that is read, in bytes, after decompression
ANSWER_LIMIT = 4 * 1024 * 1024

_XML = {"Content-Type": "text/xml", "Accept": "text/xml"}


class _NoSearch(UpstreamError):
    """The upstream is there and cannot be searched."""


class UpstreamSearch:
    """Implements ``repositories.search.ProjectSearch``.

    An upstream that is known to be offline is not asked, nor for ``no_search_period`` seconds one
    that answered otherwise than by a result, nor one whose search failed while it counts as
    offline for searches. That does not concern its pages and files.
    """

    def __init__(
        self,
        access: Access,
        url: str,
        *,
        no_search_period: float,
        clients: Callable[[str | None], UpstreamClient],
        outages: Outages,
        search_outages: Outages,
    ) -> None:
        impatient = replace(
            access,
            timeout=min(access.timeout, SEARCH_TIMEOUT),
            page_timeout=min(access.page_timeout, SEARCH_TIMEOUT),
        )
        self._url = split_credentials(url)[0]
        self._no_search_period = no_search_period
        self._offline_period = access.offline_period
        self._pages = Requester(access, clients=clients, outages=outages)
        self._requester = Requester(impatient, clients=clients, outages=search_outages)
        self._outages = search_outages

    def search(self, query: ProjectQuery) -> Sequence[FoundProject]:
        self._outages.check(self._url)
        self._pages.check(self._url)
        try:
            return self._found(query)
        except _NoSearch as exc:
            self._outages.begin(self._url, exc, seconds=self._no_search_period)
            raise
        except UpstreamError as exc:
            self._outages.begin(self._url, exc, seconds=self._offline_period)
            raise

    def _found(self, query: ProjectQuery) -> Sequence[FoundProject]:
        body = self._post(_call(query))
        try:
            return parse_found(body, limit=MAX_RESULTS)
        except ValueError as exc:
            message = f"{public_url(self._url)} answers a search by something else. {exc}"
            raise _NoSearch(message) from exc

    def _post(self, call: bytes) -> bytes:
        with ExitStack() as stack:
            stack.enter_context(self._requester.page_time(self._url))
            response = self._requester.request(stack, self._url, _XML, body=call)
            if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise UpstreamError(f"The search at {public_url(self._url)} fails.")
            if response.status_code != httpx.codes.OK:
                message = f"{public_url(self._url)} answers {response.status_code} to a search."
                raise _NoSearch(message)
            return self._body(response)

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        try:
            for piece in expanded(response):
                body += piece
                if len(body) > ANSWER_LIMIT:
                    raise _NoSearch(f"The search at {public_url(self._url)} finds too much.")
        except (httpx.HTTPError, httpx.StreamError, OSError) as exc:
            raise self._requester.failure(str(response.url), exc) from exc
        return bytes(body)


def _call(query: ProjectQuery) -> bytes:
    fields = {"name": list(query.names), "summary": list(query.summaries)}
    spec = {name: terms for name, terms in fields.items() if terms}
    return render_call("search", spec, "and" if query.every_field else "or")
