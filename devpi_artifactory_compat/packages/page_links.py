"""What the forms of a project page share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from urllib.parse import quote


__all__ = ["API_VERSION", "file_url", "preferred_hash", "provenance_url", "timestamp"]

API_VERSION = "1.4"
"""PEP 629: 1.1 has sizes and upload times (PEP 700), 1.3 provenance (PEP 740), 1.4 the status
of projects (PEP 792)."""

# What installers look for first; any other algorithm is better than none.
_PREFERRED = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")


def file_url(prefix: str, path: str) -> str:
    """The link to a path in the repository.

    Everything but letters, digits and ``-._~/`` is percent-encoded, ``+`` too: some servers in
    front of a repository read it as a space, and every installer decodes ``%2B``.
    """
    return prefix + quote(path, safe="/", errors="replace")


def provenance_url(prefix: str, provenance: str) -> str:
    """The link to a provenance file, which may live on another server (PEP 740)."""
    if provenance.startswith(("https://", "http://")):
        return provenance
    return file_url(prefix, provenance)


def preferred_hash(hashes: Mapping[str, str]) -> str | None:
    """``sha256=…`` or the next best of the hashes; None when there is none."""
    for name in (*_PREFERRED, *hashes):
        if name in hashes:
            return f"{quote(name, safe='')}={quote(hashes[name], safe='', errors='replace')}"
    return None


def timestamp(time: datetime) -> str:
    """PEP 700: UTC, with microseconds; a time without a zone is taken for UTC."""
    if time.tzinfo is not None and time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return time.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
