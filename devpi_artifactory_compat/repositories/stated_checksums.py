"""Checksums that a client states in the headers of a deploy (Artifactory's ``X-Checksum-*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import ChecksumMismatch
from devpi_artifactory_compat.model import Checksums
import re


#: by the header's name in lower case
_ALGORITHMS = {
    "x-checksum-md5": "md5",
    "x-checksum-sha1": "sha1",
    "x-checksum-sha256": "sha256",
}
_ANY = "x-checksum"
_BY_LENGTH = {32: "md5", 40: "sha1", 64: "sha256"}
_LENGTHS = {algorithm: length for length, algorithm in _BY_LENGTH.items()}

_HEX = re.compile("[0-9a-f]+")


@dataclass(frozen=True, kw_only=True)
class StatedChecksums:
    """What a client says of the bytes, in hex, lower case; empty for what it does not say."""

    md5: str = ""
    sha1: str = ""
    sha256: str = ""

    def check(self, computed: Checksums, *, key: str, path: str) -> None:
        """Raises ChecksumMismatch for the first that is another."""
        for algorithm in ("sha256", "sha1", "md5"):
            sent, found = getattr(self, algorithm), getattr(computed, algorithm)
            if sent and sent != found:
                raise ChecksumMismatch(key, path, algorithm, sent=sent, computed=found)

    def fits(self, computed: Checksums) -> bool:
        return all(
            not getattr(self, algorithm) or getattr(self, algorithm) == getattr(computed, algorithm)
            for algorithm in _LENGTHS
        )


def stated_checksums(headers: Mapping[str, str]) -> StatedChecksums:
    """Read ``X-Checksum-Md5``, ``-Sha1``, ``-Sha256`` and ``X-Checksum``, told by its length.

    Raises BadRequest for what is no such digest, and for two that contradict each other.
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        header, digest = name.lower(), value.strip().lower()
        algorithm = _BY_LENGTH.get(len(digest)) if header == _ANY else _ALGORITHMS.get(header)
        if (algorithm is None and header != _ANY) or not digest:
            continue
        if algorithm is None or len(digest) != _LENGTHS[algorithm] or not _HEX.fullmatch(digest):
            raise BadRequest(f"The header {name[:40]} holds no checksum: {digest[:80]!a}")
        if found.setdefault(algorithm, digest) != digest:
            raise BadRequest(f"The headers state two different {algorithm} checksums.")
    return StatedChecksums(**found)
