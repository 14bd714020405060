"""Project pages and lists in HTML and JSON have the shape that installers and tools read."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages import project_html
from devpi_artifactory_compat.packages import project_json
import json
import pytest


NAME = NormalizedName("demo")
SHA256 = "a" * 64
HEAD = (
    "<!DOCTYPE html>\n"
    '<html><head><title>Simple Index</title><meta name="api-version" value="2" />'
    '<meta name="pypi:repository-version" content="1.4" />'
)
FULL = ProjectFile(
    filename="demo-1.0-py3-none-any.whl",
    path="demo/1.0/demo-1.0-py3-none-any.whl",
    hashes={"md5": "b" * 32, "sha256": SHA256},
    requires_python=">=3.8,<4",
    yanked='broken "badly" & <more>',
    size=123,
    upload_time=datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
    core_metadata={"sha256": "c" * 64},
    gpg_signature=False,
    provenance="demo/1.0/demo-1.0-py3-none-any.whl.provenance",
)
PLAIN = ProjectFile(filename="demo-0.9.tar.gz", path="demo/0.9/demo-0.9.tar.gz")


def page(*files: ProjectFile) -> ProjectPage:
    return ProjectPage(name=NAME, files=files)


def html(*files: ProjectFile, prefix: str = "../../") -> str:
    return project_html.render_project(page(*files), prefix=prefix).decode()


def test_html() -> None:
    """The whole page: Artifactory's frame, one anchor for each file, attributes escaped."""
    assert html(FULL, PLAIN) == (
        f"{HEAD}</head><body>\n"
        f'<a href="../../demo/1.0/demo-1.0-py3-none-any.whl#sha256={SHA256}" rel="internal" '
        'data-requires-python="&gt;=3.8,&lt;4" '
        f'data-dist-info-metadata="sha256={"c" * 64}" data-core-metadata="sha256={"c" * 64}" '
        'data-yanked="broken &quot;badly&quot; &amp; &lt;more&gt;" data-gpg-sig="false" '
        'data-provenance="../../demo/1.0/demo-1.0-py3-none-any.whl.provenance"'
        ">demo-1.0-py3-none-any.whl</a><br />\n"
        '<a href="../../demo/0.9/demo-0.9.tar.gz" rel="internal">demo-0.9.tar.gz</a><br />\n'
        "</body></html>\n"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"yanked": ""}, 'data-yanked=""'),
        ({"core_metadata": {}}, 'data-core-metadata="true"'),
        ({"core_metadata": {"md5": "x"}}, 'data-dist-info-metadata="md5=x"'),
        ({"gpg_signature": True}, 'data-gpg-sig="true"'),
        ({"hashes": {"md5": "x", "sha512": "y"}}, 'demo.zip#sha512=y"'),
        ({"hashes": {"odd": 'x">'}}, 'demo.zip#odd=x%22%3E"'),
        ({"provenance": "https://p.example/a?b=c&d"}, '"https://p.example/a?b=c&amp;d"'),
        ({"path": "a b/100%/#1/?x/demo.zip"}, 'href="../../a%20b/100%25/%231/%3Fx/demo.zip"'),
        ({"path": "demo-1.0+cu118.zip"}, 'href="../../demo-1.0%2Bcu118.zip"'),
        ({"path": "ü\ud800.zip"}, 'href="../../%C3%BC%3F.zip"'),
        ({"filename": "<script>"}, ">&lt;script&gt;</a>"),
    ],
)
def test_html__details(changes: dict[str, object], expected: str) -> None:
    """PEP 592 and 714 in their details; nothing breaks out of its place."""
    values: dict[str, object] = {"filename": "demo.zip", "path": "demo.zip", **changes}
    assert expected in html(ProjectFile(**values))  # type: ignore[arg-type]


def test_status() -> None:
    """PEP 792: the status of the project stands in both forms."""
    marked = ProjectPage(name=NAME, files=(), status="archived", status_reason='no "time"')
    assert (
        project_html.render_project(marked, prefix="")
        .decode()
        .startswith(
            f'{HEAD}<meta name="pypi:project-status" content="archived" />'
            '<meta name="pypi:project-status-reason" content="no &quot;time&quot;" />'
        )
    )
    data = json.loads(project_json.render_project(marked, prefix=""))
    assert data["project-status"] == {"status": "archived", "reason": 'no "time"'}


def test_html_list() -> None:
    """The list has one anchor for each project and comes in chunks."""
    names = [f"project-{number}" for number in range(2500)]
    chunks = list(project_html.render_projects(iter(names), prefix="/x/"))
    text = b"".join(chunks).decode()
    assert len(chunks) == 5
    assert text.startswith(f"{HEAD}</head><body>\n")
    assert '<a href="/x/project-7" rel="internal">project-7</a><br />\n' in text
    assert text.count("<a ") == 2500
    assert text.endswith("</body></html>\n")


def test_json() -> None:
    """The whole page: PEP 691, with the keys of PEP 700, 714 and 740."""
    body = project_json.render_project(page(FULL, PLAIN), prefix="../../", last_serial=7)
    metadata = {"sha256": "c" * 64}
    assert json.loads(body) == {
        "meta": {"api-version": "1.4", "_last-serial": 7},
        "name": "demo",
        "versions": ["0.9", "1.0"],
        "files": [
            {
                "filename": "demo-1.0-py3-none-any.whl",
                "url": "../../demo/1.0/demo-1.0-py3-none-any.whl",
                "hashes": {"md5": "b" * 32, "sha256": SHA256},
                "requires-python": ">=3.8,<4",
                "size": 123,
                "upload-time": "2024-01-02T03:04:05.123456Z",
                "yanked": 'broken "badly" & <more>',
                "core-metadata": metadata,
                "dist-info-metadata": metadata,
                "gpg-sig": False,
                "provenance": "../../demo/1.0/demo-1.0-py3-none-any.whl.provenance",
            },
            {
                "filename": "demo-0.9.tar.gz",
                "url": "../../demo/0.9/demo-0.9.tar.gz",
                "hashes": {},
                "yanked": False,
                "core-metadata": False,
                "dist-info-metadata": False,
            },
        ],
    }


def test_json__compact() -> None:
    """JSON is UTF-8 without blanks."""
    file = ProjectFile(filename="demo-1.zip", path="x", yanked="naïve \ud800")
    body = project_json.render_project(page(file), prefix="")
    assert b'"yanked":"na\xc3\xafve ?"' in body
    assert b'{"meta":{"api-version":"1.4"},"name":"demo","versions":["1"],"files":[{' in body


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (datetime(2024, 1, 2, tzinfo=UTC), "2024-01-02T00:00:00.000000Z"),
        (datetime(2024, 1, 2), "2024-01-02T00:00:00.000000Z"),  # noqa: DTZ001  # what is tested
        (
            datetime(2024, 1, 2, 1, tzinfo=timezone(timedelta(hours=2))),
            "2024-01-01T23:00:00.000000Z",
        ),
    ],
)
def test_json__upload_time(time: datetime, expected: str) -> None:
    """Times are UTC with microseconds, whatever zone they come in."""
    file = ProjectFile(filename="demo-1.zip", path="x", upload_time=time)
    data = json.loads(project_json.render_project(page(file), prefix=""))
    assert data["files"][0]["upload-time"] == expected


@pytest.mark.parametrize(
    ("yanked", "core_metadata", "expected"),
    [("", {}, (True, True)), (None, None, (False, False)), ("why", {}, ("why", True))],
)
def test_json__yanked_and_metadata(
    yanked: str | None, core_metadata: dict[str, str] | None, expected: tuple[object, object]
) -> None:
    """An empty reason and unknown hashes are true."""
    file = ProjectFile(filename="demo-1.zip", path="x", yanked=yanked, core_metadata=core_metadata)
    found = json.loads(project_json.render_project(page(file), prefix=""))["files"][0]
    assert (found["yanked"], found["core-metadata"]) == expected


def test_json__versions() -> None:
    """Versions are those the page states, else those of the files: each once, in order."""
    names = ["demo-10.tar.gz", "demo-2.0.tar.gz", "demo-2-py3-none-any.whl", "demo-x1.zip", "x.exe"]
    files = tuple(ProjectFile(filename=name, path=name) for name in names)
    data = json.loads(project_json.render_project(page(*files), prefix=""))
    assert data["versions"] == ["2.0", "10"]
    stated = ProjectPage(name=NAME, files=files, versions=("1", "2.0", "10"))
    data = json.loads(project_json.render_project(stated, prefix=""))
    assert data["versions"] == ["1", "2.0", "10"]


@pytest.mark.parametrize("count", [0, 1, 2500])
def test_json_list(count: int) -> None:
    """The list comes in chunks that together are one JSON object."""
    names = [f"project-{number}" for number in range(count)]
    body = b"".join(project_json.render_projects(iter(names), prefix="", last_serial=3))
    assert json.loads(body) == {
        "meta": {"api-version": "1.4", "_last-serial": 3},
        "projects": [{"name": name} for name in names],
    }
