"""``/api/storage/<key>[/<path>]``: what lies in a repository, and what is said of it.

The kinds of answer exclude each other; the query says which is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.repositories.property_syntax import parse_keys
from devpi_artifactory_compat.views.asked import Asked
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.item_facts import show_last_modified
from devpi_artifactory_compat.views.item_facts import show_permissions
from devpi_artifactory_compat.views.item_facts import show_stats
from devpi_artifactory_compat.views.item_json import FILE_INFO
from devpi_artifactory_compat.views.item_json import FOLDER_INFO
from devpi_artifactory_compat.views.item_json import ITEM_PROPERTIES
from devpi_artifactory_compat.views.item_json import file_info
from devpi_artifactory_compat.views.item_json import folder_info
from devpi_artifactory_compat.views.item_json import property_lists
from devpi_artifactory_compat.views.item_json import storage_url
from devpi_artifactory_compat.views.item_list import show_list
from pyramid.request import Request
from pyramid.response import Response


Kind = Callable[[Asked], Response]


def show_item(request: Request) -> Response:
    """``GET``: file or folder information, or what the query asks for instead."""
    asked = Asked(request)
    wanted = [name for name in _KINDS if name in asked.query]
    if len(wanted) > 1:
        raise BadRequest(f"The query asks for {' and '.join(wanted)}: only one is possible.")
    return _KINDS[wanted[0]](asked) if wanted else _show_info(asked)


def _show_info(asked: Asked) -> Response:
    return info_response(asked.request, asked.item(), key=asked.key)


def info_response(request: Request, item: Artifact | Folder, *, key: str) -> Response:
    """File or folder information, as the repository ``key`` shows it."""
    if isinstance(item, Folder):
        shown = folder_info(request, item, key=key)
        return json_response(shown, content_type=FOLDER_INFO)
    return json_response(file_info(request, item, key=key), content_type=FILE_INFO)


def _show_properties(asked: Asked) -> Response:
    return properties_response(
        asked.request, asked.item(), asked.query["properties"], key=asked.key
    )


def properties_response(
    request: Request, item: Artifact | Folder, wanted: str, *, key: str
) -> Response:
    """The properties of the wanted keys, or all. Raises NotFound when there are none."""
    keys = parse_keys(wanted)
    found = {
        name: values
        for name, values in property_lists(item.properties).items()
        if not keys or name in keys
    }
    if not found:
        raise NotFound("No properties could be found.")
    shown = {"properties": found, "uri": storage_url(request, key, item.path)}
    return json_response(shown, content_type=ITEM_PROPERTIES)


_KINDS: dict[str, Kind] = {
    "properties": _show_properties,
    "list": show_list,
    "stats": show_stats,
    "lastModified": show_last_modified,
    "permissions": show_permissions,
}
