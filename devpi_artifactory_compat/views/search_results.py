"""How the results of a search are told."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
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
from devpi_artifactory_compat.views.json_lists import json_with_list
from devpi_artifactory_compat.views.search_request import SearchRequest
from devpi_artifactory_compat.views.spooled import spooled_response
from itertools import chain
from itertools import islice
from pyramid.request import Request
from pyramid.response import Response
from typing import Any


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
            asked.request, results_body({}, "results", results), content_type=content_type
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


def results_body(
    head: Mapping[str, object], name: str, results: Iterable[object]
) -> Iterator[bytes]:
    """The JSON in pieces, with a ``message`` behind the results when they are not all."""
    results = iter(results)

    def tail() -> Mapping[str, object]:
        if next(results, None) is None:
            return {}
        message = (
            f"There are more than {MAX_RESULTS} results: these are the first. Narrow the search, "
            "for instance with 'repos'."
        )
        return {"message": message}

    return json_with_list(head, name, islice(results, MAX_RESULTS), tail=tail)
