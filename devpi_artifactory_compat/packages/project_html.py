"""The HTML form of the simple repository API, in the shape that Artifactory gives it.

PEP 503, 592, 629, 658, 708, 714, 740 and 792. Pages are UTF-8; the media type should say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.page_links import API_VERSION
from devpi_artifactory_compat.packages.page_links import file_url
from devpi_artifactory_compat.packages.page_links import preferred_hash
from devpi_artifactory_compat.packages.page_links import provenance_url
from html import escape
from itertools import islice
import re


__all__ = ["render_project", "render_projects"]

_NAMES_PER_CHUNK = 1000
_PLAIN_NAMES = re.compile(r"[A-Za-z0-9._\n-]*")
_FOOT = "</body></html>\n"


def render_project(page: ProjectPage, *, prefix: str) -> bytes:
    """The page of one project.

    ``prefix`` is the URL, absolute or relative, that a file's path is appended to.
    """
    meta = ""
    if page.status is not None:
        meta += _meta("pypi:project-status", page.status)
        if page.status_reason is not None:
            meta += _meta("pypi:project-status-reason", page.status_reason)
    meta += "".join(_meta("pypi:alternate-locations", url) for url in page.alternate_locations)
    meta += "".join(_meta("pypi:tracks", url) for url in page.tracks)
    anchors = "".join(_file_anchor(file, prefix) for file in page.files)
    return _encode(_head(meta) + anchors + _FOOT)


def render_projects(names: Iterable[str], *, prefix: str) -> Iterator[bytes]:
    """The list of all projects, in chunks; ``prefix`` is what a name is appended to."""
    yield _encode(_head(""))
    remaining = iter(names)
    while chunk := list(islice(remaining, _NAMES_PER_CHUNK)):
        yield _encode(_project_anchors(chunk, prefix))
    yield _encode(_FOOT)


def _head(meta: str) -> str:
    return (
        "<!DOCTYPE html>\n"
        '<html><head><title>Simple Index</title><meta name="api-version" value="2" />'
        f"{_meta('pypi:repository-version', API_VERSION)}{meta}</head><body>\n"
    )


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{escape(content)}" />'


def _project_anchors(names: Sequence[str], prefix: str) -> str:
    joined = "\n".join(names)
    if _PLAIN_NAMES.fullmatch(joined) and joined.count("\n") == len(names) - 1:
        # nothing to escape: so are all names of a list of a million
        start = f'<a href="{escape(file_url(prefix, ""))}'
        return "".join(f'{start}{name}" rel="internal">{name}</a><br />\n' for name in names)
    return "".join(_project_anchor(name, prefix) for name in names)


def _project_anchor(name: str, prefix: str) -> str:
    return f'<a href="{escape(file_url(prefix, name))}" rel="internal">{escape(name)}</a><br />\n'


def _file_anchor(file: ProjectFile, prefix: str) -> str:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in _attributes(file, prefix))
    return f"<a{attributes}>{escape(file.filename)}</a><br />\n"


def _attributes(file: ProjectFile, prefix: str) -> Iterator[tuple[str, str]]:
    url = file_url(prefix, file.path)
    fragment = preferred_hash(file.hashes)
    yield "href", url if fragment is None else f"{url}#{fragment}"
    yield "rel", "internal"
    if file.requires_python is not None:
        yield "data-requires-python", file.requires_python
    if file.core_metadata is not None:
        metadata = preferred_hash(file.core_metadata) or "true"
        # PEP 714: both names, because clients of PEP 658 know only the first
        yield "data-dist-info-metadata", metadata
        yield "data-core-metadata", metadata
    if file.yanked is not None:
        yield "data-yanked", file.yanked
    if file.gpg_signature is not None:
        yield "data-gpg-sig", "true" if file.gpg_signature else "false"
    if file.provenance is not None:
        yield "data-provenance", provenance_url(prefix, file.provenance)


def _encode(text: str) -> bytes:
    return text.encode(errors="replace")
