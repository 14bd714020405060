"""Whether what an upstream sends is what it promised."""

from __future__ import annotations

from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
import hashlib


#: the digests that are kept of every file
KEPT = ("md5", "sha1", "sha256")


class Verification:
    """Takes a file's bytes as they arrive; ``size`` is what the upstream said that it will send.

    Hashes of kinds that Python does not know everywhere are not checked.
    """

    def __init__(self, file: UpstreamFile, size: int | None) -> None:
        self._file = file
        self._promised_size = size
        self._size = 0
        known = [name for name in file.hashes if _is_known(name)]
        # MD5 and SHA-1 identify content for clients; nothing here trusts them
        self._digests = {name: hashlib.new(name, usedforsecurity=False) for name in (*KEPT, *known)}

    def update(self, data: bytes) -> None:
        self._size += len(data)
        for digest in self._digests.values():
            digest.update(data)

    def finish(self) -> tuple[Checksums, int]:
        """Checksums and size of what came. Raises UpstreamError when it is not as promised."""
        if self._promised_size is not None and self._size != self._promised_size:
            raise UpstreamError(
                f"The upstream sent {self._size} of {self._promised_size} bytes of "
                f"'{self._file.filename}'."
            )
        actual = {name: digest.hexdigest() for name, digest in self._digests.items()}
        for name, promised in self._file.hashes.items():
            if name in actual and actual[name] != promised.lower():
                raise UpstreamError(
                    f"The upstream sent '{self._file.filename}' with {name} {actual[name]}, "
                    f"its page promises {promised}."
                )
        kept = Checksums(md5=actual["md5"], sha1=actual["sha1"], sha256=actual["sha256"])
        return kept, self._size


def _is_known(algorithm: str) -> bool:
    # the digests of SHAKE have no length of their own
    return algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake")
