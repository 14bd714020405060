"""The methods of the public index's XML-RPC, as far as they make sense for a repository."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import same_version
from devpi_artifactory_compat.packages.legacy_json import file_entry
from devpi_artifactory_compat.packages.releases import files_by_version
from devpi_artifactory_compat.packages.xml_rpc import INVALID_PARAMS
from devpi_artifactory_compat.packages.xml_rpc import Fault
from devpi_artifactory_compat.packages.xml_rpc import render_names
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.storage.rendered import RenderedPages
from devpi_artifactory_compat.views.project_lists import LONG_LIST
from devpi_artifactory_compat.views.project_lists import long_response
from devpi_artifactory_compat.views.visit import Visit
from packaging.utils import canonicalize_name
from pyramid.response import Response
from urllib.parse import quote


CONTENT_TYPE = "text/xml"

#: in each field of a search: every one costs a look at every project
MAX_TERMS = 50
MAX_TERM_LENGTH = 200
MAX_PARAM_LENGTH = 200

#: to be raised with every change of how a list is rendered: old ones are on the disk
_VERSION = 1

_LISTS = ("classifiers", "requires_dist", "provides_dist", "obsoletes_dist", "requires_external")
_OLD_LISTS = ("requires", "provides", "obsoletes")
_TEXTS = (
    "author",
    "author_email",
    "description",
    "description_content_type",
    "download_url",
    "home_page",
    "keywords",
    "license",
    "license_expression",
    "maintainer",
    "maintainer_email",
    "requires_python",
    "summary",
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call: what it asks, and of which repository."""

    visit: Visit
    repository: Repository
    key: str
    scope: str
    params: Sequence[object]

    def text(self, number: int, what: str) -> str:
        """A parameter that must be there. Raises Fault."""
        value = self.params[number] if number < len(self.params) else None
        if not isinstance(value, str) or not 0 < len(value) <= MAX_PARAM_LENGTH:
            raise Fault(INVALID_PARAMS, f"Parameter {number + 1} must be {what}, a string.")
        return value

    def check_count(self, most: int) -> None:
        if len(self.params) > most:
            raise Fault(INVALID_PARAMS, f"There are more than {most} parameters.")


# search


def search(asked: Asked) -> object:
    """``search(spec[, operator])``: a list of name, version, summary, the most relevant first."""
    asked.check_count(2)
    query = _query(asked)
    found = query.ranked(asked.repository.search(query))
    return [
        {
            "name": each.name,
            "version": each.version,
            "summary": each.summary,
            "_pypi_ordering": query.relevance(each.project),
        }
        for each in found
    ]


def _query(asked: Asked) -> ProjectQuery:
    spec = asked.params[0] if asked.params else None
    operator = asked.params[1] if len(asked.params) > 1 else "and"
    if not isinstance(spec, Mapping):
        raise Fault(INVALID_PARAMS, "Parameter 1 must be the fields to search, a struct.")
    if operator not in ("and", "or"):
        raise Fault(INVALID_PARAMS, "Parameter 2, the operator, must be 'and' or 'or'.")
    names, summaries = _terms(spec, "name"), _terms(spec, "summary")
    if not names and not summaries:
        raise Fault(INVALID_PARAMS, "Name what to search for in 'name' or 'summary'.")
    return ProjectQuery(names, summaries, every_field=operator == "and")


def _terms(spec: Mapping[object, object], field: str) -> tuple[str, ...]:
    """The values of one field, of which any suffices; other fields than ours are ignored."""
    value = spec.get(field, [])
    terms = [value] if isinstance(value, str) else value
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        raise Fault(INVALID_PARAMS, f"Field '{field}' must be a string or an array of strings.")
    if len(terms) > MAX_TERMS or any(len(term) > MAX_TERM_LENGTH for term in terms):
        raise Fault(
            INVALID_PARAMS,
            f"Field '{field}' may have {MAX_TERMS} values of {MAX_TERM_LENGTH} characters.",
        )
    return tuple(term.strip() for term in terms if term.strip())


# projects and releases


def list_packages(asked: Asked) -> Response:
    """``list_packages()``: the names of all projects. Raises UpstreamError."""
    asked.check_count(0)
    projects = asked.repository.project_list()
    if projects.count <= LONG_LIST:
        body = b"".join(render_names(projects.names()))
        return Response(body=body, content_type=CONTENT_TYPE, charset="UTF-8")
    index = asked.visit.catalog.entry(asked.key).index
    pages = RenderedPages(asked.visit.xom, index, scope=asked.scope)
    name = f"{projects.etag}-xmlrpc-{_VERSION}"
    return long_response(
        asked.visit.request, name, CONTENT_TYPE, pages, lambda: render_names(projects.names())
    )


def package_releases(asked: Asked) -> object:
    """``package_releases(name[, show_hidden])``: the versions, newest first; nothing is hidden.

    Empty for a project that there is not. Raises UpstreamError.
    """
    asked.check_count(2)
    page = _page(asked, _project(asked))
    return [] if page is None else list(reversed(files_by_version(page)))


def release_urls(asked: Asked) -> object:
    """``release_urls(name, version)``: the files; empty for what there is not.

    Raises UpstreamError.
    """
    asked.check_count(2)
    project, wanted = _project(asked), asked.text(1, "a version")
    page = _page(asked, project)
    root = f"{asked.key}/{asked.scope}" if asked.scope else asked.key
    base = f"{asked.visit.request.application_url}/artifactory/api/pypi/{root}/"

    def file_url(file: ProjectFile) -> str:
        return base + quote(file.path)

    files = () if page is None else _files(page, wanted)
    return [_url_entry(file, file_entry(file, file_url)) for file in files]


def _url_entry(file: ProjectFile, entry: dict[str, object]) -> dict[str, object]:
    uploaded: datetime | str = file.upload_time or ""
    return {**entry, "path": file.path, "upload_time": uploaded}


def release_data(asked: Asked) -> object:
    """``release_data(name, version)``: the metadata; empty for what there is not.

    Raises UpstreamError.
    """
    asked.check_count(2)
    project, wanted = _project(asked), asked.text(1, "a version")
    page = _page(asked, project)
    version = None if page is None else _version(page, wanted)
    if version is None:
        return {}
    try:
        fields = asked.repository.release_metadata(project, version)
    except ProjectNotFound:
        return {}
    return {
        "name": _first(fields.get("name")) or project,
        "version": version,
        **{name: _first(fields.get(name)) for name in _TEXTS},
        **{name: _all(fields.get(name)) for name in (*_LISTS, *_OLD_LISTS)},
        "platform": ", ".join(_all(fields.get("platform"))),
        "project_url": _all(fields.get("project_urls")),
        "stable_version": None,
        "_pypi_hidden": False,
        "_pypi_ordering": 0,
    }


def _project(asked: Asked) -> NormalizedName:
    return canonicalize_name(asked.text(0, "the name of a project"))


def _page(asked: Asked, project: NormalizedName) -> ProjectPage | None:
    if not (project.isascii() and project.replace("-", "").isalnum()):
        return None
    try:
        return asked.repository.project_page(project)
    except ProjectNotFound:
        return None


def _version(page: ProjectPage, wanted: str) -> str | None:
    return next((known for known in files_by_version(page) if same_version(known, wanted)), None)


def _files(page: ProjectPage, wanted: str) -> Sequence[ProjectFile]:
    version = _version(page, wanted)
    return () if version is None else files_by_version(page)[version]


def _all(value: str | Sequence[str] | None) -> list[str]:
    return [item for item in ([value] if isinstance(value, str) else value or ()) if item]


def _first(value: str | Sequence[str] | None) -> str:
    return next(iter(_all(value)), "")
