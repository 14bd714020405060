"""Project pages as answers: form, compression, ETag."""

from __future__ import annotations

from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages import project_html
from devpi_artifactory_compat.packages import project_json
from devpi_artifactory_compat.views.tween import has_trailing_slash
from pyramid.request import Request
from pyramid.response import Response
import gzip
import hashlib


JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
TEXT_HTML = "text/html"

#: what a client may name in Accept or in ?format=, best first, and what it gets (PEP 691)
_OFFERS = {
    TEXT_HTML: TEXT_HTML,
    JSON: JSON,
    HTML: HTML,
    "application/vnd.pypi.simple.latest+json": JSON,
    "application/vnd.pypi.simple.latest+html": HTML,
    "application/json": JSON,
}

#: shorter bodies gain nothing from compression
GZIP_FROM = 512
#: a higher level takes more than twice as long and saves a tenth
_GZIP_LEVEL = 3


def negotiate(request: Request) -> str:
    """The content type of a page; HTML for those who ask for nothing that there is."""
    wanted = request.params.get("format") if request.query_string else None
    if wanted in _OFFERS:
        return _OFFERS[wanted]
    offers = request.accept.acceptable_offers(list(_OFFERS))
    return _OFFERS[offers[0][0]] if offers else TEXT_HTML


def link_prefix(request: Request, *, up: int) -> str:
    """The way from a page to the root of its repository, for URLs with and without a slash."""
    return "../" * (up if has_trailing_slash(request) else up - 1)


def project_response(request: Request, page: ProjectPage) -> Response:
    content_type = negotiate(request)
    prefix = link_prefix(request, up=2)
    render = project_json.render_project if content_type == JSON else project_html.render_project
    return page_response(request, render(page, prefix=prefix), content_type)


def takes_gzip(request: Request) -> bool:
    """Only for those who say so: old clients say nothing and understand nothing."""
    if "Accept-Encoding" not in request.headers:
        return False
    return bool(request.accept_encoding.acceptable_offers(["gzip"]))


def page_response(request: Request, body: bytes, content_type: str) -> Response:
    """A page with its ETag; answered by 304 when the client has it already."""
    digest = hashlib.sha256(body).hexdigest()[:32]
    compressed = len(body) >= GZIP_FROM and takes_gzip(request)
    response = Response(
        body=gzip.compress(body, _GZIP_LEVEL, mtime=0) if compressed else body,
        content_type=content_type,
        charset="UTF-8" if content_type != JSON else None,
        conditional_response=True,
    )
    if compressed:
        response.content_encoding = "gzip"
        digest += "-gzip"
    response.etag = digest
    set_caching(response)
    return response


def set_caching(response: Response) -> None:
    response.vary = ("Accept", "Accept-Encoding")
    # installers ask each time, and are told by 304 when nothing has changed
    response.cache_control = "no-cache"
