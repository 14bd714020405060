"""``GET /api/search/pattern?pattern=<repo>:<path>``: files whose paths fit a pattern."""

from __future__ import annotations

from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.search.conditions import lies_at
from devpi_artifactory_compat.search.files import FileSearch
from devpi_artifactory_compat.search.files import searched
from devpi_artifactory_compat.search.found import find
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_artifactory_compat.views.item_json import download_url
from devpi_artifactory_compat.views.search_request import SearchRequest
from devpi_artifactory_compat.views.search_results import MAX_RESULTS
from devpi_artifactory_compat.views.search_results import results_body
from devpi_artifactory_compat.views.search_results import media_type
from devpi_artifactory_compat.views.spooled import spooled_response
from pyramid.request import Request
from pyramid.response import Response


def search_pattern(request: Request) -> Response:
    """Paths inside the repository; ``*`` and ``?`` stand for no slash, and ``**`` is refused.

    Raises RepositoryNotFound also for a repository that may not be read.
    """
    asked = SearchRequest(request)
    asked.require_user()
    pattern = asked.required("pattern")
    key, colon, path = pattern.partition(":")
    path = path.strip("/")
    if not colon or not key or not path:
        raise BadRequest("'pattern' must be <repository>:<path>, for instance l:demo/*/*.whl.")
    if "**" in path:
        raise BadRequest("'**' is not supported in a pattern: each '*' stands within one folder.")
    keys = searched(asked.visible, [key])
    if not asked.visible.named(key):
        raise RepositoryNotFound(key)
    search = FileSearch(keys=keys, conditions=[lies_at(path)], limit=MAX_RESULTS + 1)
    uri = download_url(request, key, "")
    # the REST documentation and clients do not agree about the name
    head = {"repoUri": uri, "repositoryUri": uri, "sourcePattern": pattern}
    with searching(asked.visit.xom) as reading:
        # members of a virtual repository may have a file at the same path
        paths = dict.fromkeys(each.artifact.path for each in find(reading, search))
        return spooled_response(
            request,
            results_body(head, "files", paths),
            content_type=media_type("PatternResultFileSet"),
        )
