"""Which versions there are: ``versions``, ``latestVersion``, and ``/api/versions``."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
from webtest import TestResponse
import pytest


STORAGE = "http://localhost/artifactory/api/storage/"


@pytest.fixture
def app(artifactory: Artifactory) -> Artifactory:
    """``Fancy_Lib`` in versions whose order is not that of their letters, in two repositories."""
    for key in ("l", "m"):
        artifactory.create(key)
    artifactory.create("v", "virtual", repositories=["m", "l"])
    for version in ("1.9", "1.10", "2.0rc1", "2.0.dev3"):
        artifactory.upload_wheel("l", "Fancy_Lib", version)
    artifactory.upload_wheel("m", "fancy.lib", "1.10")
    artifactory.upload_wheel("m", "fancy.lib", "1.2.post1")
    artifactory.upload_wheel("l", "only-pre", "1.0a1")
    return artifactory


def ask(app: Artifactory, url: str, **kw: Any) -> TestResponse:
    kw.setdefault("user", ADMIN)
    return app.get(f"api/{url}", **kw)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=fancy-lib", ["2.0rc1*", "2.0.dev3*", "1.10", "1.9", "1.2.post1"]),
        ("a=FANCY__lib&g=whatever&repos=l", ["2.0rc1*", "2.0.dev3*", "1.10", "1.9"]),
        ("a=fancy-lib&repos=v", ["2.0rc1*", "2.0.dev3*", "1.10", "1.9", "1.2.post1"]),
        ("a=fancy-lib&repos=m&g=", ["1.10", "1.2.post1"]),
        ("a=fancy-lib&v=1.*", ["1.10", "1.9", "1.2.post1"]),
        ("a=fancy-lib&v=1.?", ["1.9"]),
        ("a=fancy-lib&v=[12].*", []),
        ("a=fancy-lib&v=2.0", ["2.0rc1*", "2.0.dev3*"]),
        ("a=fancy-lib&v=1.9.0", ["1.9"]),
        ("a=fancy-lib&v=1.2", []),
        ("a=fancy-lib&v=7", []),
        ("a=fancy-lib&v=no-version", []),
    ],
)
def test_versions_newest_first(app: Artifactory, query: str, expected: list[str]) -> None:
    """By PEP 440; pre-releases, here with a star, are integration versions."""
    answer = ask(app, f"search/versions?{query}")

    assert answer.status_code == 200, answer.text
    assert answer.content_type.endswith("search.ArtifactVersionsResult+json")
    assert answer.json["results"] == [
        {"version": each.rstrip("*"), "integration": each.endswith("*")} for each in expected
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=fancy-lib", "1.10"),
        ("a=fancy-lib&v=%20", "1.10"),
        ("a=fancy-lib&v=*", "2.0rc1"),
        ("a=fancy-lib&v=1.9*", "1.9"),
        ("a=fancy-lib&v=2.0", "2.0rc1"),
        ("a=fancy-lib&v=1.10", "1.10"),
        ("a=only-pre&v=1.0", "1.0a1"),
    ],
)
def test_latest_version_is_plain_text(app: Artifactory, query: str, expected: str) -> None:
    """The newest release, or what ``v`` asks for; without a line break."""
    answer = ask(app, f"search/latestVersion?{query}")

    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/plain"
    assert answer.body == expected.encode()


@pytest.mark.parametrize(
    ("url", "status", "message"),
    [
        ("versions", 400, "'a' is missing"),
        ("latestVersion?g=fancy-lib", 400, "'a' is missing"),
        ("versions?a=nothing", 404, "Unable to find artifact versions"),
        ("latestVersion?a=nothing", 404, "Unable to find artifact versions"),
        ("versions?a=fancy-lib&repos=nothing", 404, "Unable to find artifact versions"),
        ("versions?a=../x", 404, "Unable to find artifact versions"),
        ("versions?a=%2a", 404, "Unable to find artifact versions"),
        (f"versions?a={'x' * 201}", 404, "Unable to find artifact versions"),
        ("latestVersion?a=only-pre", 404, "Latest release version not found"),
        ("latestVersion?a=fancy-lib&v=7*", 404, "Latest integration version not found"),
        ("latestVersion?a=fancy-lib&remote=maybe", 400, "'remote' must be 0 or 1"),
    ],
)
def test_refused(app: Artifactory, url: str, status: int, message: str) -> None:
    answer = ask(app, f"search/{url}")

    assert answer.status_code == status
    assert message in message_of(answer)


def test_file_that_is_no_distribution_has_no_version(app: Artifactory) -> None:
    app.put("l/some/file.txt;pypi.name=other;pypi.version=9", b"x")

    assert ask(app, "search/versions?a=other").status_code == 404


def test_versions_of_what_may_not_be_read_do_not_come_up(app: Artifactory) -> None:
    alice, bob = app.create_user("alice"), app.create_user("bob")
    app.patch_index("repo/m", "acl_read=alice")

    def versions(user: tuple[str, str]) -> list[str]:
        results = ask(app, "search/versions?a=fancy-lib", user=user).json["results"]
        return [each["version"] for each in results if not each["integration"]]

    assert versions(alice) == ["1.10", "1.9", "1.2.post1"]
    assert versions(bob) == ["1.10", "1.9"]
    assert ask(app, "search/versions?a=fancy-lib&repos=m", user=bob).status_code == 404


# with remote=1 upstreams are asked too


@pytest.fixture
def remote(app: Artifactory, upstream: Upstream) -> Artifactory:
    names = {
        wheel_filename("fancy-lib", version): make_wheel("fancy-lib", version)
        for version in ("3.0", "4.0rc1")
    }
    upstream.put_project("fancy-lib", names)
    app.create_remote("r", upstream.url)
    return app


def test_upstream_is_asked_only_when_that_is_wanted(
    remote: Artifactory, upstream: Upstream
) -> None:
    before = len(upstream.asked)
    assert ask(remote, "search/latestVersion?a=fancy-lib").text == "1.10"
    assert ask(remote, "search/latestVersion?a=fancy-lib&remote=0").text == "1.10"
    assert ask(remote, "search/latestVersion?a=fancy-lib&remote=1&repos=l").text == "1.10"
    assert len(upstream.asked) == before

    assert ask(remote, "search/latestVersion?a=fancy-lib&remote=1").text == "3.0"
    assert ask(remote, "search/latestVersion?a=fancy-lib&remote=1&v=*").text == "4.0rc1"
    for repos in ("r", "r-cache"):
        found = ask(remote, f"search/versions?a=fancy-lib&remote=1&repos={repos}").json["results"]
        assert [each["version"] for each in found] == ["4.0rc1", "3.0"]


def test_upstream_that_fails_or_has_nothing_counts_as_no_answer(
    remote: Artifactory, upstream: Upstream
) -> None:
    assert ask(remote, "search/latestVersion?a=only-pre&remote=1&v=*").text == "1.0a1"
    upstream.failing = 503
    assert ask(remote, "search/latestVersion?a=fancy-lib&remote=1").text == "1.10"


def test_number_of_upstreams_is_bounded(remote: Artifactory, upstream: Upstream) -> None:
    for number in range(5):
        remote.create_remote(f"r{number}", upstream.url)

    answer = ask(remote, "search/latestVersion?a=fancy-lib&remote=1")

    assert answer.status_code == 400
    assert "5 remote repositories at most, not 6" in message_of(answer)
    assert ask(remote, "search/latestVersion?a=fancy-lib&remote=1&repos=r,l").text == "3.0"


# by the property "version"


@pytest.fixture
def tagged(app: Artifactory) -> Artifactory:
    for path, properties in {
        "l/a/b/one": "version=1.9;os=win",
        "l/a/b/c/two": "version=1.10;os=win,mac",
        "l/a/other": "version=2.0;os=linux",
        "m/a/b/two": "version=1.10;os=win",
        "m/top": "version=0.1,x*;os=top",
    }.items():
        app.put(f"{path};{properties}")
    return app


@pytest.mark.parametrize(
    ("url", "version", "files"),
    [
        ("_any/_any", "2.0", ["l/a/other"]),
        ("_any/a/b?os=win", "1.10", ["l/a/b/c/two", "m/a/b/two"]),
        ("_any/a/b?os=win&os=mac", "1.10", ["l/a/b/c/two", "m/a/b/two"]),
        ("_any/a/b/c", "1.10", ["l/a/b/c/two"]),
        ("l/a/b/?os=*i*", "1.10", ["l/a/b/c/two"]),
        ("v/a?os=win,mac", "1.10", ["l/a/b/c/two", "m/a/b/two"]),
        ("m/_any?os=top", "0.1", ["m/top"]),
        ("m/_any?os=top&version=x?", "0.1", ["m/top"]),
    ],
)
def test_newest_of_what_has_a_version(
    tagged: Artifactory, url: str, version: str, files: list[str]
) -> None:
    assert ask(tagged, f"versions/{url}").json == {"version": version, "artifacts": []}
    mark = "&" if "?" in url else "?"
    assert ask(tagged, f"versions/{url}{mark}listFiles=0").json["artifacts"] == []
    listed = ask(tagged, f"versions/{url}{mark}listFiles=1").json
    assert listed == {
        "version": version,
        "artifacts": [{"uri": f"{STORAGE}{path}"} for path in files],
    }


@pytest.mark.parametrize("url", ["_any/a/none", "l/_any?os=top", "nothing/_any", "l/_any?none"])
def test_nothing_with_a_version_is_404(tagged: Artifactory, url: str) -> None:
    assert "Not Found" in message_of(ask(tagged, f"versions/{url}"))


def test_search_by_version_needs_a_user_and_shows_what_may_be_read(tagged: Artifactory) -> None:
    bob = tagged.create_user("bob")
    tagged.create_user("alice")
    tagged.patch_index("repo/l", "acl_read=alice")

    assert ask(tagged, "versions/_any/_any", user=None).status_code == 401
    assert ask(tagged, "versions/_any/_any", user=bob).json["version"] == "1.10"
    assert ask(tagged, "versions/l/_any", user=bob).status_code == 404
