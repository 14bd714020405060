"""What a server answers to every GET of ours, for every repository, project, version and path.

The requests come from the table of routes, so a new route takes part by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.routes import ROUTES
from itertools import product
from server import LiveServer
from urllib.parse import quote
import re


JSON = "application/vnd.pypi.simple.v1+json"

#: a path has as well what the storage API takes as a query
QUERIES = {
    "artifactory.storage": ("", "?properties"),
    "artifactory.storage.root": ("", "?properties"),
    "artifactory.search.artifact": ("?name=*",),
    "artifactory.search.prop": ("?pypi.name", "?*"),
    "artifactory.search.creation": ("?from=0",),
    "artifactory.search.dates": ("?from=0&dateFields=created,lastModified",),
    "artifactory.search.versions": ("?a=demo",),
    "artifactory.search.latestVersion": ("?a=demo",),
    # tells of the database of one server, which another one builds for itself
    "artifactory.system.search": (),
}

#: pages have two forms
ACCEPTS = ("*/*", JSON)

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
#: those of a server process, not of an answer
_UNSTABLE_HEADERS = {
    "date",
    "x-devpi-serial",
    "x-devpi-uuid",
    "x-devpi-primary-uuid",
    "x-devpi-master-uuid",
}


@dataclass(frozen=True, kw_only=True)
class Things:
    """What stands for the placeholders of the routes; ``paths`` by repository key."""

    keys: Sequence[str]
    projects: Sequence[str]
    versions: Sequence[str]
    paths: Mapping[str, Sequence[str]]
    other: Sequence[str]


#: status, headers and body
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]

#: by user, URL and wanted type
Snapshot = dict[tuple[str, str, str], Answer]


def snapshot(server: LiveServer, things: Things) -> Snapshot:
    """The answers to the administrator and to everybody."""
    found: Snapshot = {}
    for name, auth in (("root", server.login()), ("", None)):
        for url in urls(things):
            for accept in ACCEPTS if "/simple/" in url else ACCEPTS[:1]:
                found[name, url, accept] = _answer(server, url, accept, auth)
    return found


def _answer(server: LiveServer, url: str, accept: str, auth: tuple[str, str] | None) -> Answer:
    answer = server.request(
        "GET", url, auth=auth, headers={"Accept": accept}, allow_redirects=False
    )
    headers = {key.lower(): value for key, value in answer.headers.items()}
    kept = sorted((k, v) for k, v in headers.items() if k not in _UNSTABLE_HEADERS)
    return (answer.status_code, tuple(kept), answer.content)


def urls(things: Things) -> Iterator[str]:
    for route in ROUTES:
        if "GET" in route.views:
            for url in _filled(route.pattern, things):
                yield from (url + query for query in QUERIES.get(route.name, ("",)))


def _filled(pattern: str, things: Things) -> Iterator[str]:
    names = [match.group(1) for match in _PLACEHOLDER.finditer(pattern)]
    for values in _values(names, things):
        filled = iter(values)
        yield _PLACEHOLDER.sub(lambda _: quote(next(filled)), pattern)  # noqa: B023 - used at once


def _values(names: Sequence[str], things: Things) -> Iterator[tuple[str, ...]]:
    choices = {"project": things.projects, "version": things.versions, "key": things.keys}
    if names == ["key", "path"]:
        for key in things.keys:
            yield from ((key, path) for path in things.paths[key])
        return
    yield from product(*(choices.get(name, things.other) for name in names))
