"""Content that is on this server already, found by its checksum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.repositories.stated_checksums import StatedChecksums
from devpi_artifactory_compat.storage.blobs import source_of
from devpi_artifactory_compat.storage.digests import Digests
from devpi_artifactory_compat.storage.keys import record_key_at
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_server.main import XOM
from devpi_server.readonly import get_mutable_deepcopy
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, kw_only=True)
class KnownContent:
    """``source`` is where the bytes lie when they may be linked."""

    open: Callable[[], BinaryIO]
    source: Path | None
    size: int
    checksums: Checksums


def find_content(
    xom: XOM, stated: StatedChecksums, *, may_read: Callable[[str], bool]
) -> KnownContent | None:
    """Content with all the stated checksums, in an index that may be read.

    Who knows a checksum gets no content by it that they could not read anyway.
    """
    for digest in filter(None, (stated.sha256, stated.sha1, stated.md5)):
        for user, index, path in Digests(xom).places(digest):
            if not may_read(f"{user}/{index}"):
                continue
            found = _content(xom, record_key_at(xom, user, index, path).get(), stated)
            if found is not None:
                return found
    return None


def _content(xom: XOM, data: object, stated: StatedChecksums) -> KnownContent | None:
    if not data:
        return None
    record = Record(**get_mutable_deepcopy(data))
    entry = stored_entry(xom, record.entry)
    if entry is None or not stated.fits(record.checksums):
        return None
    return KnownContent(
        open=opener(entry),
        source=source_of(entry),
        size=record.size,
        checksums=record.checksums,
    )
