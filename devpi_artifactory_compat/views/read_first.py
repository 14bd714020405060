"""Views of requests that are read before they write: see ``views.tween.READ_FIRST``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from devpi_artifactory_compat.views.fallback import wrong_method
from devpi_artifactory_compat.views.tween import method_of
from pyramid.request import Request
from pyramid.response import Response


View = Callable[[Request], Response]


def by_method(views: Mapping[str, View]) -> View:
    """The view for the method that the client sent."""

    def answer(request: Request) -> Response:
        return views.get(method_of(request), wrong_method)(request)

    return answer
