"""``GET /api/storage/<key>[/<path>]?list``: the files below a folder, as Artifactory's "File List".

Whoever may read a repository may list it: Artifactory wants a user for that, but answers the same
folder by folder without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.views.asked import Asked
from devpi_artifactory_compat.views.item_json import FILE_LIST
from devpi_artifactory_compat.views.item_json import iso
from devpi_artifactory_compat.views.item_json import storage_url
from devpi_artifactory_compat.views.json_lists import json_with_list
from devpi_artifactory_compat.views.queries import flag
from devpi_artifactory_compat.views.spooled import spooled_response
from pyramid.response import Response
from typing import Any


_MAX_DEPTH_DIGITS = 6


def show_list(asked: Asked) -> Response:
    """Sizes are numbers, -1 for folders; ``uri`` is relative to the folder that was asked for."""
    folder = asked.item()
    if isinstance(folder, Artifact):
        raise BadRequest(f"Expected a folder but found a file, at: {asked.key}:{asked.path}")
    return spooled_response(
        asked.request,
        _body(asked, folder, depth=_depth(asked.query)),
        content_type=FILE_LIST,
    )


def _depth(query: dict[str, str]) -> int | None:
    """How many levels are listed; None for all."""
    if not flag(query, "deep", default=False):
        return 1
    text = query.get("depth", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > _MAX_DEPTH_DIGITS:
        raise BadRequest(f"'depth' must be a number of levels, not '{text[:50]}'.")
    # 0 is what clients send that do not mind
    return int(text) or None


def _body(asked: Asked, folder: Folder, *, depth: int | None) -> Iterator[bytes]:
    head = {
        "uri": storage_url(asked.request, asked.key, folder.path),
        "created": iso(datetime.now(UTC)),
    }
    return json_with_list(head, "files", _entries(asked, folder, depth=depth))


def _entries(asked: Asked, folder: Folder, *, depth: int | None) -> Iterator[dict[str, Any]]:
    folders = flag(asked.query, "listFolders", default=False)
    timestamps = flag(asked.query, "mdTimestamps", default=False)
    start = len(folder.path)
    if flag(asked.query, "includeRootPath", default=False):
        yield _entry(folder, "/", timestamps=timestamps)
    for item in asked.below(folder, depth=depth):
        if folders or isinstance(item, Artifact):
            uri = item.path[start:] if start else f"/{item.path}"
            yield _entry(item, uri, timestamps=timestamps)


def _entry(item: Artifact | Folder, uri: str, *, timestamps: bool) -> dict[str, Any]:
    is_folder = isinstance(item, Folder)
    entry: dict[str, Any] = {
        "uri": uri,
        "size": item.size if isinstance(item, Artifact) else -1,
        "lastModified": iso(item.modified),
        "folder": is_folder,
    }
    if isinstance(item, Artifact):
        entry["sha1"] = item.checksums.sha1
        entry["sha2"] = item.checksums.sha256
    if timestamps and item.properties:
        # properties have no time of their own: changing them changes the item
        entry["mdTimestamps"] = {"properties": iso(item.modified)}
    return entry
