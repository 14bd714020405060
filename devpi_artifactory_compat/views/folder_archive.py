"""A folder as one archive: ``GET /api/archive/download/<key>[/<path>]?archiveType=``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import TooLarge
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.packages.archive_stream import ARCHIVE_TYPES
from devpi_artifactory_compat.packages.archive_stream import Member
from devpi_artifactory_compat.packages.archive_stream import archive_stream
from devpi_artifactory_compat.repositories.walking import walk
from devpi_artifactory_compat.storage.later import open_later
from devpi_artifactory_compat.views.asked import Asked
from devpi_artifactory_compat.views.files import disposition
from devpi_artifactory_compat.views.queries import flag
from pyramid.request import Request
from pyramid.response import Response
from typing import BinaryIO
from urllib.parse import unquote_plus
import io


MAX_FILES = 5_000

_MEDIA_TYPES = {"zip": "application/zip", "tar": "application/x-tar"}
_CHECKSUMS = ("md5", "sha1", "sha256")


def download_folder(request: Request) -> Response:
    """Artifactory's "Retrieve Folder or Repository Archive"; made while it is sent."""
    asked = Asked(request)
    wanted = unquote_plus(asked.query.get("archiveType", "")).lower()
    if wanted not in ARCHIVE_TYPES:
        raise BadRequest(f"'archiveType' must be one of {', '.join(ARCHIVE_TYPES)}.")
    folder = asked.item()
    if isinstance(folder, Artifact):
        raise BadRequest(f"'{asked.key}:{asked.path}' is a file: only folders can be archived.")
    artifacts = [
        item for item in _limited(walk(asked.repository.item, folder)) if isinstance(item, Artifact)
    ]
    with_checksums = flag(asked.query, "includeChecksumFiles", default=False)
    members = _members(asked, artifacts, with_checksums=with_checksums)
    name = f"{asked.path.rpartition('/')[2] or asked.key}.{wanted}"
    response = Response(content_type=_MEDIA_TYPES.get(wanted, "application/gzip"), charset=None)
    response.content_disposition = disposition(name)
    if request.method != "HEAD":
        response.app_iter = archive_stream(members, wanted)
    return response


def _limited(items: Iterable[object]) -> Iterator[object]:
    for number, item in enumerate(items):
        if number >= MAX_FILES:
            raise TooLarge(f"The folder has more than {MAX_FILES} files and folders.")
        yield item


def _members(
    asked: Asked, artifacts: Iterable[Artifact], *, with_checksums: bool
) -> Iterator[Member]:
    """In the order of their paths; runs when the request's transaction is over."""
    start = len(asked.path) + 1 if asked.path else 0
    openers = [
        (item, open_later(asked.visit.xom, asked.index_of(item), item)) for item in artifacts
    ]
    for item, opener in openers:
        name = item.path[start:]
        yield Member(name=name, size=item.size, modified=item.modified, open=opener)
        for algorithm in _CHECKSUMS if with_checksums else ():
            body = getattr(item.checksums, algorithm).encode()
            yield Member(
                name=f"{name}.{algorithm}",
                size=len(body),
                modified=item.modified,
                open=_in_memory(body),
            )


def _in_memory(body: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(body)
