"""The files that an upstream offers, and the rules that hold for both forms of its pages."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NO_HASHES
from types import MappingProxyType
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urljoin
from urllib.parse import urlsplit
import re


__all__ = [
    "Link",
    "UpstreamFile",
    "UpstreamPage",
    "check_api_version",
    "resolve",
    "shown_url",
    "unique_files",
    "valid_hashes",
    "web_urls",
]

MAX_FILES = 250_000
"""Of one project. Those with the most have some ten thousand."""

_MAX_URL_LENGTH = 8 * 1024
_MAX_LOCATIONS = 100
_URL_CHARACTERS = "%/:=&?~#+!$,;'@()*[]"
_HEX = re.compile(r"[0-9a-f]+")
_HEX_LENGTHS = MappingProxyType(
    {
        "md5": 32,
        "sha1": 40,
        "sha224": 56,
        "sha256": 64,
        "sha384": 96,
        "sha512": 128,
        "sha3_224": 56,
        "sha3_256": 64,
        "sha3_384": 96,
        "sha3_512": 128,
        "blake2b": 128,
        "blake2s": 64,
        "blake2_256": 64,
        "blake2b_256": 64,
    }
)


@dataclass(frozen=True, kw_only=True)
class UpstreamFile:
    """A file on an upstream's page; ``url`` is absolute and has no fragment.

    The other fields are as in :class:`~devpi_artifactory_compat.model.ProjectFile`; hashes are
    known algorithms with lower-case hex digests of the right length, ``provenance`` is an
    absolute URL, ``upload_time`` is in UTC.
    """

    url: str
    filename: str
    hashes: Mapping[str, str] = field(default_factory=lambda: NO_HASHES)
    requires_python: str | None = None
    yanked: str | None = None
    size: int | None = None
    upload_time: datetime | None = None
    core_metadata: Mapping[str, str] | None = None
    gpg_signature: bool | None = None
    provenance: str | None = None


@dataclass(frozen=True, kw_only=True)
class UpstreamPage:
    """The page of one project; ``versions`` is empty when the upstream states none.

    ``alternate_locations`` and ``tracks`` are absolute URLs (PEP 708). ``conclusive`` is False for
    HTML that neither links to a file of the project nor says that it is the page of an index:
    servers also send their error pages with status 200.
    """

    files: tuple[UpstreamFile, ...]
    conclusive: bool = True
    status: str | None = None
    status_reason: str | None = None
    versions: tuple[str, ...] = ()
    alternate_locations: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A resolved link; ``filename`` is the decoded last segment of its path."""

    url: str
    fragment: str

    @property
    def filename(self) -> str:
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


def resolve(base: str, reference: str) -> Link | None:
    """The absolute form of a link, None when it leads to no http or https URL."""
    try:
        parts = urlsplit(urljoin(base, reference.strip()))
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        # reading the port is what checks it
        usable = usable and (parts.port is None or parts.port > 0)
        url = quote(parts._replace(fragment="").geturl(), safe=_URL_CHARACTERS, errors="replace")
    except ValueError:
        return None
    if not usable or len(url) > _MAX_URL_LENGTH:
        return None
    return Link(url, parts.fragment)


def valid_hashes(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Those pairs that are a known algorithm and a digest of its length."""
    hashes: dict[str, str] = {}
    for name, value in pairs:
        if isinstance(name, str) and isinstance(value, str):
            algorithm, digest = name.lower(), value.lower()
            if len(digest) == _HEX_LENGTHS.get(algorithm) and _HEX.fullmatch(digest):
                hashes.setdefault(algorithm, digest)
    return hashes


def unique_files(files: Iterable[UpstreamFile]) -> tuple[UpstreamFile, ...]:
    """One file for each name: the first that has a hash, or else the first.

    Raises UpstreamError for more files than a server's memory should have to hold.
    """
    unique: dict[str, UpstreamFile] = {}
    for file in files:
        known = unique.get(file.filename)
        if known is None or (file.hashes and not known.hashes):
            unique[file.filename] = file
        if len(unique) > MAX_FILES:
            raise UpstreamError(f"The upstream's page shows more than {MAX_FILES} files.")
    return tuple(unique.values())


def web_urls(values: Iterable[object]) -> tuple[str, ...]:
    """Those of the values that are absolute URLs of pages, at most 100."""
    urls = (value for value in values if isinstance(value, str) and len(value) < _MAX_URL_LENGTH)
    found = [url for url in urls if url.startswith(("https://", "http://"))]
    return tuple(dict.fromkeys(found))[:_MAX_LOCATIONS]


def check_api_version(version: object, url: str) -> None:
    """PEP 629: another major version cannot be read; no version at all is 1.0."""
    if version is None:
        return
    if not isinstance(version, str) or version.partition(".")[0].strip() != "1":
        raise UpstreamError(
            f"{shown_url(url)} has version {str(version)[:20]!a} of the simple repository API, "
            "only version 1 can be read."
        )


def shown_url(url: str) -> str:
    """The URL without credentials, for messages."""
    return re.sub(r"//[^/@]{0,1000}@", "//", url[:1000])
