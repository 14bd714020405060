"""Remote repositories: fetched on demand, kept, served again when the upstream is gone."""

from __future__ import annotations

from hashlib import sha256
from support.app import Artifactory
from support.app import errors_of
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import metadata_of
from support.archives import wheel_filename
from support.upstream import Upstream
from urllib.parse import urljoin
import json
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
PAGE = "/artifactory/api/pypi/r/simple/demo/"
WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")


@pytest.fixture
def remote(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    artifactory.create_remote("r", upstream.url)
    upstream.put_project("demo", {NAME: WHEEL}, etag='"one"')
    return artifactory


def only_file(artifactory: Artifactory) -> dict[str, object]:
    (file,) = artifactory.get(PAGE, headers=JSON).json["files"]
    return dict(file)


def test_page_carries_what_the_upstream_says(remote: Artifactory, upstream: Upstream) -> None:
    upstream.put_project(
        "demo",
        {NAME: WHEEL},
        details={"requires-python": ">=3.9", "yanked": "broken", "gpg-sig": False},
    )

    file = only_file(remote)

    assert file["filename"] == NAME
    assert file["hashes"] == {"sha256": sha256(WHEEL).hexdigest()}
    assert file["size"] == len(WHEEL)
    assert file["upload-time"] == "2024-05-06T07:08:09.123456Z"
    assert file["requires-python"] == ">=3.9"
    assert file["yanked"] == "broken"
    assert str(file["url"]).startswith("../../packages/files/packages/")


def test_file_is_fetched_once_and_served_from_the_cache(
    remote: Artifactory, upstream: Upstream
) -> None:
    url = urljoin(PAGE, str(only_file(remote)["url"]))

    first = remote.get(url)
    second = remote.get(url)

    assert first.body == second.body == WHEEL
    assert sum(path.endswith(".whl") for path in upstream.paths) == 1
    assert second.headers["X-Checksum-Sha256"] == sha256(WHEEL).hexdigest()
    assert "X-Checksum-Md5" in second.headers
    assert "X-Checksum-Sha1" in second.headers


def test_one_project_does_not_wait_for_the_list_of_all(
    remote: Artifactory, upstream: Upstream
) -> None:
    remote.get(PAGE)

    assert upstream.paths == ["/simple/demo/"]


def test_everything_is_served_again_when_the_upstream_is_gone(
    remote: Artifactory, upstream: Upstream
) -> None:
    page = remote.get(PAGE, headers=JSON)
    url = urljoin(PAGE, page.json["files"][0]["url"])
    remote.get(url)
    remote.request(
        "POST",
        "api/repositories/r",
        user=("root", ""),
        body={"retrievalCachePeriodSecs": 0},
    )
    upstream.close()

    again = remote.get(PAGE, headers=JSON)

    assert again.json == page.json | {"files": again.json["files"]}
    assert remote.get(url).body == WHEEL


def test_upstream_that_fails_is_a_bad_gateway(remote: Artifactory, upstream: Upstream) -> None:
    upstream.failing = 500

    answer = remote.get(PAGE)

    assert answer.status_code == 502
    assert errors_of(answer)


def test_unknown_project_is_404_and_remembered(remote: Artifactory, upstream: Upstream) -> None:
    for _ in range(2):
        assert remote.get("api/pypi/r/simple/nope/").status_code == 404

    assert upstream.paths.count("/simple/nope/") == 1


def test_page_is_revalidated_by_etag(remote: Artifactory, upstream: Upstream) -> None:
    remote.request(
        "POST",
        "api/repositories/r",
        user=("root", ""),
        body={"retrievalCachePeriodSecs": 0},
    )
    before = remote.get(PAGE)

    after = remote.get(PAGE)

    assert after.body == before.body
    assert [asked.headers.get("If-None-Match") for asked in upstream.asked] == [None, '"one"']


def test_wheel_without_metadata_upstream_has_metadata_here(
    remote: Artifactory, upstream: Upstream
) -> None:
    """PEP 658 for every wheel; once it was read its hash is advertised."""
    file = only_file(remote)
    assert file["core-metadata"] is True

    answer = remote.get(urljoin(PAGE, f"{file['url']}.metadata"))

    assert answer.body == metadata_of(WHEEL)
    digest = sha256(metadata_of(WHEEL)).hexdigest()
    assert only_file(remote)["core-metadata"] == {"sha256": digest}


def test_metadata_of_the_upstream_is_used(remote: Artifactory, upstream: Upstream) -> None:
    metadata = metadata_of(WHEEL)
    digest = sha256(metadata).hexdigest()
    upstream.put_project("demo", {NAME: WHEEL}, details={"core-metadata": {"sha256": digest}})
    file = only_file(remote)
    path = next(path for path in upstream.answers if path.endswith(".whl"))
    upstream.put(f"{path}.metadata", metadata)

    answer = remote.get(urljoin(PAGE, f"{file['url']}.metadata"))

    assert file["core-metadata"] == {"sha256": digest}
    assert answer.body == metadata
    assert not any(path.endswith(".whl") for path in upstream.paths)


def test_head_of_a_file_that_is_not_cached_knows_its_length(
    remote: Artifactory, upstream: Upstream
) -> None:
    url = urljoin(PAGE, str(only_file(remote)["url"]))

    answer = remote.head(url)

    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(len(WHEEL))


def test_range_of_a_file_that_is_not_cached(remote: Artifactory, upstream: Upstream) -> None:
    url = urljoin(PAGE, str(only_file(remote)["url"]))

    answer = remote.get(url, headers={"Range": "bytes=-10"})

    assert answer.status_code == 206
    assert answer.body == WHEEL[-10:]


def test_file_with_a_wrong_hash_is_not_passed_on(remote: Artifactory, upstream: Upstream) -> None:
    url = urljoin(PAGE, str(only_file(remote)["url"]))
    path = next(path for path in upstream.answers if path.endswith(".whl"))
    upstream.put(path, b"evil" + WHEEL)

    answer = remote.get(url)

    assert answer.status_code == 502
    assert "sha256" in errors_of(answer)[0]["message"]
    upstream.put(path, WHEEL)
    assert remote.get(url).body == WHEEL


def test_truncated_file_is_not_kept(remote: Artifactory, upstream: Upstream) -> None:
    url = urljoin(PAGE, str(only_file(remote)["url"]))
    path = next(path for path in upstream.answers if path.endswith(".whl"))
    upstream.put(path, WHEEL[:50], length=len(WHEEL))

    assert remote.get(url).status_code == 502
    upstream.put(path, WHEEL)
    assert remote.get(url).body == WHEEL


def test_html_upstream_with_relative_links(artifactory: Artifactory, upstream: Upstream) -> None:
    artifactory.create_remote("r", upstream.url)
    sdist = make_sdist("demo", "1.0")
    upstream.put("/files/demo-1.0.tar.gz", sdist, "application/gzip")
    upstream.put(
        "/simple/demo/",
        f'<a href="../../files/demo-1.0.tar.gz#sha256={sha256(sdist).hexdigest()}" '
        'data-requires-python="&gt;=3.6" data-yanked="">demo-1.0.tar.gz</a>',
    )

    file = only_file(artifactory)

    assert file["requires-python"] == ">=3.6"
    assert file["yanked"] is True
    assert artifactory.get(urljoin(PAGE, str(file["url"]))).body == sdist


def test_link_without_a_hash(artifactory: Artifactory, upstream: Upstream) -> None:
    """Once the file is here its hash is known and shown."""
    artifactory.create_remote("r", upstream.url)
    sdist = make_sdist("demo", "1.0")
    upstream.put("/simple/demo/demo-1.0.tar.gz", sdist, "application/gzip")
    upstream.put("/simple/demo/", '<a href="demo-1.0.tar.gz">demo-1.0.tar.gz</a>')
    file = only_file(artifactory)
    assert file["hashes"] == {}

    assert artifactory.get(urljoin(PAGE, str(file["url"]))).body == sdist

    assert only_file(artifactory)["hashes"] == {"sha256": sha256(sdist).hexdigest()}


def test_link_of_an_old_lock_file_resolves(remote: Artifactory, upstream: Upstream) -> None:
    """Artifactory fetches ``<url>/<path>``; the page need not show the file any more."""
    old = make_sdist("demo", "0.1")
    upstream.put("/files/packages/aa/bb/cc/demo-0.1.tar.gz", old, "application/gzip")

    answer = remote.get("api/pypi/r/packages/packages/aa/bb/cc/demo-0.1.tar.gz")

    assert answer.status_code == 200
    assert answer.body == old


def test_cache_shows_only_what_is_kept(remote: Artifactory, upstream: Upstream) -> None:
    url = urljoin(PAGE, str(only_file(remote)["url"]))
    path = url.removeprefix("/artifactory/api/pypi/r/")

    before = remote.get(f"r-cache/{path}")
    remote.get(url)
    after = remote.get(f"r-cache/{path}")

    assert before.status_code == 404
    assert after.body == WHEEL
    assert remote.get(f"r/{path}").body == WHEEL


def test_credentials_in_page_urls_are_not_stored(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    artifactory.create(
        "r",
        "remote",
        url=upstream.url,
        pyPIRegistryUrl=upstream.url,
        username="me",
        password="hunter2",
    )
    upstream.put_project("demo", {NAME: WHEEL})

    remote_file = only_file(artifactory)

    assert upstream.asked[0].headers["Authorization"].startswith("Basic ")
    assert remote_file["filename"] == NAME


def test_warehouse_json_of_a_remote(remote: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("demo", {NAME: WHEEL}, details={"core-metadata": True})
    path = next(path for path in upstream.answers if path.endswith(".whl"))
    upstream.put(f"{path}.metadata", metadata_of(WHEEL))

    answer = remote.get("api/pypi/r/pypi/demo/json").json

    assert answer["info"]["version"] == "1.0"
    assert answer["info"]["summary"] == "A package for tests"
    assert answer["releases"]["1.0"][0]["upload_time_iso_8601"].startswith("2024-05-06T07:08:09")


def test_warehouse_json_asks_the_upstream_when_no_metadata_is_here(
    remote: Artifactory, upstream: Upstream
) -> None:
    info = {"summary": "As the upstream says", "project_urls": {"Docs": "http://docs.example"}}
    upstream.put("/pypi/demo/1.0/json", json.dumps({"info": info}), "application/json")

    answer = remote.get("api/pypi/r/pypi/demo/json").json

    assert answer["info"]["summary"] == "As the upstream says"
    assert answer["info"]["project_urls"] == {"Docs": "http://docs.example"}
    assert not any(path.endswith(".whl") for path in upstream.paths)


def test_what_the_upstream_says_of_a_project_is_carried_on(
    remote: Artifactory, upstream: Upstream
) -> None:
    """Provenance (PEP 740), project status (PEP 792), alternate locations and tracks (PEP 708)."""
    upstream.put_project("demo", {NAME: WHEEL}, details={"provenance": f"{upstream.url}/p/demo"})
    upstream.put("/p/demo", b'{"version": 1}', "application/json")
    page = json.loads(upstream.answers["/simple/demo/"].body)
    page["project-status"] = {"status": "archived", "reason": "moved"}
    page["alternate-locations"] = ["https://other.example/simple/demo/"]
    page["meta"]["tracks"] = ["https://tracked.example/simple/demo/"]
    upstream.put("/simple/demo/", json.dumps(page), "application/vnd.pypi.simple.v1+json")

    shown = remote.get(PAGE, headers=JSON).json
    html = remote.get(PAGE).text

    assert shown["project-status"] == page["project-status"]
    assert shown["alternate-locations"] == page["alternate-locations"]
    assert shown["meta"]["tracks"] == page["meta"]["tracks"]
    for stated in ("archived", "https://other.example/simple/demo/", "https://tracked.example"):
        assert stated in html
    provenance = urljoin(PAGE, shown["files"][0]["provenance"])
    assert provenance.startswith("/artifactory/api/pypi/r/packages/")
    assert remote.get(provenance).json == {"version": 1}


def test_list_of_projects_is_the_upstreams(remote: Artifactory, upstream: Upstream) -> None:
    upstream.put("/simple/", '<a href="/simple/demo/">demo</a><a href="/simple/two/">two</a>')

    names = remote.get("api/pypi/r/simple/", headers=JSON).json["projects"]

    assert [project["name"] for project in names] == ["demo", "two"]


def test_deleting_the_index_with_devpi_leaves_nothing(
    remote: Artifactory, upstream: Upstream
) -> None:
    remote.get(urljoin(PAGE, str(only_file(remote)["url"])))

    gone = remote.request("DELETE", "/repo/r", user=("root", ""))

    assert gone.status_code == 201
    assert remote.get(PAGE).status_code == 404
