"""What an upstream answers when it is asked for a project or for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import project_of
from devpi_artifactory_compat.packages.upstream_files import UpstreamFile
from devpi_artifactory_compat.packages.upstream_files import UpstreamPage
from devpi_artifactory_compat.packages.upstream_files import shown_url
from devpi_artifactory_compat.packages.upstream_html import html_project_names
from devpi_artifactory_compat.packages.upstream_html import html_project_page
from devpi_artifactory_compat.packages.upstream_json import json_project_names
from devpi_artifactory_compat.packages.upstream_json import json_project_page
from packaging.utils import InvalidName
from packaging.utils import canonicalize_name
from types import MappingProxyType
import codecs


__all__ = ["UpstreamFile", "UpstreamPage", "parse_project_names", "parse_project_page"]

_START_SIZE = 4096

# Only codecs that take time in proportion to the text.
_CODECS = MappingProxyType(
    {
        "ascii": "cp1252",
        "us-ascii": "cp1252",
        "iso-8859-1": "cp1252",
        "latin-1": "cp1252",
        "latin1": "cp1252",
        "windows-1252": "cp1252",
    }
)


def parse_project_page(
    body: bytes, *, content_type: str, url: str, project: NormalizedName
) -> UpstreamPage:
    """The page of one project, in JSON or HTML, also the listing of a directory.

    ``url`` is where the page came from, after all redirects. Only http and https links to files
    that belong to the project are kept, in the order of the page and each name once: the first
    with a hash wins. Raises UpstreamError for another major version of the API and for
    anything that is no page.
    """
    if _is_json(body, content_type):
        return json_project_page(body, url=url, project=project)
    return html_project_page(_html_text(body, content_type, url), url=url, project=project)


def parse_project_names(body: bytes, *, content_type: str, url: str) -> Iterator[str]:
    """The names on the list of all projects, as spelled there, each valid.

    Raises UpstreamError, before the first name, as :func:`parse_project_page` does.
    """
    if _is_json(body, content_type):
        names = json_project_names(body, url=url)
    else:
        names = html_project_names(_html_text(body, content_type, url), url=url)
    return filter(_is_project_name, names)


def _is_json(body: bytes, content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.endswith(("/json", "+json")):
        return True
    return body[:_START_SIZE].removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _html_text(body: bytes, content_type: str, url: str) -> str:
    media_type, _, parameters = content_type.lower().partition(";")
    is_html = "html" in media_type or not media_type.strip()
    starts_as_html = body[:_START_SIZE].removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")
    if b"\0" in body or not (is_html or starts_as_html):
        raise UpstreamError(
            f"{shown_url(url)} answered with neither HTML nor JSON, "
            f"but with {media_type.strip()[:100]!a}."
        )
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(" \t\"'")
    return body.decode(_CODECS.get(charset, "utf-8-sig"), errors="replace")


def _is_project_name(name: str) -> bool:
    """Not so for much of what a listing links to, files among it."""
    try:
        canonicalize_name(name, validate=True)
    except InvalidName:
        return False
    return "." not in name or project_of(name) is None
