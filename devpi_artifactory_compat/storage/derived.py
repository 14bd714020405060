"""What can be computed from a stored file, remembered in memory by its content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.metadata import read_metadata
from devpi_artifactory_compat.storage.records import entry_checksums
from devpi_server.filestore import BaseFileEntry
from devpi_server.main import XOM
from typing import Any
from typing import BinaryIO
from typing import TypeVar
from typing import cast
import hashlib
import threading


T = TypeVar("T")

_SPACE = "+artifactory"
_REMEMBERED = 10_000


class _Memory:
    """The most recently used results of one kind by the file's sha256; safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Any] = OrderedDict()

    def get(self, sha256: str, compute: Callable[[], T]) -> T:
        with self._lock:
            if sha256 in self._known:
                self._known.move_to_end(sha256)
                return cast("T", self._known[sha256])
        result = compute()
        with self._lock:
            self._known[sha256] = result
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return result


class Derived:
    """Metadata digests and checksums of files that have no record yet."""

    def __init__(self, xom: XOM) -> None:
        def memory(name: str) -> _Memory:
            return cast("_Memory", xom.setdefault_singleton(_SPACE, name, factory=_Memory))

        self._digests = memory("metadata-digests")
        self._checksums = memory("checksums")

    def metadata_sha256(self, entry: BaseFileEntry, sha256: str) -> str | None:
        """The digest of a wheel's METADATA; None for other files and for broken wheels."""
        return self._digests.get(sha256, lambda: _digest(wheel_metadata(entry)))

    def checksums(self, entry: BaseFileEntry, sha256: str) -> Checksums:
        return self._checksums.get(sha256, lambda: entry_checksums(entry)[0])


def _digest(body: bytes | None) -> str | None:
    return None if body is None else hashlib.sha256(body).hexdigest()


def wheel_metadata(entry: BaseFileEntry) -> bytes | None:
    """The METADATA in a stored wheel; None when the file is no usable wheel."""
    metadata = stored_metadata(entry) if entry.basename.endswith(".whl") else None
    return None if metadata is None else metadata.raw


def stored_metadata(entry: BaseFileEntry) -> CoreMetadata | None:
    """The core metadata in a stored distribution; None when there is none that can be used."""
    try:
        distribution = parse_distribution(entry.basename)
        with cast("BinaryIO", entry.file_open_read()) as file:
            return read_metadata(file, distribution)
    except InvalidUpload:
        # devpi's own upload takes files that are broken; they are shown without metadata
        return None
