"""The failures that reading a damaged or hostile archive can cause, as one refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.errors import InvalidUpload
import lzma
import struct
import tarfile
import zipfile
import zlib


__all__ = ["MAX_MEMBERS", "MAX_METADATA_SIZE", "refuse_broken_archive"]

MAX_MEMBERS = 250_000
"""Entries of an archive, also compressed streams one after the other in a file."""

MAX_METADATA_SIZE = 8 * 1024 * 1024
"""Bytes of a METADATA or PKG-INFO file."""

# OSError is what bz2 raises for damaged data and what seeking before the start of a file
# raises; the rest is what zipfile lets out for directories that contradict themselves.
_SIGNS_OF_DAMAGE = (
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)


@contextmanager
def refuse_broken_archive(filename: str) -> Iterator[None]:
    """Turns each of these failures into InvalidUpload, which names the file."""
    try:
        yield
    except _SIGNS_OF_DAMAGE as exc:
        reason = str(exc) or type(exc).__name__
        raise InvalidUpload(f"{filename} is a broken or truncated archive: {reason}.") from exc
