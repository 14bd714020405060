"""JSON pages of an upstream: PEP 691, 700, 708, 714, 740 and 792.

A value of a wrong type counts as absent; only a page that is no page at all is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import belongs_to
from devpi_artifactory_compat.packages.upstream_files import Link
from devpi_artifactory_compat.packages.upstream_files import UpstreamFile
from devpi_artifactory_compat.packages.upstream_files import UpstreamPage
from devpi_artifactory_compat.packages.upstream_files import check_api_version
from devpi_artifactory_compat.packages.upstream_files import resolve
from devpi_artifactory_compat.packages.upstream_files import shown_url
from devpi_artifactory_compat.packages.upstream_files import unique_files
from devpi_artifactory_compat.packages.upstream_files import valid_hashes
from devpi_artifactory_compat.packages.upstream_files import web_urls
import json


__all__ = ["json_project_page"]

_METADATA_KEYS = ("core-metadata", "dist-info-metadata", "data-dist-info-metadata")
_MAX_TIME_LENGTH = 64

#: what MAX_FILES files have, and some more
_MAX_CONTAINERS = 2_000_000
_MAX_ITEMS = 6_000_000

_Object = Mapping[str, object]


def json_project_page(body: bytes, *, url: str, project: NormalizedName) -> UpstreamPage:
    """The files of ``project``; any others are passed over."""
    _check_amount(body, url)
    data = _read(body, url)
    files = (_file(item, url, project) for item in _list(data, "files", url))
    status = _object(data.get("project-status"))
    versions = _items(data.get("versions"))
    return UpstreamPage(
        files=unique_files(file for file in files if file is not None),
        status=_text(status, "status"),
        status_reason=_text(status, "reason"),
        versions=tuple(version for version in versions if isinstance(version, str)),
        alternate_locations=web_urls(_items(data.get("alternate-locations"))),
        tracks=web_urls(_items(_object(data.get("meta")).get("tracks"))),
    )


def _check_amount(body: bytes, url: str) -> None:
    """Refuse what would take many times its own size as objects in memory."""
    if body.count(b"{") + body.count(b"[") > _MAX_CONTAINERS or body.count(b",") > _MAX_ITEMS:
        raise UpstreamError(f"{shown_url(url)} answered with JSON of too many values.")


def _read(body: bytes, url: str) -> _Object:
    try:
        data = json.loads(body)
    # RecursionError is raised for nesting beyond the interpreter's limit
    except (ValueError, RecursionError) as exc:
        raise UpstreamError(f"{shown_url(url)} answered with broken JSON: {exc}.") from exc
    if not isinstance(data, dict):
        raise UpstreamError(f"{shown_url(url)} answered with JSON that is no object.")
    check_api_version(_object(data.get("meta")).get("api-version"), url)
    return data


def _list(data: _Object, key: str, url: str) -> list[object]:
    items = data.get(key)
    if not isinstance(items, list):
        raise UpstreamError(f"{shown_url(url)} answered with JSON that has no list {key!r}.")
    return items


def _object(value: object) -> _Object:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(data: _Object, key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None


def _file(item: object, base: str, project: NormalizedName) -> UpstreamFile | None:
    data = _object(item)
    link = _link(data, base, "url")
    if link is None:
        return None
    filename = _text(data, "filename") or link.filename
    if not belongs_to(filename, project):
        return None
    size, signed, provenance = (
        data.get("size"),
        data.get("gpg-sig"),
        _link(data, base, "provenance"),
    )
    return UpstreamFile(
        url=link.url,
        filename=filename,
        hashes=valid_hashes(_object(data.get("hashes")).items()),
        requires_python=_text(data, "requires-python"),
        yanked=_yanked(data.get("yanked")),
        size=size if type(size) is int and size >= 0 else None,
        upload_time=_time(data.get("upload-time")),
        core_metadata=_metadata(data),
        gpg_signature=signed if isinstance(signed, bool) else None,
        provenance=None if provenance is None else provenance.url,
    )


def _link(data: _Object, base: str, key: str) -> Link | None:
    reference = _text(data, key)
    return None if reference is None else resolve(base, reference)


def _yanked(value: object) -> str | None:
    """PEP 691: true, or a reason that is not empty."""
    if isinstance(value, str):
        return value or None
    return "" if value is True else None


def _metadata(data: _Object) -> dict[str, str] | None:
    for key in _METADATA_KEYS:
        value = data.get(key)
        if isinstance(value, dict):
            return valid_hashes(value.items())
        if isinstance(value, bool):
            return {} if value else None
    return None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > _MAX_TIME_LENGTH:
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
