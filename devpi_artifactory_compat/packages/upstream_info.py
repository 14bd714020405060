"""Reads the ``info`` of an upstream's ``/pypi/<project>/<version>/json``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
import json


#: names that Warehouse and the upload form spell differently
_FORM_NAMES: Mapping[str, str] = MappingProxyType(
    {"provides_extra": "provides_extras", "license_files": "license_file"}
)


def parse_info(body: bytes) -> Mapping[str, str | tuple[str, ...]]:
    """The metadata of a release under the names of the upload form; empty for garbage.

    Values that are neither text nor lists of text are left out.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    info = data.get("info") if isinstance(data, dict) else None
    if not isinstance(info, dict):
        return {}
    fields: dict[str, str | tuple[str, ...]] = {}
    for key, value in info.items():
        name = _FORM_NAMES.get(key, key)
        if key == "project_urls" and isinstance(value, dict):
            fields[name] = tuple(f"{label}, {url}" for label, url in value.items())
        elif isinstance(value, str) and value:
            fields[name] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            fields[name] = tuple(value)
    return fields
