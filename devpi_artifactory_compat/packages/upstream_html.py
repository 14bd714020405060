"""HTML pages of an upstream: PEP 503 and its additions, and directory listings."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import belongs_to
from devpi_artifactory_compat.packages.html_anchors import Anchor
from devpi_artifactory_compat.packages.html_anchors import HtmlPage
from devpi_artifactory_compat.packages.html_anchors import read_html
from devpi_artifactory_compat.packages.html_tags import EndlessTag
from devpi_artifactory_compat.packages.upstream_files import UpstreamFile
from devpi_artifactory_compat.packages.upstream_files import UpstreamPage
from devpi_artifactory_compat.packages.upstream_files import check_api_version
from devpi_artifactory_compat.packages.upstream_files import resolve
from devpi_artifactory_compat.packages.upstream_files import shown_url
from devpi_artifactory_compat.packages.upstream_files import unique_files
from devpi_artifactory_compat.packages.upstream_files import valid_hashes
from devpi_artifactory_compat.packages.upstream_files import web_urls
from urllib.parse import unquote
from urllib.parse import urlsplit
import re


__all__ = ["html_project_names", "html_project_page"]

_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/?")
_PAGE_SUFFIX = ".html"


def html_project_page(text: str, *, url: str, project: NormalizedName) -> UpstreamPage:
    """The files of ``project``; links to anything else are passed over."""
    with _reading(url):
        page = _read([text], url)
        base = _base(page, url)
        files = (_file(anchor.attributes, base, project) for anchor in page.anchors)
        found = unique_files(file for file in files if file is not None)
        return UpstreamPage(
            files=found,
            conclusive=bool(found) or any(map(_is_sign_of_index, page.meta)),
            status=page.meta.get("pypi:project-status"),
            status_reason=page.meta.get("pypi:project-status-reason"),
            alternate_locations=web_urls(page.urls.get("pypi:alternate-locations", ())),
            tracks=web_urls(page.urls.get("pypi:tracks", ())),
        )


def _is_sign_of_index(meta: str) -> bool:
    """PEP 629, 708 and 792; Artifactory's pages have a version of their own."""
    return meta.startswith("pypi:") or meta == "api-version"


def html_project_names(chunks: Iterable[str], *, url: str) -> Iterator[str]:
    """The last segment of each link or, where that is the name of a page, its text; unchecked.

    Links to the list itself and to what is above it are passed over.
    """
    with _reading(url):
        page = _read(chunks, url)
        base = _base(page, url)
        folder = urlsplit(base).path.rpartition("/")[0] + "/"
        for anchor in page.anchors:
            name = _name(anchor, base, url, folder)
            if name is not None:
                yield name


@contextmanager
def _reading(url: str) -> Iterator[None]:
    try:
        yield
    except EndlessTag as exc:
        raise UpstreamError(f"{shown_url(url)} answered with HTML that cannot be read.") from exc


def _read(chunks: Iterable[str], url: str) -> HtmlPage:
    page = read_html(chunks)
    if page is None:
        raise UpstreamError(f"{shown_url(url)} answered with neither HTML nor JSON.")
    check_api_version(page.meta.get("pypi:repository-version"), url)
    return page


def _base(page: HtmlPage, url: str) -> str:
    link = None if page.base is None else resolve(url, page.base)
    return url if link is None else link.url


def _file(attributes: Mapping[str, str], base: str, project: NormalizedName) -> UpstreamFile | None:
    link = resolve(base, attributes["href"]) if "href" in attributes else None
    if link is None or not belongs_to(link.filename, project):
        return None
    metadata = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    provenance = resolve(base, attributes.get("data-provenance", "data:"))
    return UpstreamFile(
        url=link.url,
        filename=link.filename,
        hashes=_hashes(link.fragment),
        requires_python=attributes.get("data-requires-python") or None,
        yanked=attributes.get("data-yanked"),
        core_metadata=None if metadata in {None, "", "false"} else _hashes(metadata or ""),
        gpg_signature={"true": True, "false": False}.get(attributes.get("data-gpg-sig", "")),
        provenance=None if provenance is None else provenance.url,
    )


def _hashes(fragment: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in fragment.split("&"))
    return valid_hashes((name, unquote(value)) for name, _, value in pairs)


def _name(anchor: Anchor, base: str, url: str, folder: str) -> str | None:
    href = anchor.attributes.get("href")
    if not href:
        return None
    below = href.removeprefix(folder)
    if _PLAIN_NAME.fullmatch(below):
        # most lists consist of these, and a list may have a million of them
        return below.removesuffix("/")
    link = resolve(base, href)
    if link is None:
        return None
    path = urlsplit(link.url).path.rstrip("/")
    if f"{urlsplit(url).path}/".startswith(f"{path}/"):
        return None
    segment = unquote(path.rpartition("/")[2])
    return anchor.text.strip() if segment.endswith(_PAGE_SUFFIX) else segment
