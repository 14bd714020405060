"""Upstream pages as values that devpi's key file system can keep."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.repositories.remote_ports import CachedPage
from devpi_artifactory_compat.storage.records import from_timestamp
from typing import Any
import dataclasses


def page_data(page: CachedPage, source: str) -> dict[str, Any]:
    """A page as plain values; what is not set is left out, because pages can be long."""
    return {
        "source": source,
        "etag": page.etag,
        "checked": page.checked,
        "status": page.page.status,
        "status_reason": page.page.status_reason,
        "versions": list(page.page.versions),
        "alternate_locations": list(page.page.alternate_locations),
        "tracks": list(page.page.tracks),
        "files": [_file_data(file) for file in page.page.files],
    }


def _file_data(file: UpstreamFile) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for field in dataclasses.fields(file):
        value = getattr(file, field.name)
        if value is None:
            continue
        if field.name == "upload_time":
            value = value.timestamp()
        elif isinstance(value, Mapping):
            value = dict(value)
        data[field.name] = value
    return data


def page_from_data(data: Mapping[str, Any]) -> CachedPage:
    return CachedPage(
        page=UpstreamPage(
            files=tuple(_file_from_data(file) for file in data["files"]),
            status=data["status"],
            status_reason=data["status_reason"],
            versions=tuple(data["versions"]),
            # pages that were kept before these were read do not have them
            alternate_locations=tuple(data.get("alternate_locations", ())),
            tracks=tuple(data.get("tracks", ())),
        ),
        etag=data["etag"],
        checked=data["checked"],
    )


def _file_from_data(data: Mapping[str, Any]) -> UpstreamFile:
    values = dict(data)
    for name in ("hashes", "core_metadata"):
        if name in values:
            values[name] = dict(values[name])
    if "upload_time" in values:
        values["upload_time"] = from_timestamp(values["upload_time"])
    return UpstreamFile(**values)
