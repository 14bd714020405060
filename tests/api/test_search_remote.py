"""``search`` at remote and virtual repositories: the cache, the upstream's own search, members."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from support.app import ADMIN
from support.app import Artifactory
from support.archives import make_wheel
from support.archives import wheel_filename
from support.faulty import FaultyUpstream
from support.faulty import answers
from support.faulty import drips
from support.faulty import head
from support.faulty import hangs_after
from support.faulty import redirects
from support.faulty import sends
from support.upstream import Answer
from support.upstream import Upstream
from support.xml_rpc import call
from support.xml_rpc import fault
from support.xml_rpc import found
from support.xml_rpc import search
from typing import Any
from urllib.parse import urljoin
import gzip
import pytest
import xmlrpc.client


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
PAGE = "/artifactory/api/pypi/r/simple/demo/"


@pytest.fixture
def upstream() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        yield running


@pytest.fixture
def remote(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    """A remote whose upstream has two versions of ``demo``, and no search."""
    artifactory.create_remote("r", upstream.url)
    put(upstream, "demo", "1.0", "1.10")
    return artifactory


def put(upstream: Upstream, name: str, *versions: str) -> None:
    files = {
        wheel_filename(name, version): make_wheel(name, version, summary=f"{name} {version}")
        for version in versions
    }
    upstream.put_project(name, files)


def posts(upstream: Upstream) -> list[str]:
    return [asked.path for asked in upstream.asked if asked.method == "POST"]


def fetch(artifactory: Artifactory, version: str) -> None:
    """Download one version through the remote."""
    files = artifactory.get(PAGE, headers=JSON).json["files"]
    (url,) = (f["url"] for f in files if f["filename"] == wheel_filename("demo", version))
    assert artifactory.get(urljoin(PAGE, url)).status_code == 200


def change(artifactory: Artifactory, key: str, **settings: Any) -> None:
    answer = artifactory.request("POST", f"api/repositories/{key}", user=ADMIN, body=settings)
    assert answer.status_code == 200, answer.text


# what is cached


def test_finds_what_is_cached(remote: Artifactory) -> None:
    """The newest version of the cached page; its summary once it was downloaded."""
    assert search(remote, "r", "demo") == []
    remote.get(PAGE)
    assert search(remote, "r", "demo") == [("demo", "1.10", "")]
    fetch(remote, "1.10")
    fetch(remote, "1.0")
    assert search(remote, "r", "demo") == [("demo", "1.10", "demo 1.10")]
    assert call(remote, "r", "search", {"summary": "1.10"})[0]["name"] == "demo"
    assert call(remote, "r", "search", {"summary": "nothing"}) == []


def test_search_for_what_is_cached_asks_for_no_page(
    remote: Artifactory, upstream: Upstream
) -> None:
    remote.get(PAGE)
    before = len(upstream.asked)

    search(remote, "r", "demo", "other")

    assert [asked.method for asked in upstream.asked[before:]] == ["POST"]


def test_yanked_version_is_found_only_when_there_is_no_other(
    remote: Artifactory, upstream: Upstream
) -> None:
    files = {wheel_filename("gone", "2.0"): make_wheel("gone", "2.0")}
    upstream.put_project("gone", files, details={"yanked": True})
    remote.get("api/pypi/r/simple/gone/")

    assert search(remote, "r", "gone") == [("gone", "2.0", "")]


def test_offline_repository_finds_what_is_cached(remote: Artifactory, upstream: Upstream) -> None:
    remote.get(PAGE)
    change(remote, "r", offline=True)

    assert search(remote, "r", "demo") == [("demo", "1.10", "")]
    assert posts(upstream) == []


def test_other_methods_work_on_remotes(remote: Artifactory, upstream: Upstream) -> None:
    upstream.put("/simple/", '<a href="demo/">demo</a><a href="two/">two</a>')

    assert call(remote, "r", "package_releases", "demo") == ["1.10", "1.0"]
    assert call(remote, "r", "release_data", "demo", "1.0")["version"] == "1.0"
    (file,) = call(remote, "r", "release_urls", "demo", "1.0")
    assert file["url"].startswith("http://localhost/artifactory/api/pypi/r/packages/")
    assert call(remote, "r", "list_packages") == ["demo", "two"]


# the upstream's own search


def test_upstreams_search_is_asked_and_merged(remote: Artifactory, upstream: Upstream) -> None:
    """At ``pyPIRegistryUrl``; of a project found twice the newest version wins."""
    remote.get(PAGE)
    upstream.posts["/"] = found(
        ("demo", "1.9", "Theirs"), ("demo-more", "3.0", "More of it"), ("Else", "0.1", "a demo")
    )

    assert search(remote, "r", "demo") == [
        ("demo", "1.10", "Theirs"),
        ("demo-more", "3.0", "More of it"),
        ("Else", "0.1", "a demo"),
    ]
    (asked,) = (asked for asked in upstream.asked if asked.method == "POST")
    assert asked.headers["Content-Type"] == "text/xml"
    params, method = xmlrpc.client.loads(asked.body.decode())
    assert (method, params) == ("search", ({"name": ["demo"], "summary": ["demo"]}, "or"))


def test_upstream_of_the_same_kind_is_searched_by_its_repository(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    artifactory.create_remote("r", f"{upstream.url}/artifactory/api/pypi/their-key")
    upstream.posts["/artifactory/api/pypi/their-key"] = found(("demo", "1.0", "Theirs"))

    assert search(artifactory, "r", "demo") == [("demo", "1.0", "Theirs")]


def test_only_what_makes_sense_of_an_upstreams_answer_is_shown(
    remote: Artifactory, upstream: Upstream
) -> None:
    hits = [
        {"name": "demo", "version": "1.0", "summary": None},
        {"name": "../x", "version": "1.0", "summary": ""},
        {"name": "a", "version": "<b>", "summary": ""},
        {"name": "b", "version": ["1.0"], "summary": ""},
        {"name": "c" * 300, "version": "1", "summary": ""},
        {"version": "1"},
        "text",
        {"name": "long", "version": "1", "summary": "x\n\x7f" * 1000},
    ]
    body = xmlrpc.client.dumps((hits,), methodresponse=True, allow_none=True)
    upstream.posts["/"] = Answer(body.encode(), "text/xml")

    demo, long = search(remote, "r", "demo")

    assert demo == ("demo", "1.0", "")
    assert long[0] == "long"
    assert len(long[2]) == 512
    assert long[2].startswith("x \ufffdx")


DEEP = b"<methodResponse><params><param>" + b"<value><array><data>" * 5000
BOMB = b"<!DOCTYPE b [<!ENTITY a 'ha'>]><methodResponse>&a;</methodResponse>"
NO_SEARCH = {
    "no such method": Answer(status=405),
    "no such page": Answer(b"<html>", "text/html", status=404),
    "wants a user": Answer(status=401),
    "a fault": fault("RuntimeError: no longer supported"),
    "an error page": Answer(b"<html><body>Sorry</body></html>", "text/html"),
    "an upload's answer": Answer(b"ok", "text/plain"),
    "no list": Answer(xmlrpc.client.dumps(("x",), methodresponse=True).encode(), "text/xml"),
    "nothing": Answer(b"", "text/xml"),
    "a bomb": Answer(BOMB, "text/xml"),
    "depth": Answer(DEEP, "text/xml"),
    "too much": Answer(b" " * (4 * 1024 * 1024 + 1), "text/xml"),
    "a gzip bomb": Answer(
        gzip.compress(b" " * 50_000_000), "text/xml", headers={"Content-Encoding": "gzip"}
    ),
    "elsewhere": Answer(status=303, headers={"Location": "/simple/"}),
}


@pytest.mark.parametrize("answer", NO_SEARCH.values(), ids=NO_SEARCH)
def test_upstream_without_search_is_not_asked_again(
    remote: Artifactory, upstream: Upstream, answer: Answer
) -> None:
    """For ``missedRetrievalCachePeriodSecs``; its pages are served as before."""
    remote.get(PAGE)
    upstream.posts["/"] = answer

    for _ in range(3):
        assert search(remote, "r", "demo") == [("demo", "1.10", "")]

    assert posts(upstream) == ["/"]
    put(upstream, "new", "1.0")
    assert remote.get("api/pypi/r/simple/new/").status_code == 200


def test_upstream_is_asked_each_time_when_absence_is_not_remembered(
    remote: Artifactory, upstream: Upstream
) -> None:
    change(remote, "r", missedRetrievalCachePeriodSecs=0)

    for _ in range(2):
        search(remote, "r", "demo")

    assert posts(upstream) == ["/", "/"]


FAILURES = {
    "500": answers(500),
    "503": answers(503, "Retry-After: 100"),
    "hang": hangs_after(),
    "hang in the body": hangs_after(head(200, "Content-Length: 100") + b"<"),
    "drip": drips(b" " * 10_000, first=head(200, "Content-Length: 10000")),
    "truncated": sends(head(200, "Content-Length: 100") + b"<"),
    "no HTTP": sends(b"\x00" * 100),
    "circle": redirects("/"),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_search_that_fails_counts_as_no_answer_and_is_left_alone(
    remote: Artifactory,
    upstream: FaultyUpstream,
    monkeypatch: pytest.MonkeyPatch,
    failure: Callable[..., None],
) -> None:
    """For ``assumedOfflinePeriodSecs``; the pages of the upstream are served as before."""
    monkeypatch.setattr("devpi_artifactory_compat.storage.upstream_search.SEARCH_TIMEOUT", 0.5)
    remote.get(PAGE)
    upstream.faults["/"] = failure
    assert search(remote, "r", "demo") == [("demo", "1.10", "")]
    asked = len(posts(upstream))
    assert asked

    assert search(remote, "r", "demo") == [("demo", "1.10", "")]
    assert len(posts(upstream)) == asked
    put(upstream, "new", "1.0")
    assert remote.get("api/pypi/r/simple/new/").status_code == 200


def test_upstream_that_counts_as_offline_is_not_searched(
    remote: Artifactory, upstream: Upstream
) -> None:
    remote.get(PAGE)
    upstream.failing = 503
    assert remote.get("api/pypi/r/simple/other/").status_code == 502
    upstream.failing = None

    assert search(remote, "r", "demo") == [("demo", "1.10", "")]
    assert posts(upstream) == []


def test_upstream_that_is_gone_counts_as_no_answer(remote: Artifactory, upstream: Upstream) -> None:
    remote.get(PAGE)
    upstream.close()

    assert search(remote, "r", "demo") == [("demo", "1.10", "")]


def test_search_follows_redirects_as_a_post(remote: Artifactory, upstream: Upstream) -> None:
    upstream.posts["/"] = Answer(status=308, headers={"Location": "/RPC2"})
    upstream.posts["/RPC2"] = found(("demo", "4.0", "Moved"))

    assert search(remote, "r", "demo") == [("demo", "4.0", "Moved")]


def test_credentials_are_for_the_upstream_only(artifactory: Artifactory) -> None:
    """Not for another server to which the search is redirected."""
    with Upstream() as own, Upstream() as other:
        artifactory.create_remote("r", own.url, username="me", password="secret")
        own.posts["/"] = Answer(status=307, headers={"Location": f"{other.url}/"})
        other.posts["/"] = found(("demo", "4.0", "Moved"))

        assert search(artifactory, "r", "demo") == [("demo", "4.0", "Moved")]
        assert own.asked[-1].headers["Authorization"].startswith("Basic ")
        assert "Authorization" not in other.asked[-1].headers


def test_patterns_of_a_remote_hold_for_both_answers(
    remote: Artifactory, upstream: Upstream
) -> None:
    """Also for the files of what the upstream finds, as far as its page is cached."""
    remote.get(PAGE)
    change(remote, "r", excludesPattern="hidden*,**/*-1.10-*")
    upstream.posts["/"] = found(("demo", "1.10", "Theirs"), ("hidden-demo", "1.0", "Theirs"))

    assert search(remote, "r", "demo") == [("demo", "1.0", "Theirs")]
    change(remote, "r", excludesPattern="**/demo-*")
    assert [hit[0] for hit in search(remote, "r", "demo")] == ["hidden-demo"]


# scopes


@pytest.fixture
def scoped(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    """A devpi-like upstream, of whose two indexes one can be searched."""
    artifactory.create(
        "d",
        "remote",
        url=upstream.url,
        pyPIRegistryUrl=upstream.url,
        pyPIRepositorySuffix="+simple",
    )
    for scope, version in (("root/dev", "1.0"), ("team/stable", "2.0")):
        name = wheel_filename("demo", version)
        upstream.put(f"/{scope}/+f/abc/{name}", make_wheel("demo", version, summary=scope))
        upstream.put(f"/{scope}/+simple/demo/", f'<a href="../../+f/abc/{name}">{name}</a>')
    upstream.posts["/root/dev/"] = found(("demo-tools", "0.1", "Tools"))
    return artifactory


@pytest.mark.parametrize("slash", ["", "/"])
def test_each_scope_is_searched_apart(scoped: Artifactory, upstream: Upstream, slash: str) -> None:
    for scope in ("root/dev", "team/stable"):
        page = f"/artifactory/api/pypi/d/{scope}/simple/demo/"
        (file,) = scoped.get(page, headers=JSON).json["files"]
        assert scoped.get(urljoin(page, file["url"])).status_code == 200

    assert search(scoped, f"d/root/dev{slash}", "demo") == [
        ("demo", "1.0", "root/dev"),
        ("demo-tools", "0.1", "Tools"),
    ]
    assert search(scoped, f"d/team/stable{slash}", "demo") == [("demo", "2.0", "team/stable")]
    assert search(scoped, f"d/nobody/index{slash}", "demo") == []
    assert posts(upstream) == ["/root/dev/", "/team/stable/", "/nobody/index/"]


def test_other_methods_work_on_scopes(scoped: Artifactory) -> None:
    assert call(scoped, "d/root/dev", "package_releases", "demo") == ["1.0"]
    (file,) = call(scoped, "d/team/stable", "release_urls", "demo", "2.0")
    prefix = "http://localhost/artifactory/api/pypi/d/team/stable/packages/"
    assert file["url"].startswith(prefix)


def test_unknown_scopes_leave_nothing_behind(scoped: Artifactory) -> None:
    keyfs = scoped.xom.keyfs
    before = keyfs.get_current_serial()

    for number in range(5):
        assert search(scoped, f"d/nobody/index{number}", "demo") == []

    assert keyfs.get_current_serial() == before


# virtual repositories


@pytest.fixture
def virtual(remote: Artifactory, upstream: Upstream) -> Artifactory:
    remote.create("l", "local")
    remote.create("v", "virtual", repositories=["r", "l"])
    upstream.posts["/"] = found(("demo", "9.0", "Theirs"), ("demo-two", "2.0", "Two of them"))
    return remote


def test_virtual_merges_its_members(virtual: Artifactory) -> None:
    """The newest version wins, whoever has it."""
    virtual.upload_wheel("l", "demo", "1.0", summary="Ours")
    virtual.upload_wheel("l", "demo-two", "3.0", summary="Two of ours")
    virtual.create("outer", "virtual", repositories=["v"])

    for key in ("v", "outer"):
        assert search(virtual, key, "demo") == [
            ("demo", "9.0", "Theirs"),
            ("demo-two", "3.0", "Two of ours"),
        ]


def test_priority_resolution_hides_what_others_find(virtual: Artifactory) -> None:
    """Also when the prior member's project does not match itself (dependency confusion)."""
    virtual.upload_wheel("l", "demo", "1.0", summary="Ours")
    change(virtual, "l", priorityResolution=True)

    assert search(virtual, "v", "demo") == [
        ("demo", "1.0", "Ours"),
        ("demo-two", "2.0", "Two of them"),
    ]
    assert search(virtual, "v", "theirs") == [("demo-two", "2.0", "Two of them")]


def test_member_that_the_caller_may_not_read_takes_no_part(virtual: Artifactory) -> None:
    virtual.upload_wheel("l", "secret-demo", "1.0", summary="Ours")
    reader = virtual.create_user("reader")
    virtual.patch_index("repo/l", "acl_read=reader")

    assert "secret-demo" not in dict_of(search(virtual, "v", "demo"))
    assert "secret-demo" in dict_of(search(virtual, "v", "demo", user=reader))


def dict_of(hits: list[tuple[str, ...]]) -> dict[str, str]:
    return {hit[0]: hit[1] for hit in hits}


def test_patterns_of_a_virtual_and_black_out_of_a_member(virtual: Artifactory) -> None:
    virtual.upload_wheel("l", "demo-ours", "1.0")
    virtual.upload_wheel("l", "demo-ours", "2.0")
    change(virtual, "v", excludesPattern="demo-two,**/*-2.0-*")

    assert dict_of(search(virtual, "v", "demo")) == {"demo": "9.0", "demo-ours": "1.0"}
    change(virtual, "r", blackedOut=True)
    assert dict_of(search(virtual, "v", "demo")) == {"demo-ours": "1.0"}


def test_stage_with_bases_hides_what_devpi_hides(virtual: Artifactory) -> None:
    """A project in a private stage hides the mirrors unless it is whitelisted."""
    dev = {"bases": "repo/r", "artifactory_key": "dev", "acl_upload": "root"}
    made = virtual.request("PUT", "/root/dev", user=ADMIN, body=dev)
    assert made.status_code == 200, made.text
    virtual.upload_wheel("dev", "demo", "1.1", summary="Mine")

    assert dict_of(search(virtual, "dev", "demo")) == {"demo": "1.1", "demo-two": "2.0"}
    virtual.patch_index("root/dev", "mirror_whitelist=demo")
    assert dict_of(search(virtual, "dev", "demo")) == {"demo": "9.0", "demo-two": "2.0"}


def test_failing_member_does_not_hide_the_others(virtual: Artifactory, upstream: Upstream) -> None:
    virtual.upload_wheel("l", "demo", "1.0", summary="Ours")
    change(virtual, "r", hardFail=True)
    upstream.failing = 503

    assert search(virtual, "v", "demo") == [("demo", "1.0", "Ours")]


def test_deleted_member_takes_no_part(virtual: Artifactory) -> None:
    virtual.request("DELETE", "api/repositories/r", user=ADMIN)

    assert search(virtual, "v", "demo") == []
