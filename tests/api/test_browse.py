"""Folders as pages for browsers, and the property filter on reads."""

from __future__ import annotations

from bs4 import BeautifulSoup
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from urllib.parse import quote
from urllib.parse import urljoin
from webtest import TestResponse
import pytest


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
PATH = f"demo/1.0/{NAME}"


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    artifactory.upload("l", NAME, WHEEL)
    return artifactory


def put(app: Artifactory, path: str, body: bytes = b"x") -> None:
    answer = app.request("PUT", path, user=ADMIN, body=body, environ=as_sent(path))
    assert answer.status_code == 201, answer.text


def as_sent(path: str) -> dict[str, str]:
    """What a web server tells of the URL: which separators were encoded."""
    return {"REQUEST_URI": f"/artifactory/{path}"}


def page(app: Artifactory, path: str) -> TestResponse:
    answer = app.get(path, environ=as_sent(path))
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/html"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer


def links(app: Artifactory, path: str) -> dict[str, str]:
    """The names on a page and the URLs that they lead to."""
    soup = BeautifulSoup(page(app, path).text, "html.parser")
    base = f"http://localhost/artifactory/{path}"
    return {a.text: urljoin(base, str(a["href"])) for a in soup.find_all("a")}


@pytest.mark.parametrize("slash", ["", "/"])
def test_links_of_a_folder_hold_with_and_without_a_slash(local: Artifactory, slash: str) -> None:
    base = "http://localhost/artifactory/l"

    assert links(local, f"l{slash}") == {"demo/": f"{base}/demo/"}
    assert links(local, f"l/demo{slash}") == {
        "../": f"{base}/",
        "1.0/": f"{base}/demo/1.0/",
    }
    assert links(local, f"l/demo/1.0{slash}") == {
        "../": f"{base}/demo/",
        NAME: f"{base}/demo/1.0/{NAME}",
    }


def test_page_shows_name_date_and_size(local: Artifactory) -> None:
    put(local, "l/d/big.bin", b"x" * 1536)
    put(local, "l/d/sub/", b"")
    soup = BeautifulSoup(page(local, "l/d/").text, "html.parser")

    assert soup.title is not None
    assert soup.title.text == "Index of l/d"
    lines = soup.pre.text.splitlines() if soup.pre is not None else []
    (big,) = [line for line in lines if line.startswith("big.bin")]
    (sub,) = [line for line in lines if line.startswith("sub/")]
    assert big.endswith(" 1.50 KB")
    assert sub.endswith(" -")
    assert big.split()[1].count("-") == 2


def test_links_lead_to_files(local: Artifactory) -> None:
    url = links(local, "l/demo/1.0")[NAME]

    assert local.get(url.removeprefix("http://localhost")).body == WHEEL


HOSTILE = [
    "<script>alert(1)</script>.txt",
    '"onclick="x.txt',
    "javascript:alert(1)",
    "a&amp;b 100%.txt",
    "ü🐍.txt",
    "q?x#y;k=v",
    "'",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_nothing_else(local: Artifactory, name: str) -> None:
    folder, file = f"{name.replace('/', '_')}-d", name.replace("/", "_")
    put(local, f"l/x/{quote(folder)}/{quote(file)}", b"body")

    for slash in ("", "/"):
        shown = links(local, f"l/x{slash}")
        assert set(shown) == {"../", f"{folder}/"}
        inner = shown[f"{folder}/"].removeprefix("http://localhost/artifactory/")
        assert set(links(local, inner)) == {"../", file}
        target = links(local, inner)[file]
        assert target.startswith("http://localhost/artifactory/l/x/")
        target = target.removeprefix("http://localhost/artifactory/")
        assert local.get(target, environ=as_sent(target)).body == b"body"
        soup = BeautifulSoup(page(local, inner).text, "html.parser")
        assert not soup.find_all(["script", "img", "link", "style"])
        assert not [a for a in soup.find_all("a") if set(a.attrs) != {"href"}]


def test_file_and_folder_do_not_collide(local: Artifactory) -> None:
    for slash in ("", "/"):
        assert local.get(f"l/{PATH}{slash}").body == WHEEL
    assert local.get("l/nope/").status_code == 404
    errors_of(local.get("l/nope"))


def test_folders_of_caches_and_virtuals(artifactory: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("demo", {NAME: WHEEL})
    artifactory.create("l")
    put(artifactory, "l/packages/own.txt")
    artifactory.create_remote("r", upstream.url)
    artifactory.create("v", "virtual", repositories=["l", "r"])
    project = artifactory.get(
        "api/pypi/r/simple/demo/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    ).json
    path = project["files"][0]["url"].split("#")[0].removeprefix("../../")
    artifactory.get(f"r/{path}")
    folder, _, name = path.rpartition("/")

    for key in ("r", "r-cache", "v"):
        assert name in links(artifactory, f"{key}/{folder}/")
    assert "own.txt" in links(artifactory, "v/packages")


def test_repository_named_like_the_short_prefix(artifactory: Artifactory) -> None:
    artifactory.create("pypi")
    artifactory.upload("pypi", NAME, WHEEL)

    assert set(links(artifactory, "pypi")) == {"demo/"}
    assert set(links(artifactory, "pypi/demo/1.0/")) == {"../", NAME}
    assert links(artifactory, "pypi/demo/1.0/")[NAME].endswith(f"/artifactory/pypi/{PATH}")


def test_folder_needs_the_right_to_read(local: Artifactory) -> None:
    stranger = local.create_user("stranger")
    local.patch_index("repo/l", "acl_read=root")

    for path in ("l", "l/", "l/demo", "l/demo/"):
        assert local.get(path).status_code == 401
        assert local.get(path, user=stranger).status_code == 403
        assert local.get(path, user=ADMIN).status_code == 200
    assert local.get("nope/").status_code == 404


def test_head_of_a_folder_has_no_body(local: Artifactory) -> None:
    answer = local.head("l/demo/")

    assert answer.status_code == 200
    assert answer.body == b""


def test_empty_repository_has_a_page(artifactory: Artifactory) -> None:
    artifactory.create("l")
    artifactory.create("v", "virtual", repositories=[])

    assert links(artifactory, "l/") == links(artifactory, "v/") == {}


# matrix parameters on reads


@pytest.fixture
def tagged(local: Artifactory) -> Artifactory:
    """The wheel has ``status=dev,ci`` and ``a b=x,y;z`` (a blank and separators in it)."""
    url = f"api/storage/l/{PATH}?properties=status=dev,ci;team=x%5C,y%3Bz"
    assert local.request("PUT", url, user=ADMIN).status_code == 204
    local.create("v", "virtual", repositories=["l"])
    return local


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        (";status=dev", 200),
        (";status=ci", 200),
        (";status=ci,dev", 200),
        (";status=dev;status=ci", 200),
        (";status=prod", 404),
        (";status=dev,prod", 404),
        (";status=dev;other=1", 200),
        (";status=dev;other+=1", 404),
        (";other%2B=1", 404),
        (";status", 200),
        (";status=", 200),
        (";other", 404),
        (";status+=dev", 200),
        (";status+=prod", 404),
        (";team=x%5C,y%3Bz", 200),
        (";team=x%2Cy%3Bz", 200),
        (";pypi.version=1.0", 200),
        (";", 200),
    ],
)
def test_file_is_found_by_its_properties(tagged: Artifactory, parameters: str, status: int) -> None:
    for path in (f"l{parameters}/{PATH}", f"l/{PATH}{parameters}", f"v{parameters}/{PATH}"):
        for method in ("GET", "HEAD"):
            answer = tagged.request(method, path, environ=as_sent(path))
            assert answer.status_code == status, path
            if method == "GET" and status == 200:
                assert answer.body == WHEEL
            elif method == "GET":
                errors_of(answer)


def test_what_lies_beside_a_file_is_found_by_its_properties(tagged: Artifactory) -> None:
    assert tagged.get(f"l;status=dev/{PATH}.metadata").status_code == 200
    assert tagged.get(f"l;status=prod/{PATH}.metadata").status_code == 404


def test_impossible_properties_are_refused(tagged: Artifactory) -> None:
    assert tagged.get(f"l;a*b=1/{PATH}").status_code == 400
    assert tagged.get(f"l;k={'v' * 3000}/{PATH}").status_code == 400


def test_filter_never_asks_an_upstream(artifactory: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("demo", {NAME: WHEEL})
    artifactory.create_remote("r", upstream.url)
    project = artifactory.get(
        "api/pypi/r/simple/demo/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    ).json
    path = project["files"][0]["url"].split("#")[0].removeprefix("../../")

    assert artifactory.get(f"r;pypi.version=1.0/{path}").status_code == 404
    assert artifactory.get(f"r/{path}").status_code == 200
    assert artifactory.get(f"r;pypi.version=1.0/{path}").status_code == 200
    assert artifactory.get(f"r;pypi.version=2.0/{path}").status_code == 404
