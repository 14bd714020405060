"""The digests that this server keeps of a file, computed in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.model import Checksums
import hashlib


__all__ = ["FileDigests", "FileHasher"]


@dataclass(frozen=True, kw_only=True)
class FileDigests:
    """What is known of a file once all of it was seen; ``size`` is in bytes, digests are hex.

    ``blake2_256`` is empty unless it was asked for.
    """

    size: int
    checksums: Checksums
    blake2_256: str = ""


class FileHasher:
    """Takes a file's bytes in pieces; BLAKE2b, which only upload clients state, on request."""

    def __init__(self, *, blake2: bool = False) -> None:
        self._size = 0
        # MD5 and SHA-1 identify content for clients; nothing here trusts them.
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._blake2 = hashlib.blake2b(digest_size=32) if blake2 else None

    def update(self, data: bytes) -> None:
        self._size += len(data)
        for digest in (self._md5, self._sha1, self._sha256, self._blake2):
            if digest is not None:
                digest.update(data)

    def digests(self) -> FileDigests:
        return FileDigests(
            size=self._size,
            checksums=Checksums(
                md5=self._md5.hexdigest(),
                sha1=self._sha1.hexdigest(),
                sha256=self._sha256.hexdigest(),
            ),
            blake2_256="" if self._blake2 is None else self._blake2.hexdigest(),
        )
