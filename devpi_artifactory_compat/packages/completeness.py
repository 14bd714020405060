"""Whether a downloaded distribution is all there, for those whose hash nobody knows."""

from __future__ import annotations

from devpi_artifactory_compat.packages.broken_archives import refuse_broken_archive
from devpi_artifactory_compat.packages.expansion import expand
from devpi_artifactory_compat.packages.zip_archive import open_zip
from typing import BinaryIO


__all__ = ["check_complete"]

_ZIP_SUFFIXES = (".whl", ".egg", ".zip")
_COMPRESSED_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2")


def check_complete(file: BinaryIO, filename: str) -> None:
    """Refuse what is no archive of the kind that its name says, and one that is cut off.

    The file must be seekable; it stays open, at any position. Zip archives must have their
    directory, compressed archives their checksum at the end; other types are not looked at. What
    an archive holds does not count. Raises InvalidUpload.
    """
    if filename.endswith(_ZIP_SUFFIXES):
        with open_zip(file, filename):
            pass
    elif filename.endswith(_COMPRESSED_SUFFIXES):
        with refuse_broken_archive(filename):
            expand(file, filename).drain()
