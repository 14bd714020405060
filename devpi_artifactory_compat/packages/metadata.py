"""What a distribution says of itself: its core metadata, and whether it is what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Distribution
from devpi_artifactory_compat.model import DistributionKind
from devpi_artifactory_compat.packages.broken_archives import MAX_METADATA_SIZE
from devpi_artifactory_compat.packages.filenames import matches
from devpi_artifactory_compat.packages.filenames import same_version
from devpi_artifactory_compat.packages.form_fields import FieldValue
from devpi_artifactory_compat.packages.form_fields import metadata_values
from devpi_artifactory_compat.packages.hashing import FileHasher
from devpi_artifactory_compat.packages.metadata_text import metadata_text_fields
from devpi_artifactory_compat.packages.tar_archive import is_sdist_metadata
from devpi_artifactory_compat.packages.tar_archive import read_sdist_tar
from devpi_artifactory_compat.packages.zip_archive import ZipMembers
from devpi_artifactory_compat.packages.zip_archive import open_zip
from packaging.utils import canonicalize_name
from typing import BinaryIO


__all__ = [
    "CoreMetadata",
    "check_agrees",
    "hash_file",
    "parse_metadata",
    "read_metadata",
]

_CHUNK_SIZE = 256 * 1024


@dataclass(frozen=True)
class CoreMetadata:
    """A METADATA or PKG-INFO file.

    ``raw`` is the file as it is; its digest is what PEP 658 advertises. ``fields`` has the
    names and shapes of the legacy upload form, see :mod:`.form_fields`.
    """

    raw: bytes
    name: str
    version: str
    fields: Mapping[str, FieldValue]


def read_metadata(file: BinaryIO, distribution: Distribution) -> CoreMetadata | None:
    """The metadata inside a distribution; None for a source distribution that has none.

    The file must be seekable; it stays open, at any position. Raises InvalidUpload when the
    archive is broken, cut off or too large when expanded, and when a wheel or an egg has no
    metadata, more than one or none that can be used.
    """
    raw = _read_raw(file, distribution)
    return None if raw is None else parse_metadata(raw, source=distribution.filename)


def parse_metadata(raw: bytes, *, source: str = "The metadata") -> CoreMetadata:
    """The content of a METADATA or PKG-INFO file, of any metadata version.

    Raises InvalidUpload, whose message begins with ``source``, when it is larger than 8 MiB or
    does not state one name and one version.
    """
    if len(raw) > MAX_METADATA_SIZE:
        raise InvalidUpload(f"{source} has metadata above {MAX_METADATA_SIZE} bytes.")
    values = metadata_text_fields(raw, source=source)
    for field in ("name", "version"):
        if len(values.get(field, ())) != 1:
            raise InvalidUpload(f"{source} does not state exactly one {field} in its metadata.")
    fields = metadata_values(values)
    name, version = fields.get("name"), fields.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        raise InvalidUpload(f"{source} has an empty name or version in its metadata.")
    return CoreMetadata(raw=raw, name=name, version=version, fields=fields)


def check_agrees(
    distribution: Distribution, metadata: CoreMetadata | None, *, name: str, version: str
) -> None:
    """Refuse a file whose name, form and metadata do not tell of one project and version.

    ``name`` and ``version`` are those of the form. Names are compared as PEP 503 does,
    versions as PEP 440 does. Raises InvalidUpload with both values.
    """
    if not matches(distribution, name, version):
        raise InvalidUpload(
            f"The form says {name!r} {version!r}, but the file is named {distribution.filename!r}."
        )
    if metadata is None:
        return
    if canonicalize_name(metadata.name) != canonicalize_name(name):
        raise InvalidUpload(
            f"The form says that the project is {name!r}, but the metadata in "
            f"{distribution.filename!r} says {metadata.name!r}."
        )
    if not same_version(metadata.version, version):
        raise InvalidUpload(
            f"The form says that the version is {version!r}, but the metadata in "
            f"{distribution.filename!r} says {metadata.version!r}."
        )


def hash_file(file: BinaryIO) -> tuple[Checksums, int]:
    """Checksums and size in bytes of a seekable file, all of it."""
    hasher = FileHasher()
    file.seek(0)
    while data := file.read(_CHUNK_SIZE):
        hasher.update(data)
    digests = hasher.digests()
    return digests.checksums, digests.size


def _read_raw(file: BinaryIO, distribution: Distribution) -> bytes | None:
    filename = distribution.filename
    if distribution.kind is DistributionKind.SDIST and not filename.endswith(".zip"):
        return read_sdist_tar(file, filename)
    with open_zip(file, filename) as members:
        if distribution.kind is DistributionKind.WHEEL:
            return _read_wheel(members, distribution)
        if distribution.kind is DistributionKind.EGG:
            return _read_member(members, "EGG-INFO/PKG-INFO", filename)
        path = next(filter(is_sdist_metadata, members.names()), None)
        return None if path is None else members.read(path)


def _read_wheel(members: ZipMembers, distribution: Distribution) -> bytes:
    """PEP 427: one ``.dist-info`` directory at the top, of the project that the file names."""
    tops = {name.partition("/")[0] for name in members.names() if "/" in name}
    directories = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(directories) != 1:
        found = ", ".join(directories[:3]) or "none"
        raise InvalidUpload(
            f"{distribution.filename} must hold one .dist-info directory; found: {found!a}."
        )
    stem = directories[0].removesuffix(".dist-info")
    if canonicalize_name(stem.rpartition("-")[0]) != canonicalize_name(distribution.name):
        raise InvalidUpload(
            f"{distribution.filename} holds {directories[0]!a}, which is of another project."
        )
    return _read_member(members, f"{directories[0]}/METADATA", distribution.filename)


def _read_member(members: ZipMembers, path: str, filename: str) -> bytes:
    raw = members.read(path)
    if raw is None:
        raise InvalidUpload(f"{filename} has no {path}.")
    return raw
