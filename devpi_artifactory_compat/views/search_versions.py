"""The searches for the versions of a project, which are in the order of PEP 440."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.packages.filenames import parse_version
from devpi_artifactory_compat.packages.filenames import version_of
from devpi_artifactory_compat.packages.versions import version_key
from devpi_artifactory_compat.search.versions import project_versions
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_artifactory_compat.views.bodies import json_response
from devpi_artifactory_compat.views.search_request import SearchRequest
from devpi_artifactory_compat.views.search_results import MAX_RESULTS
from devpi_artifactory_compat.views.search_results import media_type
from devpi_artifactory_compat.views.pypi import MAX_PROJECT_LENGTH
from fnmatch import fnmatchcase
from packaging.utils import canonicalize_name
from packaging.version import Version
from pyramid.request import Request
from pyramid.response import Response
import re


#: each may take as long as an upstream may
MAX_REMOTES = 5

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

#: the sentence that scripts know this answer by
NOTHING = "Unable to find artifact versions"


def list_versions(request: Request) -> Response:
    """``…/versions?a=[&g=][&v=][&remote=1][&repos=]``: newest first.

    ``integration`` are pre-releases and development releases.
    """
    asked = SearchRequest(request)
    versions = _matching(_versions(asked), asked.text("v"))
    results = [{"version": each, "integration": is_integration(each)} for each in versions]
    return json_response({"results": results}, content_type=media_type("ArtifactVersionsResult"))


def show_latest_version(request: Request) -> Response:
    """``…/latestVersion?a=[&g=][&v=][&remote=1][&repos=]``: the version as plain text.

    The newest release; with ``v`` the newest that matches, also when it is a pre-release.
    """
    asked = SearchRequest(request)
    versions, wanted = _versions(asked), asked.text("v")
    found = _matching(versions, wanted) if wanted else _releases(versions)
    if not found:
        kind = "integration" if wanted else "release"
        raise NotFound(f"Latest {kind} version not found")
    return Response(body=found[0].encode(), content_type="text/plain", charset="UTF-8")


def is_integration(version: str) -> bool:
    parsed = parse_version(version)
    return parsed is not None and parsed.is_prerelease


def _releases(versions: Iterable[str]) -> list[str]:
    return [each for each in versions if not is_integration(each)]


def _matching(versions: Iterable[str], wanted: str) -> list[str]:
    """With wildcards those that fit; else the version and what leads to it, as 2.0rc1 to 2.0."""
    if not wanted:
        return list(versions)
    if "*" in wanted or "?" in wanted:
        pattern = wanted.replace("[", "[[]")
        return [each for each in versions if fnmatchcase(each, pattern)]
    line = _line(wanted)
    return [each for each in versions if _line(each) == line]


def _line(version: str) -> Version | str:
    parsed = parse_version(version)
    if parsed is None:
        return version
    post = "" if parsed.post is None else f".post{parsed.post}"
    return Version(f"{parsed.base_version}{post}")


def _project(asked: SearchRequest) -> NormalizedName:
    """In any spelling. Raises NotFound for what can be no name."""
    name = canonicalize_name(asked.required("a"))
    if len(name) > MAX_PROJECT_LENGTH or not _NAME.fullmatch(name):
        raise NotFound(NOTHING)
    return name


def _versions(asked: SearchRequest) -> list[str]:
    """Newest first. Raises NotFound when there are none."""
    project = _project(asked)
    indexes = asked.keys
    with searching(asked.visit.xom) as reading:
        found = set(project_versions(reading, indexes, project, limit=MAX_RESULTS))
    if asked.flag("remote"):
        found.update(_upstream_versions(asked, project))
    if not found:
        raise NotFound(NOTHING)
    return sorted(found, key=version_key, reverse=True)


def _upstream_versions(asked: SearchRequest, project: NormalizedName) -> Iterator[str]:
    """On the upstreams' pages of the project, as the remotes show them."""
    places = map(asked.visit.place, asked.keys.values())
    remotes = [
        place.entry
        for place in places
        if place.is_cache and place.entry.config.package_type is PackageType.PYPI
    ]
    if len(remotes) > MAX_REMOTES:
        raise BadRequest(
            f"'remote=1' asks {MAX_REMOTES} remote repositories at most, not {len(remotes)}: "
            "name them in 'repos'."
        )
    for entry in remotes:
        try:
            page = asked.visit.catalog.repository(entry.config.key).project_page(project)
        except (ProjectNotFound, UpstreamError):
            continue
        yield from filter(None, (version_of(file.filename, project) for file in page.files))
