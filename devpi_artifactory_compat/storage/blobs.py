"""Files given to devpi: linked where they lie on the same file system, else copied."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.packages.filenames import MAX_FILENAME_BYTES
from devpi_server.filestore import BaseFileEntry
from devpi_server.filestore import Digests
from devpi_server.main import XOM
from pathlib import Path
from typing import BinaryIO
from typing import TypeVar
import hashlib
import secrets


T = TypeVar("T")


def give(store: Callable[[BinaryIO], T], file: BinaryIO, source: Path | None) -> T:
    """``store(file)``, by a hard link to ``source``, where the same bytes lie, if that works."""
    if source is None:
        return store(file)
    # devpi makes a hard link to the file at this path, as it can when it imports
    file.devpi_srcpath = source  # type: ignore[attr-defined]
    try:
        return store(file)
    except OSError:
        # not every file system has hard links
        del file.devpi_srcpath  # type: ignore[attr-defined]
        return store(file)


def store_blob(
    xom: XOM,
    *,
    user: str,
    index: str,
    filename: str,
    sha256: str,
    file: BinaryIO,
    source: Path | None,
) -> str:
    """Keep a file that is no distribution of devpi's; devpi's path of it.

    It gets a place of its own: devpi would give files of one name and content the same one, and
    deleting one of them would delete the other.
    """

    def store(content: BinaryIO) -> str:
        entry = xom.filestore.store(
            user,
            index,
            storable_name(filename),
            content,
            dir_hash_spec=f"sha256={secrets.token_hex(32)}",
            hashes=Digests(sha256=sha256),
        )
        return str(entry.relpath)

    return give(store, file, source)


def storable_name(filename: str) -> str:
    """A name that devpi can store a file under; our records know the real one."""
    data = filename.encode()
    return filename if len(data) <= MAX_FILENAME_BYTES else hashlib.sha256(data).hexdigest()


def source_of(entry: BaseFileEntry) -> Path | None:
    """Where a stored file lies, to be linked; None where files do not lie in the file system."""
    try:
        path = entry.file_os_path()
    except RuntimeError:
        # changed in this transaction: it lies elsewhere until the commit
        return None
    return Path(path) if path and Path(path).is_file() else None
