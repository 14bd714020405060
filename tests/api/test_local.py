"""Local repositories: what was uploaded is resolved, at once and exactly."""

from __future__ import annotations

from bs4 import BeautifulSoup
from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.archives import make_sdist
from support.archives import metadata_of
from urllib.parse import urljoin
import gzip
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def wheel(artifactory: Artifactory) -> bytes:
    artifactory.create("l", "local")
    return artifactory.upload_wheel("l", "Demo-Pkg", "1.0", requires_python=">=3.8,<4")


@pytest.mark.parametrize("url", ["api/pypi/l/simple/demo-pkg/", "pypi/l/simple/demo-pkg/"])
def test_html_page_is_artifactorys(artifactory: Artifactory, wheel: bytes, url: str) -> None:
    answer = artifactory.get(url)

    assert answer.status_code == 200
    assert answer.content_type == "text/html"
    assert answer.text.startswith("<!DOCTYPE html>")
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.title.text == "Simple Index"
    (link,) = page.find_all("a")
    digest = sha256(wheel).hexdigest()
    assert link["href"] == f"../../Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl#sha256={digest}"
    assert link["rel"] == ["internal"]
    assert link["data-requires-python"] == ">=3.8,<4"
    metadata = f"sha256={sha256(metadata_of(wheel)).hexdigest()}"
    assert link["data-core-metadata"] == link["data-dist-info-metadata"] == metadata


def test_json_page(artifactory: Artifactory, wheel: bytes) -> None:
    """PEP 691 with PEP 700's fields and PEP 714's names."""
    answer = artifactory.get("api/pypi/l/simple/demo-pkg/", headers=JSON)

    assert answer.content_type == JSON["Accept"]
    page = answer.json
    assert page["name"] == "demo-pkg"
    assert page["versions"] == ["1.0"]
    (file,) = page["files"]
    assert file["filename"] == "Demo_Pkg-1.0-py3-none-any.whl"
    assert file["hashes"] == {"sha256": sha256(wheel).hexdigest()}
    assert file["size"] == len(wheel)
    assert file["upload-time"].endswith("Z")
    assert file["requires-python"] == ">=3.8,<4"
    assert file["yanked"] is False
    assert file["core-metadata"] == {"sha256": sha256(metadata_of(wheel)).hexdigest()}


@pytest.mark.parametrize("spelling", ["demo-pkg", "Demo_Pkg", "DEMO.PKG", "demo--pkg"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("accept", [{}, JSON])
def test_links_hold_for_every_spelling_of_the_url(
    artifactory: Artifactory, wheel: bytes, spelling: str, slash: str, accept: dict[str, str]
) -> None:
    url = f"/artifactory/api/pypi/l/simple/{spelling}{slash}"
    answer = artifactory.get(url, headers=accept)
    assert answer.status_code == 200
    link = (
        answer.json["files"][0]["url"]
        if accept
        else BeautifulSoup(answer.text, "html.parser").a["href"].partition("#")[0]
    )

    assert artifactory.get(urljoin(url, link)).body == wheel


def test_list_of_projects(artifactory: Artifactory, wheel: bytes) -> None:
    artifactory.upload_wheel("l", "other", "1")

    with_slash = BeautifulSoup(artifactory.get("api/pypi/l/simple/").text, "html.parser")
    without = BeautifulSoup(artifactory.get("api/pypi/l/simple").text, "html.parser")
    listed = artifactory.get("api/pypi/l/simple/", headers=JSON).json

    assert [(a.text, a["href"]) for a in with_slash.find_all("a")] == [
        ("demo-pkg", "demo-pkg"),
        ("other", "other"),
    ]
    assert [a["href"] for a in without.find_all("a")] == ["simple/demo-pkg", "simple/other"]
    assert [project["name"] for project in listed["projects"]] == ["demo-pkg", "other"]


def test_unchanged_page_is_304(artifactory: Artifactory, wheel: bytes) -> None:
    first = artifactory.get("api/pypi/l/simple/demo-pkg/")

    again = artifactory.get(
        "api/pypi/l/simple/demo-pkg/", headers={"If-None-Match": first.headers["ETag"]}
    )
    artifactory.upload_wheel("l", "demo-pkg", "2.0")
    changed = artifactory.get(
        "api/pypi/l/simple/demo-pkg/", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert again.status_code == 304
    assert again.body == b""
    assert changed.status_code == 200


def test_pages_are_compressed_for_those_who_can(artifactory: Artifactory, wheel: bytes) -> None:
    artifactory.upload_wheel("l", "demo-pkg", "2.0")
    url = "api/pypi/l/simple/demo-pkg/"
    plain = artifactory.get(url)
    headers, packed = artifactory.get_packed(url)

    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain.body
    assert headers["ETag"] != plain.headers["ETag"]
    assert set(headers["Vary"].split(", ")) == {"Accept", "Accept-Encoding"}


def test_file_is_served_with_its_checksums(artifactory: Artifactory, wheel: bytes) -> None:
    path = "l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl"

    for url in (path, f"api/pypi/{path}", f"pypi/{path}"):
        answer = artifactory.get(url)
        assert answer.status_code == 200
        assert answer.body == wheel
        assert answer.headers["X-Checksum-Md5"] == md5(wheel).hexdigest()
        assert answer.headers["X-Checksum-Sha1"] == sha1(wheel).hexdigest()
        assert answer.headers["X-Checksum-Sha256"] == sha256(wheel).hexdigest()
        assert answer.headers["Content-Length"] == str(len(wheel))
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "Last-Modified" in answer.headers
        assert "public" in answer.headers["Cache-Control"]
        head = artifactory.head(url)
        assert head.body == b""
        assert head.headers["Content-Length"] == str(len(wheel))
        assert head.headers["X-Checksum-Sha256"] == sha256(wheel).hexdigest()


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [("0-9", 0, 10), ("5-", 5, None), ("-10", -10, None), ("3-3", 3, 4), ("0-999999999", 0, None)],
)
def test_ranges(
    artifactory: Artifactory, wheel: bytes, wanted: str, start: int, stop: int | None
) -> None:
    answer = artifactory.get(
        "l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl", headers={"Range": f"bytes={wanted}"}
    )

    assert answer.status_code == 206
    assert answer.body == wheel[start:stop]
    assert answer.headers["Content-Length"] == str(len(wheel[start:stop]))
    assert answer.headers["Content-Range"].endswith(f"/{len(wheel)}")


@pytest.mark.parametrize("wanted", ["-999999999", "nonsense", "0-1,4-5", ""])
def test_ranges_that_mean_the_whole_file(
    artifactory: Artifactory, wheel: bytes, wanted: str
) -> None:
    """RFC 9110: a suffix longer than the file is the file; what is not understood is ignored."""
    answer = artifactory.get(
        "l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl", headers={"Range": f"bytes={wanted}"}
    )

    assert answer.status_code == 200
    assert answer.body == wheel


def test_range_behind_the_end_is_416(artifactory: Artifactory, wheel: bytes) -> None:
    answer = artifactory.get(
        "l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl", headers={"Range": "bytes=99999999-"}
    )

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(wheel)}"


def test_conditional_requests_of_a_file(artifactory: Artifactory, wheel: bytes) -> None:
    url = "l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl"
    first = artifactory.get(url)

    by_etag = artifactory.get(url, headers={"If-None-Match": first.headers["ETag"]})
    by_date = artifactory.get(url, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    old_part = artifactory.get(url, headers={"Range": "bytes=0-3", "If-Range": '"other"'})

    assert by_etag.status_code == 304
    assert by_date.status_code == 304
    assert (old_part.status_code, old_part.body) == (200, wheel)


def test_metadata_file_has_the_advertised_hash(artifactory: Artifactory, wheel: bytes) -> None:
    """PEP 658: the hash is that of the metadata's bytes, not of the wheel."""
    answer = artifactory.get("api/pypi/l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl.metadata")

    assert answer.status_code == 200
    assert answer.body == metadata_of(wheel)
    assert answer.headers["X-Checksum-Sha256"] == sha256(metadata_of(wheel)).hexdigest()


def test_sdist_has_no_metadata_file(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")
    artifactory.upload("l", "demo-1.0.tar.gz", make_sdist("demo", "1.0"))

    (file,) = artifactory.get("api/pypi/l/simple/demo/", headers=JSON).json["files"]

    assert file["core-metadata"] is False
    assert artifactory.get("l/demo/1.0/demo-1.0.tar.gz.metadata").status_code == 404


def test_files_are_ordered_by_version(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")
    for version in ("1.10", "1.9", "2.0rc1", "1.0"):
        artifactory.upload_wheel("l", "demo", version)

    page = artifactory.get("api/pypi/l/simple/demo/", headers=JSON).json

    assert page["versions"] == ["1.0", "1.9", "1.10", "2.0rc1"]
    assert [file["filename"].split("-")[1] for file in page["files"]] == page["versions"]


def test_warehouse_json(artifactory: Artifactory) -> None:
    """``/pypi/<project>/json`` with releases and upload times."""
    artifactory.create("l", "local")
    artifactory.upload_wheel("l", "demo", "1.0")
    wheel = artifactory.upload_wheel("l", "demo", "2.0", summary="Second")

    newest = artifactory.get("api/pypi/l/pypi/Demo/json").json
    oldest = artifactory.get("api/pypi/l/pypi/demo/1.0/json").json

    assert newest["info"]["name"] == "demo"
    assert newest["info"]["version"] == "2.0"
    assert set(newest["releases"]) == {"1.0", "2.0"}
    (file,) = newest["urls"]
    assert file["digests"]["sha256"] == sha256(wheel).hexdigest()
    assert file["upload_time_iso_8601"].endswith("Z")
    assert artifactory.get(file["url"].removeprefix("http://localhost")).body == wheel
    assert oldest["info"]["version"] == "1.0"
    assert artifactory.get("api/pypi/l/pypi/demo/3.0/json").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "api/pypi/l/simple/nope/",
        "api/pypi/l/simple/nope",
        "api/pypi/l/pypi/nope/json",
        "api/pypi/l/nope/1.0/nope-1.0.tar.gz",
        "l/Demo-Pkg/2.0/Demo_Pkg-1.0-py3-none-any.whl",
        "l/other/1.0/Demo_Pkg-1.0-py3-none-any.whl",
        "l/nope",
        "nope/a/b",
        "api/pypi/nope/simple/demo/",
        "api/pypi/nope/simple/",
        "api/nope",
        "",
        "api/pypi/l",
        "api/pypi/l/simple/%C3%BC/",
        "api/pypi/l/simple/" + "x" * 1000,
    ],
)
def test_what_does_not_exist_is_404(artifactory: Artifactory, wheel: bytes, path: str) -> None:
    answer = artifactory.get(path)

    assert answer.status_code == 404
    assert errors_of(answer)


@pytest.mark.parametrize(
    "path",
    [
        "l/Demo-Pkg/../../etc/passwd",
        "l/a/%2e%2e/b",
        "l/a//b",
        "l/a/%00",
        "l/a%0d%0aX-Evil: 1",
        "l/%ff%fe",
        "l/a\\b",
        "l/" + "x/" * 800,
        "api/pypi/l/simple/%ff/",
        "x" * 5000,
    ],
)
def test_hostile_paths_are_refused(artifactory: Artifactory, wheel: bytes, path: str) -> None:
    answer = artifactory.get(path.replace(" ", "%20").replace("\\", "%5c"))

    assert answer.status_code in {400, 404}
    assert errors_of(answer)


def test_forgotten_simple_is_explained(artifactory: Artifactory, wheel: bytes) -> None:
    answer = artifactory.get("api/pypi/l/")

    assert answer.status_code == 404
    assert "/artifactory/api/pypi/l/simple" in answer.text


def test_everything_answers_head(artifactory: Artifactory, wheel: bytes) -> None:
    for url in (
        "api/pypi/l/simple",
        "api/pypi/l/simple/demo-pkg/",
        "api/pypi/l/pypi/demo-pkg/json",
        "api/repositories",
        "api/system/ping",
        "l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl.metadata",
    ):
        answer = artifactory.head(url)
        assert answer.status_code == 200, url
        assert answer.body == b""


def test_urls_behind_an_outside_url_with_a_path(artifactory: Artifactory, wheel: bytes) -> None:
    """``--outside-url`` and the header that stands for it."""
    environ = {"HTTP_X_OUTSIDE_URL": "https://packages.example/base"}
    page_url = "/base/artifactory/api/pypi/l/simple/demo-pkg/"

    page = artifactory.get(page_url, environ=environ, headers=JSON).json
    described = artifactory.get(
        "/base/artifactory/api/pypi/l/pypi/demo-pkg/json", environ=environ
    ).json
    listed = artifactory.get("/base/artifactory/api/repositories", environ=environ).json

    link = urljoin(page_url, page["files"][0]["url"])
    assert artifactory.get(link, environ=environ).body == wheel
    absolute = described["urls"][0]["url"]
    assert absolute == f"https://packages.example{link}"
    assert listed[0]["url"] == "https://packages.example/base/artifactory/l"


def test_private_repository_is_closed_everywhere(artifactory: Artifactory, wheel: bytes) -> None:
    """``acl_read`` closes Artifactory's URLs and devpi's own alike."""
    reader = artifactory.create_user("reader")
    other = artifactory.create_user("other")
    assert artifactory.patch_index("repo/l", "acl_read=reader").status_code == 200

    for url in (
        "/artifactory/api/pypi/l/simple/",
        "/artifactory/api/pypi/l/simple/demo-pkg/",
        "/artifactory/api/pypi/l/pypi/demo-pkg/json",
        "/artifactory/l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl",
        "/artifactory/l/Demo-Pkg/1.0/Demo_Pkg-1.0-py3-none-any.whl.metadata",
        "/artifactory/api/repositories/l",
        "/repo/l/+simple/",
        "/repo/l/+simple/demo-pkg/",
        "/repo/l",
    ):
        headers = {"Accept": "application/json"} if url == "/repo/l" else {}
        anonymous = artifactory.get(url, headers=headers)
        assert anonymous.status_code == 401, url
        assert anonymous.headers["WWW-Authenticate"].startswith("Basic"), url
        assert artifactory.get(url, user=other, headers=headers).status_code == 403, url
        assert artifactory.get(url, user=reader, headers=headers).status_code == 200, url
        assert artifactory.get(url, user=ADMIN, headers=headers).status_code == 200, url
    assert artifactory.get("api/repositories").json == []
    assert artifactory.get("api/repositories", user=reader).json != []
