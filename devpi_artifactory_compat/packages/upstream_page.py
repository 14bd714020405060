"""What an upstream answers when it is asked for a project."""

from __future__ import annotations

from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.upstream_files import UpstreamFile
from devpi_artifactory_compat.packages.upstream_files import UpstreamPage
from devpi_artifactory_compat.packages.upstream_files import shown_url
from devpi_artifactory_compat.packages.upstream_html import html_project_page
from devpi_artifactory_compat.packages.upstream_json import json_project_page
from types import MappingProxyType
import codecs


__all__ = [
    "START_SIZE",
    "UpstreamFile",
    "UpstreamPage",
    "check_html",
    "encoding_of",
    "is_json",
    "parse_project_page",
]

#: what decides about the form of an answer, in bytes
START_SIZE = 4096

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
    if is_json(body, content_type):
        return json_project_page(body, url=url, project=project)
    return html_project_page(_html_text(body, content_type, url), url=url, project=project)


def is_json(body: bytes, content_type: str) -> bool:
    """By the media type, else by the first bytes."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.endswith(("/json", "+json")):
        return True
    return body[:START_SIZE].removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _html_text(body: bytes, content_type: str, url: str) -> str:
    check_html(body, content_type, url)
    return body.decode(encoding_of(content_type), errors="replace")


def check_html(body: bytes, content_type: str, url: str) -> None:
    """Raises UpstreamError when neither the media type nor the first bytes say HTML."""
    media_type = content_type.partition(";")[0].lower()
    is_html = "html" in media_type or not media_type.strip()
    starts_as_html = body[:START_SIZE].removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")
    if b"\0" in body or not (is_html or starts_as_html):
        raise UpstreamError(
            f"{shown_url(url)} answered with neither HTML nor JSON, "
            f"but with {media_type.strip()[:100]!a}."
        )


def encoding_of(content_type: str) -> str:
    """The name of a codec of Python."""
    parameters = content_type.lower().partition(";")[2]
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(" \t\"'")
    return _CODECS.get(charset, "utf-8-sig")
