"""How the results of a search are told."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import FileSearch
from devpi_artifactory_compat.search.found import Found
from devpi_artifactory_compat.search.found import find
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_artifactory_compat.views.item_json import file_info
from devpi_artifactory_compat.views.item_json import property_lists
from devpi_artifactory_compat.views.item_json import storage_url
from devpi_artifactory_compat.views.search_request import SearchRequest
from devpi_artifactory_compat.views.spooled import spooled_response
from itertools import chain
from itertools import islice
from pyramid.request import Request
from pyramid.response import Response
from typing import Any
import json


#: the most results that are told
MAX_RESULTS = 50_000

#: what a search tells of a file beside what every one tells
Shape = Callable[[Found], dict[str, Any]]


def media_type(name: str) -> str:
    return f"application/vnd.org.jfrog.artifactory.search.{name}+json"


def no_more(_found: Found) -> dict[str, Any]:
    return {}


def file_results(
    asked: SearchRequest,
    conditions: Sequence[Condition],
    *,
    content_type: str,
    shape: Shape = no_more,
    least_used_first: bool = False,
    found_or_404: bool = False,
) -> Response:
    """``{"results": [{"uri": …, …}]}``, with more of each for ``X-Result-Detail``.

    With ``found_or_404`` no results are "not found", as in some of Artifactory's searches. There
    is a ``message`` beside the results when they are not all.
    """
    details = asked.details
    search = FileSearch(
        keys=asked.keys,
        conditions=conditions,
        limit=MAX_RESULTS + 1,
        least_used_first=least_used_first,
    )
    with searching(asked.visit.xom) as reading:
        found = find(reading, search, properties="properties" in details)
        if found_or_404:
            found = _at_least_one(found)
        results = ({**_told(asked.request, each, details), **shape(each)} for each in found)
        return spooled_response(
            asked.request, body({}, "results", results), content_type=content_type
        )


def _told(request: Request, found: Found, details: frozenset[str]) -> dict[str, Any]:
    artifact = found.artifact
    told: dict[str, Any] = {"uri": storage_url(request, artifact.repository, artifact.path)}
    if "info" in details:
        told = file_info(request, artifact, key=artifact.repository)
    if "properties" in details:
        told["properties"] = property_lists(artifact.properties)
    return told


def _at_least_one(found: Iterator[Found]) -> Iterator[Found]:
    first = next(found, None)
    if first is None:
        raise NotFound("No results found.")
    return chain([first], found)


def body(head: dict[str, Any], name: str, results: Iterable[object]) -> Iterator[bytes]:
    """The JSON in pieces: the list may be longer than what fits into memory."""
    start = json.dumps({**head, name: 0}, indent=2)
    yield start.removesuffix("0\n}").encode() + b"["
    results = iter(results)
    separator = b"\n    "
    for result in islice(results, MAX_RESULTS):
        yield separator + json.dumps(result).encode()
        separator = b",\n    "
    yield b"\n  ]"
    if next(results, None) is not None:
        message = (
            f"There are more than {MAX_RESULTS} results: these are the first. Narrow the search, "
            "for instance with 'repos'."
        )
        yield b',\n  "message": ' + json.dumps(message).encode()
    yield b"\n}"
