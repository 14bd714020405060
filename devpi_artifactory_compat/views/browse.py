"""Folders as pages for people's browsers: ``GET /artifactory/<key>[/<folder>][/]``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.views.asked import items_below
from devpi_artifactory_compat.views.spooled import spooled_response
from devpi_artifactory_compat.views.tween import has_trailing_slash
from devpi_artifactory_compat.views.visit import Visit
from html import escape
from pyramid.response import Response
from urllib.parse import quote


#: nothing is loaded, run, framed or sent from such a page
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_NAME_WIDTH = 50
_SAFE = "+@!$&'()*,=~"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_STEP = 1024


def folder_page(visit: Visit, repository: Repository, folder: Folder, *, key: str) -> Response:
    """Name, date and size of what lies in a folder of the repository ``key``."""
    # relative links hold with and without a trailing slash, and behind any proxy
    own_name = folder.path.rpartition("/")[2] or key
    prefix = "./" if has_trailing_slash(visit.request) else f"./{_segment(own_name)}/"
    response = spooled_response(
        visit.request,
        _page(visit, repository, folder, title=f"{key}/{folder.path}", prefix=prefix),
        content_type="text/html",
        charset="UTF-8",
    )
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.cache_control = "no-cache"
    return response


def _page(
    visit: Visit, repository: Repository, folder: Folder, *, title: str, prefix: str
) -> Iterator[bytes]:
    shown = escape(title)
    yield (
        "<!DOCTYPE html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>Index of {shown}</title></head>\n'
        f"<body><h1>Index of {shown}</h1>\n<pre>{_heading()}\n<hr>"
    ).encode()
    if folder.path:
        yield f'<a href="{prefix}../">../</a>\n'.encode()
    for item in items_below(visit, repository, folder, depth=1):
        yield _line(item, prefix).encode()
    yield b"<hr></pre></body></html>\n"


def _heading() -> str:
    return f"{'Name':<{_NAME_WIDTH}} {'Last modified':<17} Size"


def _line(item: Artifact | Folder, prefix: str) -> str:
    is_folder = isinstance(item, Folder)
    name = item.path.rpartition("/")[2]
    slash = "/" if is_folder else ""
    link = escape(f"{prefix}{_segment(name)}{slash}")
    padding = " " * max(_NAME_WIDTH - len(name) - len(slash), 0)
    size = size_text(item.size) if isinstance(item, Artifact) else "-"
    return (
        f'<a href="{link}">{escape(name)}{slash}</a>{padding} {_date(item.modified):<17} {size}\n'
    )


def _segment(name: str) -> str:
    """A name in a URL; what looks like a scheme or a matrix parameter is none."""
    return quote(name, safe=_SAFE)


def _date(time: datetime) -> str:
    """As Artifactory writes it, whatever the locale; in UTC."""
    utc = time.astimezone(UTC)
    return f"{utc.day:02}-{_MONTHS[utc.month - 1]}-{utc.year} {utc:%H:%M}"


def size_text(size: int) -> str:
    """For people: ``1.50 KB``."""
    value = float(size)
    for unit in _UNITS:
        if value < _STEP or unit == _UNITS[-1]:
            break
        value /= _STEP
    return f"{size} {unit}" if unit == _UNITS[0] else f"{value:.2f} {unit}"
