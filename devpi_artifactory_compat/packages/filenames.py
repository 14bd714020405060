"""File names of distributions: what they say, and to which project and version they belong."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Distribution
from devpi_artifactory_compat.model import DistributionKind
from packaging.utils import InvalidName
from packaging.utils import InvalidWheelFilename
from packaging.utils import NormalizedName
from packaging.utils import canonicalize_name
from packaging.utils import parse_wheel_filename
from packaging.version import InvalidVersion
from packaging.version import Version
import re


__all__ = [
    "ACCEPTED_TYPES",
    "MAX_FILENAME_BYTES",
    "belongs_to",
    "content_type",
    "matches",
    "parse_distribution",
    "parse_version",
    "project_of",
    "same_version",
    "version_of",
]

#: file systems have names of 255 bytes; while devpi stores a file it appends 69 to its name
MAX_FILENAME_BYTES = 186

_SUFFIXES = {
    ".whl": DistributionKind.WHEEL,
    ".egg": DistributionKind.EGG,
    ".tar.gz": DistributionKind.SDIST,
    ".tgz": DistributionKind.SDIST,
    ".tar.bz2": DistributionKind.SDIST,
    ".tar.xz": DistributionKind.SDIST,
    ".tar": DistributionKind.SDIST,
    ".zip": DistributionKind.SDIST,
}
ACCEPTED_TYPES = tuple(_SUFFIXES)

# Old indexes list them; nothing installs them any more, so they cannot be uploaded.
_RETIRED_SUFFIXES = (
    ".exe",
    ".msi",
    ".rpm",
    ".deb",
    ".dmg",
    ".tar.Z",
    ".tar.lz",
    ".tar.lzma",
    ".tbz",
    ".tbz2",
    ".txz",
)
_SIDECAR_SUFFIXES = (".metadata", ".asc", ".provenance")

_CONTENT_TYPES = {
    ".whl": "application/zip",
    ".egg": "application/zip",
    ".zip": "application/zip",
    ".tar.gz": "application/gzip",
    ".tgz": "application/gzip",
    ".tar.bz2": "application/x-bzip2",
    ".tar.xz": "application/x-xz",
    ".tar": "application/x-tar",
    ".metadata": "text/plain; charset=utf-8",
    ".asc": "text/plain",
    ".provenance": "application/json",
    ".json": "application/json",
}

_VERSION_AND_TAGS = 4  # parts of a wheel's name after the project: version, python, abi, platform
_DIGITS = frozenset("0123456789")
_EGG_TAGS = re.compile(r"-py[0-9][^-]*(-.*)?\Z", re.DOTALL)


def parse_distribution(filename: str) -> Distribution:
    """What the name of a wheel, an egg or a source distribution says.

    Raises InvalidUpload for any other file type, for a name that is no safe file name, and for
    one that holds no valid project name and version. Where the name of a source distribution
    can be read in several ways this is the likeliest; :func:`matches` decides better when the
    project is known.
    """
    _check_filename(filename)
    kind, stem = _kind_and_stem(filename)
    if kind is DistributionKind.WHEEL:
        name, version = _read_wheel(filename, stem)
    else:
        name, version = _read_stem(filename, _without_egg_tags(kind, filename, stem))
    if not _is_project_name(name):
        raise InvalidUpload(f"{filename!r} does not begin with a valid project name.")
    return Distribution(filename=filename, kind=kind, name=name, version=version)


def matches(distribution: Distribution, name: str, version: str) -> bool:
    """Whether the file is one of this version of this project.

    The project decides first, so ``foo-2-1.0.tar.gz`` matches 1.0 of ``foo-2``, and
    ``foo-1.0-1.tar.gz`` matches 1.0.post1 of ``foo``.
    """
    project = canonicalize_name(name)
    return any(same_version(found, version) for found in _versions(distribution, project))


def project_of(filename: str) -> NormalizedName | None:
    """The likeliest project of a file that an index page lists, None when there is none.

    Also knows file types that :func:`parse_distribution` refuses (installers, packages of
    operating systems) and the files that stand beside a distribution (``.metadata``, ``.asc``).
    """
    main = _remove_suffix(filename, _SIDECAR_SUFFIXES) or filename
    try:
        return canonicalize_name(parse_distribution(main).name)
    except InvalidUpload:
        pass
    retired = _remove_suffix(main, _RETIRED_SUFFIXES)
    if retired is None or not _is_filename(main):
        return None
    for name, rest in _splits(retired):
        if rest[:1] in _DIGITS:
            return canonicalize_name(name) if _is_project_name(name) else None
    return None


def version_of(filename: str, project: NormalizedName) -> str | None:
    """The version of ``project`` that this distribution carries, as its name spells it.

    A ``_`` that stands for the ``-`` of a PEP 440 version is read back. None when the name is
    not usable or belongs to another project.
    """
    try:
        distribution = parse_distribution(filename)
    except InvalidUpload:
        return None
    for version in _versions(distribution, project):
        if (spelling := _spelling(version)) is not None:
            return spelling
        if version[0] in _DIGITS:
            return version
    return None


def belongs_to(filename: str, project: NormalizedName) -> bool:
    """Whether an index may list this file on the page of this project."""
    if _remove_suffix(filename, _SIDECAR_SUFFIXES) is not None:
        return False
    return version_of(filename, project) is not None or project_of(filename) == project


def content_type(filename: str) -> str:
    """The media type to serve a file with; never depends on the machine's own table."""
    for suffix, media_type in _CONTENT_TYPES.items():
        if filename.endswith(suffix):
            return media_type
    return "application/octet-stream"


def parse_version(text: str) -> Version | None:
    """The PEP 440 version, also where a file name spells its ``-`` as ``_``; else None."""
    spelling = _spelling(text)
    return None if spelling is None else Version(spelling)


def same_version(one: str, other: str) -> bool:
    """PEP 440 equality; equal spelling, but for ``_`` and ``-``, where that does not apply."""
    if one == other:
        return True
    first, second = parse_version(one), parse_version(other)
    if first is not None and second is not None:
        return first == second
    return one.replace("_", "-") == other.replace("_", "-")


def _spelling(text: str) -> str | None:
    for spelling in (text, text.replace("_", "-")):
        try:
            Version(spelling)
        except InvalidVersion:
            continue
        return spelling
    return None


def _check_filename(filename: str) -> None:
    if not filename:
        raise InvalidUpload("The file has no name.")
    try:
        size = len(filename.encode())
    except UnicodeEncodeError:
        raise InvalidUpload(f"The file name {filename[:80]!a} is not valid Unicode.") from None
    if size > MAX_FILENAME_BYTES:
        raise InvalidUpload(
            f"The file name {filename[:80]!r}... is longer than {MAX_FILENAME_BYTES} bytes."
        )
    if "/" in filename or "\\" in filename:
        raise InvalidUpload(f"The file name {filename!r} holds a path separator.")
    if not filename.isprintable():
        raise InvalidUpload(f"The file name {filename!a} holds a control character.")
    if filename.startswith("."):
        raise InvalidUpload(f"The file name {filename!r} begins with a dot.")


def _is_filename(filename: str) -> bool:
    try:
        _check_filename(filename)
    except InvalidUpload:
        return False
    return True


def _kind_and_stem(filename: str) -> tuple[DistributionKind, str]:
    for suffix, kind in _SUFFIXES.items():
        if filename.endswith(suffix):
            return kind, filename.removesuffix(suffix)
    raise InvalidUpload(
        f"{filename!r} is not a distribution: accepted types are {', '.join(ACCEPTED_TYPES)}."
    )


def _is_project_name(name: str) -> bool:
    try:
        canonicalize_name(name, validate=True)
    except InvalidName:
        return False
    return True


def _remove_suffix(filename: str, suffixes: tuple[str, ...]) -> str | None:
    for suffix in suffixes:
        if filename.endswith(suffix):
            return filename.removesuffix(suffix)
    return None


def _splits(stem: str) -> Iterator[tuple[str, str]]:
    """Each way to cut the stem at a ``-``, from left to right, with nothing empty."""
    at = stem.find("-", 1)
    while at != -1 and at + 1 < len(stem):
        yield stem[:at], stem[at + 1 :]
        at = stem.find("-", at + 1)


def _read_stem(filename: str, stem: str) -> tuple[str, str]:
    splits = list(_splits(stem))
    for name, version in reversed(splits):
        if parse_version(version) is not None:
            return name, version
    for name, version in reversed(splits):
        if version[0] in _DIGITS:
            return name, version
    raise InvalidUpload(f"{filename!r} names no version: expected NAME-VERSION.")


def _without_egg_tags(kind: DistributionKind, filename: str, stem: str) -> str:
    if kind is not DistributionKind.EGG:
        return stem
    at = stem.rfind("-py")
    while at > 0:
        if _EGG_TAGS.match(stem, at):
            return stem[:at]
        at = stem.rfind("-py", 0, at)
    raise InvalidUpload(
        f"{filename!r} is not a valid egg file name: expected NAME-VERSION-pyX.Y[-PLATFORM].egg."
    )


def _read_wheel(filename: str, stem: str) -> tuple[str, str]:
    """PEP 427, and names whose dashes or repeated underscores were not escaped.

    Those are accepted where only one reading gives a valid version.
    """
    pieces = stem.split("-")
    standard = _wheel_reading(pieces, name_pieces=1)
    if standard is not None:
        return standard
    names = range(2, len(pieces) - _VERSION_AND_TAGS + 1)
    readings = [reading for count in names if (reading := _wheel_reading(pieces, count))]
    if len(readings) > 1:
        raise InvalidUpload(f"{filename!r} can be read as a wheel in more than one way.")
    if not readings:
        raise InvalidUpload(
            f"{filename!r} is not a valid wheel file name: "
            "expected NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl."
        )
    return readings[0]


def _wheel_reading(pieces: list[str], name_pieces: int) -> tuple[str, str] | None:
    rest = pieces[name_pieces:]
    if len(rest) not in {_VERSION_AND_TAGS, _VERSION_AND_TAGS + 1}:
        return None
    name = "-".join(pieces[:name_pieces])
    escaped = re.sub(r"[-_]+", "_", name)
    try:
        parse_wheel_filename(f"{escaped}-{'-'.join(rest)}.whl")
    except InvalidWheelFilename:
        return None
    return name, rest[0]


def _versions(distribution: Distribution, project: NormalizedName) -> Iterator[str]:
    """The versions that the file name can carry if it belongs to ``project``."""
    if canonicalize_name(distribution.name) == project:
        yield distribution.version
    if distribution.kind is DistributionKind.WHEEL:
        return
    kind, stem = _kind_and_stem(distribution.filename)
    for name, version in _splits(_without_egg_tags(kind, distribution.filename, stem)):
        if canonicalize_name(name) == project:
            yield version
