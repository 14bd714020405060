"""The PyPI side: project pages, uploads, Warehouse's JSON."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import NotFound
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import TooLarge
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.packages import legacy_json
from devpi_artifactory_compat.packages.filenames import same_version
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upload_form import parse_upload_form
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.ports import Outcome
from devpi_artifactory_compat.storage.rendered import RenderedPages
from devpi_artifactory_compat.views.pages import page_response
from devpi_artifactory_compat.views.pages import project_response
from devpi_artifactory_compat.views.project_lists import projects_response
from devpi_artifactory_compat.views.visit import Visit
from packaging.utils import canonicalize_name
from pyramid.request import Request
from pyramid.response import Response
from urllib.parse import quote


MAX_PROJECT_LENGTH = 200


def project_name(request: Request, key: str) -> NormalizedName:
    """The project in the URL, in any spelling. Raises ProjectNotFound for what is no name."""
    spelled = request.matchdict["project"]
    if len(spelled) > MAX_PROJECT_LENGTH or not spelled.isascii():
        raise ProjectNotFound(key, spelled[:MAX_PROJECT_LENGTH])
    name = canonicalize_name(spelled)
    if not name.replace("-", "").isalnum():
        raise ProjectNotFound(key, spelled)
    return name


def _repository(request: Request) -> Repository:
    names = request.matchdict
    visit = Visit(request)
    visit.require_pypi(names["key"])
    return visit.readable(names["key"], names.get("scope", ""))


def list_projects(request: Request) -> Response:
    """``GET …/simple[/]``"""
    visit = Visit(request)
    key, scope = request.matchdict["key"], request.matchdict.get("scope", "")
    visit.require_pypi(key)
    projects = visit.readable(key, scope).project_list()
    index = visit.catalog.entry(key).index
    return projects_response(request, projects, RenderedPages(visit.xom, index, scope=scope))


def show_project(request: Request) -> Response:
    """``GET …/simple/<project>[/]``"""
    repository = _repository(request)
    return project_response(request, repository.project_page(project_name(request, repository.key)))


def show_json(request: Request) -> Response:
    """``GET …/pypi/<project>[/<version>]/json``"""
    key = request.matchdict["key"]
    repository = _repository(request)
    project = project_name(request, key)
    page = repository.project_page(project)
    asked = request.matchdict.get("version") or legacy_json.latest_version(page) or ""
    version = next((known for known in page.versions if same_version(known, asked)), None)
    if version is None:
        raise ProjectNotFound(key, f"{project} {asked}")
    info = legacy_json.info_from_fields(repository.release_metadata(project, version))
    scope = request.matchdict.get("scope")
    root = f"{key}/{scope}" if scope else key
    base = f"{request.application_url}/artifactory/api/pypi/{root}/"

    def file_url(file: ProjectFile) -> str:
        return base + quote(file.path)

    body = legacy_json.render(page, info=info, version=version, file_url=file_url, last_serial=0)
    return page_response(request, body, "application/json")


def upload(request: Request) -> Response:
    """``POST /artifactory/api/pypi/<key>[/]``: the legacy upload form."""
    visit = Visit(request)
    visit.require_pypi(request.matchdict["key"])
    entry = visit.catalog.entry(request.matchdict["key"])
    target = upload_target(visit, entry)
    key = target.config.key
    visit.require(visit.may_upload(target), f"upload to repository '{key}'")
    form = _form(request)
    try:
        publication = visit.catalog.repository(entry.config.key).publish(
            form, user=visit.user or "", may_delete=visit.may_delete(target)
        )
    finally:
        form.close()
    # twine takes nothing but 200 for success
    response = Response(status=200, content_type="text/plain", charset="UTF-8")
    verb = {Outcome.ALREADY_THERE: "is already there", Outcome.REPLACED: "was replaced"}
    said = verb.get(publication.outcome, "was stored")
    response.text = f"{publication.repository}:{publication.path} {said}\n"
    return response


def _form(request: Request) -> UploadForm:
    """Raises InvalidUpload, also for a form above its limits, as the public index does."""
    try:
        return parse_upload_form(
            request.environ["wsgi.input"],
            content_type=request.headers.get("Content-Type", ""),
            content_length=request.content_length,
        )
    except TooLarge as exc:
        raise InvalidUpload(str(exc)) from exc


def upload_target(visit: Visit, entry: Entry) -> Entry:
    """Where an upload to a repository goes. Raises NotAllowed when it goes nowhere."""
    target = visit.catalog.target_of(entry.config.key)
    if target is None:
        raise NotAllowed(
            f"Virtual repository '{entry.config.key}' takes no uploads: it has no default "
            "deployment repository. Set 'defaultDeploymentRepo', or upload to a local repository."
        )
    if target.config.rclass is RepositoryClass.REMOTE:
        raise NotAllowed(
            f"Remote repository '{target.config.key}' takes no uploads: it holds what its "
            "upstream has. Upload to a local repository, or to a virtual one with a default "
            "deployment repository."
        )
    return target


def explain_url(request: Request) -> Response:
    """``GET /artifactory/api/pypi/<key>``: people and tools that forgot ``/simple``."""
    key = request.matchdict["key"]
    visit = Visit(request)
    visit.require_pypi(key)
    visit.readable(key)
    url = f"{request.application_url}/artifactory/api/pypi/{key}"
    raise NotFound(
        f"This is the upload URL of repository '{key}'. Installers use {url}/simple as index URL."
    )


def misplaced_upload(request: Request) -> Response:
    """POST to any other URL of a repository: say where uploads go."""
    key = request.matchdict["key"]
    visit = Visit(request)
    visit.require_pypi(key)
    visit.catalog.entry(key)
    url = f"{request.application_url}/artifactory/api/pypi/{key}"
    raise NotAllowed(f"Nothing can be posted here. The upload URL of repository '{key}' is {url}")
