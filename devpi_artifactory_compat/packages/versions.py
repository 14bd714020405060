"""One order for all versions, those older than PEP 440 included."""

from __future__ import annotations

from packaging.version import InvalidVersion
from packaging.version import Version


VersionKey = tuple[int, Version, str]

_NONE = Version("0")


def version_key(version: str) -> VersionKey:
    """Sorts as PEP 440 says; what PEP 440 does not know comes first, by its text."""
    try:
        return (1, Version(version), "")
    except InvalidVersion:
        return (0, _NONE, version)
