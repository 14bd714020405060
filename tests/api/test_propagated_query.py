"""``propagateQueryParams``: a client's query for a file goes on to the upstream."""

from __future__ import annotations

from collections.abc import Iterator
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.faulty import FaultyUpstream
from support.faulty import answers
from support.faulty import redirects
from support.upstream import Upstream
from urllib.parse import urlsplit
import pytest


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
ALWAYS_ASK = {"retrievalCachePeriodSecs": 0, "assumedOfflinePeriodSecs": 0}
#: as nobody keeps the file, each request asks the upstream
PASSING = {"propagateQueryParams": True, "storeArtifactsLocally": False}


@pytest.fixture
def faulty() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        running.put_project("demo", {NAME: WHEEL})
        yield running


def path_of_file(upstream: Upstream) -> str:
    """The artifact's path in the repository."""
    (path,) = (path for path in upstream.answers if path.endswith(".whl"))
    return f"packages{path}"


def queries(upstream: Upstream) -> list[str]:
    """What stood behind the paths of files that the upstream was asked for."""
    asked = (urlsplit(path) for path in upstream.paths)
    return [parts.query for parts in asked if "demo-1.0" in parts.path]


@pytest.mark.parametrize("below", ["api/pypi/r", "pypi/r", "r", "api/pypi/v", "v"])
def test_query_of_a_file_goes_to_the_upstream(
    artifactory: Artifactory, faulty: FaultyUpstream, below: str
) -> None:
    """At every URL of the file, through a virtual as well; pages are asked for without."""
    artifactory.create_remote("r", faulty.url, **PASSING)
    artifactory.create("v", "virtual", repositories=["r"])

    answer = artifactory.get(f"{below}/{path_of_file(faulty)}?a=b&c=d%20e")

    assert answer.body == WHEEL
    assert faulty.paths == ["/simple/demo/", f"{path_of_file(faulty)[8:]}?a=b&c=d%20e"]


def test_query_of_a_file_of_a_scope_goes_to_the_upstream(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    artifactory.create(
        "d",
        "remote",
        url=upstream.url,
        pyPIRegistryUrl=upstream.url,
        pyPIRepositorySuffix="+simple",
        **PASSING,
    )
    upstream.put("/root/dev/+simple/demo/", f'<a href="/files/{NAME}">{NAME}</a>')
    upstream.put(f"/files/{NAME}", WHEEL)

    answer = artifactory.get(f"api/pypi/d/root/dev/packages/files/{NAME}?a=b")

    assert answer.body == WHEEL
    assert upstream.paths == ["/root/dev/+simple/demo/", f"/files/{NAME}?a=b"]


def test_query_stays_here_unless_the_setting_is_on(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url)

    assert artifactory.get(f"r/{path_of_file(faulty)}?a=b").body == WHEEL
    assert queries(faulty) == [""]


def test_query_of_a_file_that_the_page_does_not_show(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    """A link in an old lock file."""
    artifactory.create_remote("r", faulty.url, **PASSING)
    faulty.put(f"/files/old/{NAME}", WHEEL)

    assert artifactory.get(f"r/packages/old/{NAME}?a=b").body == WHEEL
    assert queries(faulty) == ["a=b"]


def test_query_of_a_metadata_file_goes_to_the_upstream(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url, **PASSING)
    faulty.put_project("demo", {NAME: WHEEL}, details={"core-metadata": True})
    path = f"{path_of_file(faulty)}.metadata"
    faulty.put(path[8:], "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", "text/plain")

    assert artifactory.get(f"r/{path}?a=b").status_code == 200
    assert queries(faulty) == ["a=b"]


def test_what_is_cached_does_not_depend_on_the_query(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    """A path is one artifact."""
    artifactory.create_remote("r", faulty.url, propagateQueryParams=True)

    for query in ("a=1", "a=2", ""):
        assert artifactory.get(f"r/{path_of_file(faulty)}?{query}").body == WHEEL
    assert queries(faulty) == ["a=1"]


def test_parameters_of_the_link_and_of_the_setting_are_not_replaced(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    """A signature in a link, or a token of the administrator, is not for clients to choose."""
    artifactory.create_remote("r", faulty.url, queryParams="token=own", **PASSING)
    faulty.put("/simple/demo/", f'<a href="/files/{NAME}?sig=1">{NAME}</a>')
    faulty.put(f"/files/{NAME}", WHEEL)

    sent = "sig=2&%74oken=mine&token&a=b&a=c&sig=1"
    assert artifactory.get(f"r/packages/files/{NAME}?{sent}").body == WHEEL
    assert queries(faulty) == ["sig=1&token=own&a=b&a=c"]


def test_query_goes_to_hosts_of_the_repository_only(
    artifactory: Artifactory, faulty: FaultyUpstream, upstream: Upstream
) -> None:
    artifactory.create_remote("r", faulty.url, **PASSING)
    faulty.put("/simple/demo/", f'<a href="{upstream.url}/here/{NAME}">{NAME}</a>')
    upstream.put(f"/here/{NAME}", WHEEL)
    second = wheel_filename("demo", "1.0.1")
    faulty.faults[f"/files/there/{second}"] = redirects(f"{upstream.url}/there/{second}")
    upstream.put(f"/there/{second}", make_wheel("demo", "1.0.1"))

    assert artifactory.get(f"r/packages/here/{NAME}?a=b").status_code == 200
    assert artifactory.get(f"r/packages/there/{second}?a=b").status_code == 200

    assert queries(faulty) == ["a=b"]
    assert queries(upstream) == ["", ""]


@pytest.mark.parametrize("below", ["r", "v"])
def test_query_that_is_too_long_is_refused(
    artifactory: Artifactory, faulty: FaultyUpstream, below: str
) -> None:
    artifactory.create_remote("r", faulty.url, **PASSING)
    artifactory.create("v", "virtual", repositories=["r"])

    answer = artifactory.get(f"{below}/{path_of_file(faulty)}?a={'b' * 2000}")

    assert answer.status_code == 400
    assert message_of(answer) == "A query string of more than 2000 bytes is not passed on."
    assert faulty.paths == []


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("a=\u00e4", "a=%C3%A4"),
        ("a=b c", "a=b%20c"),
        ("a=#b", "a=%23b"),
        ("a=%0d%0aHost:%20x", "a=%0d%0aHost:%20x"),
        ("a=\r\nX: y", "a=%0D%0AX:%20y"),
        ('a="<>\\^`{|}', "a=%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("a=%zz&&?b", "a=%zz&?b"),
    ],
)
def test_hostile_query_is_passed_on_as_a_query(
    artifactory: Artifactory, faulty: FaultyUpstream, sent: str, received: str
) -> None:
    artifactory.create_remote("r", faulty.url, **PASSING)

    # as a server of WSGI gives it: bytes as Latin-1
    environ = {"QUERY_STRING": sent.encode().decode("latin-1")}
    answer = artifactory.get(f"r/{path_of_file(faulty)}", environ=environ)

    assert answer.body == WHEEL
    assert queries(faulty) == [received]


def test_failures_do_not_tell_the_query(
    artifactory: Artifactory, faulty: FaultyUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK, **PASSING)
    path = path_of_file(faulty)
    for fault in (answers(500), redirects("?again"), answers(200, body=b"other"), answers(404)):
        faulty.faults[path[8:]] = fault
        answer = artifactory.get(f"r/{path}?token=hunter2")
        assert answer.status_code >= 400
        assert "hunter2" not in answer.text
    assert "hunter2" in queries(faulty)[-1]
    assert "hunter2" not in caplog.text
