"""Files that devpi's own export does not carry, by their sha256."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from devpi_artifactory_compat.storage.blobs import source_of
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from devpi_server.filestore import BaseFileEntry
from pathlib import Path
from typing import BinaryIO
from typing import cast
import hashlib
import os
import re


FOLDER_NAME = "content"

CHUNK_BYTES = 1 << 20

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ContentFolder:
    """Equal content is one file. ``hard_links`` asks for links where they are possible."""

    def __init__(self, folder: Path, *, hard_links: bool) -> None:
        self._folder = folder / FOLDER_NAME
        self._hard_links = hard_links
        self.files = 0
        self.bytes = 0

    def put(self, entry: BaseFileEntry, sha256: str) -> None:
        """Write a stored file. Raises TransferFailed when its content is another one."""
        path = self._path(sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if not self._link(entry, path):
            self._copy(entry, path, sha256)
        self.files += 1
        self.bytes += path.stat().st_size

    def _link(self, entry: BaseFileEntry, path: Path) -> bool:
        source = source_of(entry) if self._hard_links else None
        if source is None:
            return False
        # not every file system has hard links, and none has them to another one
        with suppress(OSError):
            os.link(source, path)
            return True
        return False

    def _copy(self, entry: BaseFileEntry, path: Path, sha256: str) -> None:
        digest = hashlib.sha256()
        with cast("BinaryIO", entry.file_open_read()) as source, path.open("wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                target.write(chunk)
        if digest.hexdigest() != sha256:
            path.unlink()
            raise TransferFailed(f"The stored file {entry.relpath} does not have its checksum.")

    @contextmanager
    def open(self, sha256: str) -> Iterator[tuple[BinaryIO, Path | None]]:
        """A file with its path if it may be linked to. Raises TransferFailed for a changed one."""
        path = self._path(sha256)
        try:
            file = path.open("rb")
        except OSError as exc:
            raise TransferFailed(f"{path} cannot be read: {exc.strerror}.") from exc
        with file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise TransferFailed(f"{path} was changed: its checksum is another one.")
            file.seek(0)
            yield file, path if self._hard_links else None

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"'{sha256}' is no sha256.")
        return self._folder / sha256[:2] / sha256
