"""``GET /api/versions/<repo>/<path>``: the newest of what has a property ``version``."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.packages.versions import version_key
from devpi_artifactory_compat.search.conditions import has_value
from devpi_artifactory_compat.search.conditions import lies_below
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import FileSearch
from devpi_artifactory_compat.search.files import searched
from devpi_artifactory_compat.search.found import find
from devpi_artifactory_compat.search.versions import VERSION_PROPERTY
from devpi_artifactory_compat.search.versions import property_versions
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_artifactory_compat.views.item_json import storage_url
from devpi_artifactory_compat.views.search_request import SearchRequest
from devpi_artifactory_compat.views.search_request import property_conditions
from devpi_artifactory_compat.views.search_results import MAX_RESULTS
from devpi_artifactory_compat.views.search_results import results_body
from devpi_artifactory_compat.views.spooled import spooled_response
from pyramid.request import Request
from pyramid.response import Response


#: stands for every repository, and for every path
ANY = "_any"

_LIST_FILES = "listFiles"


def show_newest(request: Request) -> Response:
    """``…/<repo|_any>/<path|_any>[?listFiles=1][&key=value…]``

    ``{"version", "artifacts"}``: the greatest value (PEP 440) of the property ``version`` of the
    files below a path, and with ``listFiles`` the files that have it. The other parameters are
    properties that the files must have. Raises NotFound when there is none.
    """
    asked = SearchRequest(request)
    asked.require_user()
    key, path = request.matchdict["key"], request.matchdict["path"].strip("/")
    keys = searched(asked.visible, None if key == ANY else [key])
    conditions = property_conditions(asked, beside={_LIST_FILES})
    if path != ANY:
        conditions.append(lies_below(path))
    with searching(asked.visit.xom) as reading:
        newest = max(property_versions(reading, keys, conditions), key=version_key, default=None)
        if newest is None:
            raise NotFound("Not Found: no artifact there has these properties and 'version'.")
        artifacts: Iterator[dict[str, str]] = iter(())
        if asked.flag(_LIST_FILES):
            conditions.append(has_value(VERSION_PROPERTY, newest))
            artifacts = _artifacts(request, reading, keys, conditions)
        return spooled_response(
            request,
            results_body({"version": newest}, "artifacts", artifacts),
            content_type="application/json",
        )


def _artifacts(
    request: Request, reading: Reading, keys: dict[str, str], conditions: list[Condition]
) -> Iterator[dict[str, str]]:
    search = FileSearch(keys=keys, conditions=conditions, limit=MAX_RESULTS + 1)
    for each in find(reading, search):
        artifact = each.artifact
        yield {"uri": storage_url(request, artifact.repository, artifact.path)}
