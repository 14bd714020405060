"""``GET /api/storage/<key>[/<path>]`` with ``?stats``, ``?lastModified`` or ``?permissions``."""

from __future__ import annotations

from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.views.asked import Asked
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.item_json import ITEM_LAST_MODIFIED
from devpi_artifactory_compat.views.item_json import ITEM_PERMISSIONS
from devpi_artifactory_compat.views.item_json import STATS_INFO
from devpi_artifactory_compat.views.item_json import iso
from devpi_artifactory_compat.views.item_json import storage_url
from devpi_artifactory_compat.views.principals import principals_of
from pyramid.response import Response


def show_stats(asked: Asked) -> Response:
    """The downloads of a file, through whichever URL it was served. Times are epoch ms."""
    item = asked.item()
    if isinstance(item, Folder):
        raise BadRequest(f"Expected a file but found a folder, at: {asked.key}:{asked.path}")
    known = asked.repository.statistics(asked.path)
    shown: dict[str, object] = {
        "uri": storage_url(asked.request, asked.key, asked.path),
        "downloadCount": known.count,
        "lastDownloaded": 0 if known.last is None else round(known.last.timestamp() * 1000),
        "lastDownloadedBy": known.last_by or None,
        # what other servers that mirror this one have served is not known here
        "remoteDownloadCount": 0,
        "remoteLastDownloaded": 0,
    }
    return json_response(shown, content_type=STATS_INFO)


def show_last_modified(asked: Asked) -> Response:
    """The file below a folder that was changed last; the folder itself when it holds none."""
    newest = start = asked.item()
    for item in asked.below(start):
        if isinstance(item, Artifact) and (
            isinstance(newest, Folder) or item.modified > newest.modified
        ):
            newest = item
    shown = {
        "uri": storage_url(asked.request, asked.key, newest.path),
        "lastModified": iso(newest.modified),
    }
    return json_response(shown, content_type=ITEM_LAST_MODIFIED)


def show_permissions(asked: Asked) -> Response:
    """Who may do what here; for administrators and the owner of the index."""
    entry = asked.place.entry
    asked.visit.require(
        asked.visit.may_delete(entry), f"see the permissions of repository '{asked.key}'"
    )
    asked.item()
    shown = {
        "uri": storage_url(asked.request, asked.key, asked.path),
        "principals": principals_of(asked.visit, asked.place),
    }
    return json_response(shown, content_type=ITEM_PERMISSIONS)
