"""Lists of all projects: fetched once, kept compressed, merged, and served without being held."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from devpi_artifactory_compat.views import replica as replica_view
from pathlib import Path
from pyramid.request import Request
from pyramid.response import Response
from support.app import ADMIN
from support.app import Artifactory
from support.upstream import Upstream
import gzip
import json
import pytest
import re


JSON_TYPE = "application/vnd.pypi.simple.v1+json"
JSON = {"Accept": JSON_TYPE}
LIST = "api/pypi/r/simple/"
NAMES = sorted(f"{kind}-project-{number}" for number in range(2500) for kind in "abcd")


def put_list(upstream: Upstream, names: list[str], **headers: str) -> None:
    body = {"meta": {"api-version": "1.4"}, "projects": [{"name": name} for name in names]}
    upstream.put("/simple/", json.dumps(body), JSON_TYPE, headers=headers)


def names_of(artifactory: Artifactory, path: str = LIST) -> list[str]:
    answer = artifactory.get(path, headers=JSON)
    assert answer.status_code == 200, answer.text
    return [project["name"] for project in answer.json["projects"]]


def hrefs(html: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)" rel="internal">', html)


def set_period(artifactory: Artifactory, seconds: int) -> None:
    body = {"retrievalCachePeriodSecs": seconds}
    assert (
        artifactory.request("POST", "api/repositories/r", user=ADMIN, body=body).status_int == 200
    )


def kept_files(artifactory: Artifactory) -> list[Path]:
    root = Path(artifactory.xom.config.server_path) / "+artifactory"
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.fixture
def remote(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    """A remote whose upstream has a long list; asked anew when the test says so."""
    artifactory.create_remote("r", upstream.url)
    put_list(upstream, NAMES[::-1], ETag='"one"')
    return artifactory


@pytest.mark.parametrize("count", [3, len(NAMES)])
def test_every_form_has_every_name(
    artifactory: Artifactory, upstream: Upstream, count: int
) -> None:
    """JSON and HTML, with and without a trailing slash: of short lists and of long ones."""
    artifactory.create_remote("r", upstream.url)
    put_list(upstream, NAMES[:count])

    assert names_of(artifactory) == names_of(artifactory, LIST.rstrip("/")) == NAMES[:count]
    assert hrefs(artifactory.get(LIST).text) == NAMES[:count]
    without_slash = artifactory.get(LIST.rstrip("/")).text
    assert hrefs(without_slash) == [f"simple/{name}" for name in NAMES[:count]]
    assert artifactory.get("pypi/r/simple/").text == artifactory.get(LIST).text
    assert upstream.paths == ["/simple/"]


def test_names_of_an_upstream_are_normalised_and_shown_once(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    artifactory.create_remote("r", upstream.url)
    upstream.put("/simple/", '<a href="B_b/">B_b</a><a href="a/">a</a><a href="b-b/">b-b</a>')

    assert names_of(artifactory) == ["a", "b-b"]


@pytest.mark.parametrize("accept", ["text/html", JSON_TYPE])
def test_list_is_sent_compressed_to_those_who_can_read_it(remote: Artifactory, accept: str) -> None:
    plain = remote.get(LIST, headers={"Accept": accept})
    query = f"?format={accept.replace('+', '%2B')}"
    headers, packed = remote.get_packed(LIST + query)

    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Length"] == str(len(packed))
    assert gzip.decompress(packed) == plain.body
    assert plain.headers["Content-Length"] == str(len(plain.body))
    assert headers["ETag"] != plain.headers["ETag"]
    assert plain.headers["Vary"] == headers["Vary"] == "Accept, Accept-Encoding"


def test_head_has_the_headers_of_get(remote: Artifactory) -> None:
    head = remote.head(LIST)
    get = remote.get(LIST)

    assert head.body == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
        assert head.headers[name] == get.headers[name]


def test_client_that_knows_the_list_gets_304(remote: Artifactory, upstream: Upstream) -> None:
    etag = remote.get(LIST).headers["ETag"]

    again = remote.get(LIST, headers={"If-None-Match": etag})
    weak = remote.head(LIST, headers={"If-None-Match": f"W/{etag}"})
    other_form = remote.get(LIST, headers={"If-None-Match": etag, **JSON})

    assert again.status_code == weak.status_code == 304
    assert again.body == b""
    assert again.headers["ETag"] == etag
    assert "Content-Type" not in again.headers
    assert other_form.status_code == 200


def test_304_needs_no_file(remote: Artifactory) -> None:
    etag = remote.get(LIST).headers["ETag"]
    for path in kept_files(remote):
        if path.name.startswith("page-"):
            path.unlink()

    assert remote.get(LIST, headers={"If-None-Match": etag}).status_code == 304
    assert not any(path.name.startswith("page-") for path in kept_files(remote))


def test_list_is_kept_for_its_period_and_by_the_next_server(
    remote: Artifactory, upstream: Upstream
) -> None:
    names_of(remote)
    put_list(upstream, NAMES[:10])
    remote.xom.del_singletons("repo/r")

    assert names_of(remote) == NAMES
    assert upstream.paths == ["/simple/"]


def test_unchanged_list_is_not_sent_again(remote: Artifactory, upstream: Upstream) -> None:
    etag = remote.get(LIST).headers["ETag"]
    before = [path for path in kept_files(remote) if path.name.endswith(".gz")]
    times = [path.stat().st_mtime_ns for path in before]
    set_period(remote, 0)

    again = remote.get(LIST)

    assert upstream.asked[-1].headers["If-None-Match"] == '"one"'
    assert again.headers["ETag"] == etag
    assert [path.stat().st_mtime_ns for path in before] == times


def test_upstream_without_etags_is_asked_by_date(remote: Artifactory, upstream: Upstream) -> None:
    put_list(upstream, NAMES, **{"Last-Modified": "Mon, 06 May 2024 07:08:09 GMT"})
    etag = remote.get(LIST).headers["ETag"]
    set_period(remote, 0)

    assert remote.get(LIST).headers["ETag"] == etag
    assert upstream.asked[-1].headers["If-Modified-Since"] == "Mon, 06 May 2024 07:08:09 GMT"


def test_changed_list_replaces_the_old_one(remote: Artifactory, upstream: Upstream) -> None:
    etag = remote.get(LIST).headers["ETag"]
    set_period(remote, 0)
    for number in range(4):
        put_list(upstream, [*NAMES, f"new-{number}"], ETag=f'"{number}"')
        changed = remote.get(LIST, headers={"If-None-Match": etag})
        assert changed.status_code == 200
        assert f"new-{number}" in hrefs(changed.text)

    assert len([path for path in kept_files(remote) if path.name.startswith("names-")]) == 2
    assert not [path for path in kept_files(remote) if path.name.startswith("new-")]


@pytest.mark.parametrize(
    "failure", ["status", "gone", "truncated", "garbage", "half", "error page"]
)
def test_old_list_is_served_while_the_upstream_fails(
    remote: Artifactory, upstream: Upstream, failure: str
) -> None:
    names_of(remote)
    set_period(remote, 0)
    fail(upstream, failure)

    assert names_of(remote) == NAMES


@pytest.mark.parametrize("failure", ["status", "gone", "truncated", "garbage", "half"])
def test_no_list_and_no_upstream_is_a_bad_gateway(
    remote: Artifactory, upstream: Upstream, failure: str
) -> None:
    fail(upstream, failure)

    assert remote.get(LIST).status_code == 502
    assert kept_files(remote) == []


def fail(upstream: Upstream, failure: str) -> None:
    whole = upstream.answers["/simple/"].body
    if failure == "status":
        upstream.failing = 503
    elif failure == "gone":
        upstream.close()
    elif failure == "truncated":
        upstream.put("/simple/", whole[:-100], JSON_TYPE, length=len(whole))
    elif failure == "error page":
        upstream.put("/simple/", "<html><body>We will be back soon.</body></html>")
    elif failure == "garbage":
        upstream.put("/simple/", "Oops", "text/plain")
    else:
        upstream.put("/simple/", whole[: len(whole) // 2], JSON_TYPE)


def test_names_of_cached_projects_stand_in_for_the_list(
    remote: Artifactory, upstream: Upstream
) -> None:
    upstream.put_project("demo", {})
    remote.get("api/pypi/r/simple/demo/")
    upstream.failing = 503

    assert names_of(remote) == ["demo"]


def test_list_of_another_upstream_is_not_shown(remote: Artifactory, upstream: Upstream) -> None:
    names_of(remote)
    with Upstream() as other:
        put_list(other, ["other"])
        body = {"url": other.url, "pyPIRegistryUrl": other.url}
        remote.request("POST", "api/repositories/r", user=ADMIN, body=body)

        assert names_of(remote) == ["other"]


def test_zapped_list_is_asked_for_again(remote: Artifactory, upstream: Upstream) -> None:
    names_of(remote)
    put_list(upstream, NAMES[:10])
    assert remote.request("POST", "api/zap/r", user=ADMIN).status_code == 200

    assert names_of(remote) == NAMES[:10]


def test_patterns_act_on_a_kept_list(remote: Artifactory) -> None:
    etag = remote.get(LIST).headers["ETag"]
    body = {"excludesPattern": "a-*"}
    remote.request("POST", "api/repositories/r", user=ADMIN, body=body)

    filtered = remote.get(LIST, headers={"If-None-Match": etag})

    assert hrefs(filtered.text) == [name for name in NAMES if not name.startswith("a-")]


def test_lists_of_scopes_are_kept_apart(artifactory: Artifactory, upstream: Upstream) -> None:
    artifactory.create_remote("r", upstream.url, pyPIRepositorySuffix="+simple")
    lists = {"a/one": NAMES, "a/two": NAMES[5:]}
    for scope, names in lists.items():
        page = "".join(f'<a href="{name}/">{name}</a>' for name in names)
        upstream.put(f"/{scope}/+simple/", page)

    for _ in range(2):
        for scope, names in lists.items():
            assert hrefs(artifactory.get(f"api/pypi/r/{scope}/simple/").text) == names
    assert upstream.paths == ["/a/one/+simple/", "/a/two/+simple/"]


def test_clients_that_ask_at_once_cause_one_request(
    remote: Artifactory, upstream: Upstream
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: names_of(remote), range(8)))

    assert all(names == NAMES for names in answers)
    assert upstream.paths == ["/simple/"]


def test_project_page_does_not_ask_for_the_list(remote: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("demo", {})
    remote.get("api/pypi/r/simple/demo/")
    remote.get("api/pypi/r/simple/unknown/")

    assert upstream.paths == ["/simple/demo/", "/simple/unknown/"]


def test_virtual_list_is_that_of_all_members(remote: Artifactory, upstream: Upstream) -> None:
    """A new project in one member changes the list and its ETag."""
    remote.create("l")
    remote.create("v", "virtual", repositories=["l", "r"])
    remote.upload_wheel("l", "B.Project", "1.0")
    remote.upload_wheel("l", NAMES[7], "1.0")
    path = "api/pypi/v/simple/"

    first = remote.get(path)
    same = remote.get(path, headers={"If-None-Match": first.headers["ETag"]})
    remote.upload_wheel("l", "zz", "1.0")
    later = remote.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert hrefs(first.text) == sorted([*NAMES, "b-project"])
    assert same.status_code == 304
    assert hrefs(later.text) == sorted([*NAMES, "b-project", "zz"])
    assert names_of(remote, path) == hrefs(later.text)
    assert upstream.paths == ["/simple/"]


def test_virtual_list_lives_without_a_member_that_fails(
    remote: Artifactory, upstream: Upstream
) -> None:
    remote.create("l")
    remote.create("v", "virtual", repositories=["l", "r"])
    remote.upload_wheel("l", "own", "1.0")
    upstream.failing = 503

    assert names_of(remote, "api/pypi/v/simple/") == ["own"]


def test_reader_without_rights_does_not_see_the_names_of_a_member(
    remote: Artifactory, upstream: Upstream
) -> None:
    """Long lists are kept as files: each reader gets the one that is theirs."""
    user = remote.create_user("reader")
    remote.create("l")
    remote.create("v", "virtual", repositories=["l", "r"])
    remote.upload_wheel("l", "secret", "1.0")
    remote.patch_index("repo/l", "acl_read=reader")
    path = "api/pypi/v/simple/"

    for _ in range(2):
        assert "secret" in hrefs(remote.get(path, user=user).text)
        assert hrefs(remote.get(path).text) == NAMES


def test_old_pages_do_not_fill_the_disk(remote: Artifactory) -> None:
    remote.create("l")
    remote.create("v", "virtual", repositories=["l", "r"])
    for number in range(15):
        remote.upload_wheel("l", f"own{number}", "1.0")
        remote.get("api/pypi/v/simple/")

    assert len([path for path in kept_files(remote) if path.name.startswith("page-")]) == 12


@pytest.mark.parametrize("way", ["devpi", "rest"])
def test_deleting_the_index_removes_the_files(remote: Artifactory, way: str) -> None:
    names_of(remote)
    assert len(kept_files(remote)) == 3

    url = "/repo/r" if way == "devpi" else "api/repositories/r"
    assert remote.request("DELETE", url, user=ADMIN).status_int in (200, 201)
    # the thread that follows devpi's changes runs in live servers only
    notifier = remote.xom.keyfs.notifier
    remote.xom.thread_pool.start_one(notifier)
    notifier.wait_event_serial(remote.xom.keyfs.get_current_serial())

    assert kept_files(remote) == []


@pytest.fixture
def replica(remote: Artifactory, monkeypatch: pytest.MonkeyPatch) -> Artifactory:
    """A server that takes itself for a replica; the primary's answers are told from its own."""

    def answer(_context: object, request: Request) -> Response:
        return Response(f"asked {request.path}")

    monkeypatch.setattr(remote.xom, "is_replica", lambda: True)
    monkeypatch.setattr(replica_view, "proxy_view_to_primary", answer)
    return remote


def test_replica_asks_its_primary(replica: Artifactory, upstream: Upstream) -> None:
    assert replica.get(LIST).text == "asked /artifactory/api/pypi/r/simple/"
    assert upstream.paths == []
    assert kept_files(replica) == []
