"""The older JSON API answers as the public index does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages import legacy_json
from typing import Any
import json
import pytest


def file(filename: str, yanked: str | None = None) -> ProjectFile:
    return ProjectFile(filename=filename, path=filename, yanked=yanked)


def page(*files: ProjectFile, versions: tuple[str, ...] = ()) -> ProjectPage:
    return ProjectPage(name=NormalizedName("demo"), files=files, versions=versions)


def render(
    shown: ProjectPage, info: Mapping[str, object] | None = None, version: str | None = None
) -> dict[str, Any]:
    body = legacy_json.render(
        shown,
        info=info or {},
        version=version,
        file_url=lambda file: f"https://r.example/{file.path}",
        last_serial=5,
    )
    data: dict[str, Any] = json.loads(body)
    return data


WHEEL = ProjectFile(
    filename="demo-1.0-cp311-cp311-linux_x86_64.whl",
    path="demo/1.0/demo.whl",
    hashes={"md5": "b" * 32, "sha256": "a" * 64, "blake2b_256": "c" * 64},
    requires_python=">=3.8",
    yanked="broken",
    size=123,
    upload_time=datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
    gpg_signature=True,
)


def test_file() -> None:
    """A file has all keys of the public index."""
    assert render(page(WHEEL))["urls"] == [
        {
            "comment_text": "",
            "digests": {"md5": "b" * 32, "sha256": "a" * 64, "blake2b_256": "c" * 64},
            "downloads": -1,
            "filename": "demo-1.0-cp311-cp311-linux_x86_64.whl",
            "has_sig": True,
            "md5_digest": "b" * 32,
            "packagetype": "bdist_wheel",
            "python_version": "cp311",
            "requires_python": ">=3.8",
            "size": 123,
            "upload_time": "2024-01-02T03:04:05",
            "upload_time_iso_8601": "2024-01-02T03:04:05.123456Z",
            "url": "https://r.example/demo/1.0/demo.whl",
            "yanked": True,
            "yanked_reason": "broken",
        }
    ]


@pytest.mark.parametrize(
    ("filename", "kind", "python"),
    [
        ("demo-1.0-1-py2.py3-none-any.whl", "bdist_wheel", "py2.py3"),
        ("demo-1.0.tar.gz", "sdist", "source"),
        ("demo-1.0-py3.8.egg", "bdist_egg", "3.8"),
        ("demo-1.0-py2.7-linux-x86_64.egg", "bdist_egg", "2.7"),
    ],
)
def test_file__kinds(filename: str, kind: str, python: str) -> None:
    """What is not known of a file is null; its kind comes from its name."""
    found = render(page(file(filename)))["urls"][0]
    assert (found["packagetype"], found["python_version"]) == (kind, python)
    assert found["digests"] == {}
    assert found["size"] is found["upload_time"] is found["upload_time_iso_8601"] is None
    assert found["has_sig"] is False


def test_info__defaults() -> None:
    """All usual keys are there, whatever is known."""
    data = render(page(file("demo-1.0.zip")))
    assert set(data) == {"info", "last_serial", "releases", "urls", "vulnerabilities"}
    assert data["last_serial"] == 5
    assert data["vulnerabilities"] == []
    info = data["info"]
    assert (info["name"], info["version"], info["yanked"]) == ("demo", "1.0", False)
    assert info["classifiers"] == []
    assert info["requires_dist"] is info["project_urls"] is info["package_url"] is None
    assert info["summary"] == info["author"] == info["home_page"] == ""


def test_info__given() -> None:
    """What is known is laid over the defaults; only the files tell whether it is yanked."""
    given = {"name": "Demo", "version": "1.0.0", "summary": "S", "yanked": False}
    info = render(page(WHEEL), info=given)["info"]
    assert (info["name"], info["version"], info["summary"]) == ("Demo", "1.0.0", "S")
    assert (info["yanked"], info["yanked_reason"]) == (True, "broken")


def test_releases() -> None:
    """All releases in order, the files of the chosen one, spellings of one version together."""
    shown = page(
        file("demo-2.0.zip"),
        file("demo-1.0.0.zip"),
        file("demo-1.0-py3-none-any.whl"),
        file("demo-2004d.zip"),
        versions=("3.0",),
    )
    data = render(shown, version="1.0")
    assert {number: len(files) for number, files in data["releases"].items()} == {
        "2004d": 1,
        "1.0.0": 2,
        "2.0": 1,
        "3.0": 0,
    }
    assert [found["filename"] for found in data["urls"]] == [
        "demo-1.0.0.zip",
        "demo-1.0-py3-none-any.whl",
    ]
    assert data["info"]["version"] == "1.0"
    assert render(shown)["info"]["version"] == "2.0"
    assert render(shown, version="9")["urls"] == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], None),
        ([file("demo-1.9.zip"), file("demo-1.10.zip")], "1.10"),
        ([file("demo-1.0.zip"), file("demo-2.0rc1.zip"), file("demo-3.0.dev1.zip")], "1.0"),
        ([file("demo-1.0.zip"), file("demo-2.0.zip", "bad")], "1.0"),
        ([file("demo-2.0.zip", "bad"), file("demo-2.0.tar.gz")], "2.0"),
        ([file("demo-1.0.zip", ""), file("demo-2.0rc1.zip")], "2.0rc1"),
        ([file("demo-1.0.zip", "bad"), file("demo-2.0.zip", "bad")], "2.0"),
        ([file("demo-2004d.zip")], "2004d"),
        ([file("demo-2004d.zip"), file("demo-0.1a1.zip")], "0.1a1"),
    ],
)
def test_latest_version(files: list[ProjectFile], expected: str | None) -> None:
    """The newest final release wins, then pre-releases, then what is yanked or no version."""
    assert legacy_json.latest_version(page(*files)) == expected


def test_latest_version__without_files() -> None:
    """A version that has no file is the last choice."""
    assert legacy_json.latest_version(page(file("demo-1.0.zip"), versions=("2.0",))) == "1.0"
    assert legacy_json.latest_version(page(versions=("2.0",))) == "2.0"


def test_info_from_fields__little() -> None:
    """What is not known is left out."""
    assert legacy_json.info_from_fields({"name": "demo", "project_urls": ("broken",)}) == {
        "name": "demo"
    }


def test_info_from_fields() -> None:
    """Metadata under the names of the upload form becomes info."""
    fields = {
        "name": "Demo",
        "version": "1.0",
        "summary": "S",
        "keywords": "a, b",
        "home_page": "https://home.example/",
        "download_url": "https://download.example/",
        "project_urls": (
            "Docs, https://docs.example/a,b",
            "broken",
            "Homepage, https://h.example/",
        ),
        "classifiers": ["A", "B"],
        "requires_dist": ("attrs",),
        "requires_python": ">=3.8",
        "provides_extras": ("fast",),
        "license_file": ("LICENSE",),
        "platform": ("any", "linux"),
        "author": "",
        "odd": "x",
    }
    assert legacy_json.info_from_fields(fields) == {
        "name": "Demo",
        "version": "1.0",
        "summary": "S",
        "keywords": "a, b",
        "home_page": "https://home.example/",
        "download_url": "https://download.example/",
        "project_urls": {
            "Docs": "https://docs.example/a,b",
            "Homepage": "https://h.example/",
            "Download": "https://download.example/",
        },
        "classifiers": ["A", "B"],
        "requires_dist": ["attrs"],
        "requires_python": ">=3.8",
        "provides_extra": ["fast"],
        "license_files": ["LICENSE"],
        "platform": "any, linux",
    }
