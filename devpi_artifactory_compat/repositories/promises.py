"""What can be told of a file whose page promises no hash."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.packages.completeness import check_complete
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from typing import BinaryIO
import hashlib


def check_promises(promised: UpstreamFile, file: BinaryIO, *, size: int) -> None:
    """Refuse a file of another size than the page says, and one that is cut off or no archive.

    Files that have a hash are told by it. Raises UpstreamError.
    """
    if not hashlib.algorithms_guaranteed.isdisjoint(promised.hashes):
        return
    if promised.size is not None and size != promised.size:
        raise UpstreamError(
            f"The upstream sent {size} bytes of '{promised.filename}', "
            f"its page promises {promised.size}."
        )
    try:
        check_complete(file, promised.filename)
    except InvalidUpload as exc:
        raise UpstreamError(f"The upstream sent something else: {exc}") from exc
