"""Lists of all projects as answers."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.packages import project_html
from devpi_artifactory_compat.packages import project_json
from devpi_artifactory_compat.storage.rendered import Render
from devpi_artifactory_compat.storage.rendered import RenderedPage
from devpi_artifactory_compat.storage.rendered import RenderedPages
from devpi_artifactory_compat.views.pages import JSON
from devpi_artifactory_compat.views.pages import negotiate
from devpi_artifactory_compat.views.pages import page_response
from devpi_artifactory_compat.views.pages import set_caching
from devpi_artifactory_compat.views.pages import takes_gzip
from devpi_artifactory_compat.views.tween import has_trailing_slash
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response
from typing import cast


CHUNK_SIZE = 128 * 1024

#: lists up to this length are rendered anew for each request
LONG_LIST = 5000

#: to be raised with every change of how lists are rendered: old pages are on the disk
_VERSION = 1


def projects_response(request: Request, projects: ProjectList, pages: RenderedPages) -> Response:
    """The answer to GET and HEAD of a list.

    Raises:
        UpstreamError: before the first byte is sent.
    """
    content_type = negotiate(request)
    prefix = "" if has_trailing_slash(request) else "simple/"

    def render() -> Iterator[bytes]:
        form = project_json if content_type == JSON else project_html
        return form.render_projects(projects.names(), prefix=prefix)

    if projects.count <= LONG_LIST:
        return page_response(request, b"".join(render()), content_type)
    form = "json" if content_type == JSON else "html" if prefix == "" else "html-flat"
    return long_response(request, f"{projects.etag}-{form}-{_VERSION}", content_type, pages, render)


def long_response(
    request: Request, name: str, content_type: str, pages: RenderedPages, render: Render
) -> Response:
    """A page that is rendered once and kept; ``name`` is another one when its content is.

    Raises UpstreamError before the first byte is sent.
    """
    packed = takes_gzip(request)
    etag = f"{name}-gzip" if packed else name
    if etag in request.if_none_match:
        response = Response(status=HTTPStatus.NOT_MODIFIED)
        response.content_type = None
    else:
        charset = "UTF-8" if content_type != JSON else None
        response = Response(content_type=content_type, charset=charset)
        page = pages.open(name, render, packed=packed)
        size = page.size
        response.app_iter = _body(request, page)
        response.content_length = size
        if packed:
            response.content_encoding = "gzip"
    response.etag = etag
    set_caching(response)
    return response


def _body(request: Request, page: RenderedPage) -> Iterable[bytes]:
    """The server sends a file without a thread of its own and without holding what was sent."""
    wrap = request.environ.get("wsgi.file_wrapper")
    if wrap is None or page.file is None:
        return page
    return cast("Iterable[bytes]", wrap(page.file, CHUNK_SIZE))
