"""Settings of a remote repository that say how its upstream is asked."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.faulty import FaultyUpstream
from support.faulty import answers
from support.faulty import hangs_after
from support.faulty import redirects
from support.faulty import sends
from support.upstream import JSON
from support.upstream import Upstream
from typing import Any
from urllib.parse import urljoin
from urllib.parse import urlsplit
import json
import pytest


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
PAGE = "/artifactory/api/pypi/r/simple/demo/"
ACCEPT = {"Accept": JSON}
ALWAYS_ASK = {"retrievalCachePeriodSecs": 0, "missedRetrievalCachePeriodSecs": 0}
ADMIN = ("root", "")


@pytest.fixture
def faulty() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        running.put_project("demo", {NAME: WHEEL})
        yield running


@pytest.fixture
def other() -> Iterator[FaultyUpstream]:
    """Another server, of another origin because of its port."""
    with FaultyUpstream() as running:
        yield running


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def change(artifactory: Artifactory, key: str = "r", **settings: Any) -> None:
    answer = artifactory.request("POST", f"api/repositories/{key}", user=ADMIN, body=settings)
    assert answer.status_code == 200, answer.text


def filenames(artifactory: Artifactory, page: str = PAGE) -> list[str]:
    return [file["filename"] for file in artifactory.get(page, headers=ACCEPT).json["files"]]


def file_url(artifactory: Artifactory) -> str:
    (file,) = artifactory.get(PAGE, headers=ACCEPT).json["files"]
    return urljoin(PAGE, file["url"])


def authorization(upstream: Upstream) -> list[str | None]:
    return [asked.headers.get("Authorization") for asked in upstream.asked]


# assumedOfflinePeriodSecs


@pytest.mark.parametrize(
    ("fault", "status"), [(answers(500), 502), (hangs_after(), 504), (sends(b""), 502)]
)
def test_upstream_that_fails_is_not_asked_again_for_a_while(
    artifactory: Artifactory, faulty: FaultyUpstream, fault: Any, status: int
) -> None:
    """``assumedOfflinePeriodSecs``: what is cached is served, the rest fails at once."""
    artifactory.create_remote("r", faulty.url, socketTimeoutMillis=300, **ALWAYS_ASK)
    url = file_url(artifactory)
    artifactory.get(url)
    faulty.everything = fault
    assert artifactory.get("api/pypi/r/simple/other/").status_code == status
    asked = len(faulty.asked)

    again = artifactory.get("api/pypi/r/simple/third/")

    assert again.status_code == status
    assert "counts as offline" in message_of(again)
    assert filenames(artifactory) == [NAME]
    assert artifactory.get(url).body == WHEEL
    assert artifactory.get("api/pypi/r/simple/").status_code == 200
    assert len(faulty.asked) == asked


def test_upstream_that_cannot_be_reached_counts_as_offline(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    faulty.close()
    first = artifactory.get(PAGE)

    second = artifactory.get(PAGE)

    assert first.status_code == second.status_code == 502
    assert "counts as offline" not in message_of(first)
    assert "counts as offline for 300 s" in message_of(second)


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_upstream_that_answers_is_not_offline(
    artifactory: Artifactory, faulty: FaultyUpstream, status: int
) -> None:
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    faulty.faults["/simple/other/"] = answers(status)
    artifactory.get("api/pypi/r/simple/other/")

    assert filenames(artifactory) == [NAME]


@pytest.mark.parametrize("status", [429, 503])
def test_upstream_that_wants_to_be_left_alone_is(
    artifactory: Artifactory, faulty: FaultyUpstream, status: int
) -> None:
    """Retry-After counts whatever ``assumedOfflinePeriodSecs`` says, for an hour at most."""
    artifactory.create_remote("r", faulty.url, assumedOfflinePeriodSecs=0, **ALWAYS_ASK)
    faulty.everything = answers(status, "Retry-After: 86400")
    artifactory.get(PAGE)
    faulty.everything = None

    answer = artifactory.get(PAGE)

    assert answer.status_code == 502
    assert "offline for 3600 s" in message_of(answer)
    assert len(faulty.asked) == 1


def test_dead_host_of_files_does_not_take_the_pages_with_it(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    """Each server that pages point to is offline or not for itself."""
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    faulty.put("/simple/demo/", f'<a href="{other.url}/{NAME}">{NAME}</a>')
    url = file_url(artifactory)
    other.close()

    assert artifactory.get(url).status_code == 502
    assert "counts as offline" in message_of(artifactory.get(url))
    assert filenames(artifactory) == [NAME]


def test_json_api_that_fails_says_nothing_of_the_pages(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    faulty.faults["/pypi/demo/1.0/json"] = answers(500)

    assert artifactory.get("api/pypi/r/pypi/demo/json").status_code == 200
    assert artifactory.get(PAGE).status_code == 200
    assert "/pypi/demo/1.0/json" in faulty.paths
    assert faulty.paths[-1] == "/simple/demo/"


# hardFail


@pytest.fixture
def virtual(artifactory: Artifactory, faulty: FaultyUpstream) -> Artifactory:
    """A virtual ``v`` of a local repository that has ``demo`` and of a remote that fails."""
    artifactory.create("l")
    artifactory.upload_wheel("l", "demo", "2.0")
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    artifactory.create("v", "virtual", repositories=["r", "l"])
    faulty.everything = answers(500)
    return artifactory


def test_virtual_goes_on_without_a_member_that_fails(virtual: Artifactory) -> None:
    assert filenames(virtual, "api/pypi/v/simple/demo/") == [wheel_filename("demo", "2.0")]
    # nobody may conclude that there is no such project
    assert virtual.get("api/pypi/v/simple/other/").status_code == 502
    assert virtual.get("api/pypi/r/simple/demo/").status_code == 502


@pytest.mark.parametrize("path", ["simple/demo/", "simple/", "pypi/demo/json"])
def test_failure_of_a_hard_failing_member_is_the_virtuals(virtual: Artifactory, path: str) -> None:
    """``hardFail``"""
    change(virtual, hardFail=True)

    assert virtual.get(f"api/pypi/v/{path}").status_code == 502


def test_hard_failing_member_does_not_fail_for_files_that_are_elsewhere(
    virtual: Artifactory,
) -> None:
    change(virtual, hardFail=True)
    path = f"demo/2.0/{wheel_filename('demo', '2.0')}"

    assert virtual.get(f"api/pypi/v/{path}").status_code == 200
    assert virtual.get(f"api/pypi/v/packages/ab/{NAME}").status_code == 502


# credentials


def test_credentials_go_to_the_upstream_only(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url, username="me", password="hunter2")
    faulty.put("/simple/demo/", f'<a href="{other.url}/{NAME}">{NAME}</a>')
    other.put(f"/{NAME}", WHEEL)

    assert artifactory.get(file_url(artifactory)).body == WHEEL

    (sent,) = authorization(faulty)
    assert sent is not None
    assert b64decode(sent.removeprefix("Basic ")) == b"me:hunter2"
    assert authorization(other) == [None]


def test_credentials_do_not_follow_a_redirect_to_another_host(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url, username="me", password="hunter2")
    other.put_project("demo", {NAME: WHEEL})
    faulty.faults["/simple/demo/"] = redirects(f"{other.url}/simple/demo/")

    assert filenames(artifactory) == [NAME]
    assert authorization(other) == [None]


def test_credentials_follow_a_redirect_to_the_host_of_the_files(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    artifactory.create(
        "r",
        "remote",
        pyPIRegistryUrl=faulty.url,
        url=other.url,
        username="me",
        password="hunter2",
    )
    other.put_project("demo", {NAME: WHEEL})
    faulty.faults["/simple/demo/"] = redirects(f"{other.url}/simple/demo/")

    assert filenames(artifactory) == [NAME]
    assert authorization(other) == authorization(faulty) != [None]


def test_credentials_go_to_any_host_when_the_setting_says_so(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    """``allowAnyHostAuth``"""
    artifactory.create_remote(
        "r", faulty.url, username="me", password="hunter2", allowAnyHostAuth=True
    )
    faulty.put("/simple/demo/", f'<a href="{other.url}/old/{NAME}">{NAME}</a>')
    other.faults[f"/old/{NAME}"] = redirects(f"/{NAME}")
    other.put(f"/{NAME}", WHEEL)

    assert artifactory.get(file_url(artifactory)).body == WHEEL
    assert authorization(other) == authorization(faulty) * 2 != [None, None]


def test_credentials_in_the_link_of_a_page_are_for_its_host(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    artifactory.create_remote("r", faulty.url)
    link = other.url.replace("//", "//page:own@")
    faulty.put("/simple/demo/", f'<a href="{link}/{NAME}">{NAME}</a>')
    other.put(f"/{NAME}", WHEEL)

    assert artifactory.get(file_url(artifactory)).body == WHEEL
    (sent,) = authorization(other)
    assert sent is not None
    assert b64decode(sent.removeprefix("Basic ")) == b"page:own"


def test_failures_do_not_tell_what_is_secret(
    artifactory: Artifactory, faulty: FaultyUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    artifactory.create_remote(
        "r",
        faulty.url,
        username="me",
        password="hunter2",
        queryParams="token=hunter2",
        assumedOfflinePeriodSecs=0,
        **ALWAYS_ASK,
    )
    # devpi logs the options of a new index, as everybody may read them
    caplog.clear()
    for fault in (answers(500), answers(200, body=b"{]"), redirects("?again"), sends(b"")):
        faulty.everything = fault
        answer = artifactory.get(PAGE)
        assert answer.status_code == 502
        assert "hunter2" not in answer.text
    assert "token=hunter2" in faulty.paths[-1]
    assert "hunter2" not in caplog.text


def test_cookies_are_not_kept(artifactory: Artifactory, faulty: FaultyUpstream) -> None:
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    page = faulty.answers["/simple/demo/"]
    faulty.put("/simple/demo/", page.body, JSON, headers={"Set-Cookie": "a=b; Path=/"})

    artifactory.get(PAGE)
    artifactory.get(PAGE)

    assert [asked.headers.get("Cookie") for asked in faulty.asked] == [None, None]


# queryParams


def test_query_parameters_are_added_to_what_the_upstream_is_asked(
    artifactory: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    """``queryParams``: they may be secret, so other hosts do not get them."""
    artifactory.create_remote("r", faulty.url, queryParams="a=b&c=d")
    links = f'<a href="/files/{NAME}?x=1">{NAME}</a>'
    second = wheel_filename("demo", "2.0")
    faulty.put("/simple/demo/", f'{links}<a href="{other.url}/{second}?x=1">{second}</a>')
    faulty.put(f"/files/{NAME}", WHEEL)
    other.put(f"/{second}", make_wheel("demo", "2.0"))

    for file in artifactory.get(PAGE, headers=ACCEPT).json["files"]:
        assert artifactory.get(urljoin(PAGE, file["url"])).status_code == 200

    assert faulty.paths == ["/simple/demo/?a=b&c=d", f"/files/{NAME}?x=1&a=b&c=d"]
    assert other.paths == [f"/{second}?x=1"]


# proxy


class Proxy(FaultyUpstream):
    """Knows every host: takes what it is asked for from the paths of its answers."""

    def __init__(self) -> None:
        super().__init__()
        self.put_project("demo", {NAME: WHEEL})

    def fault_at(self, path: str) -> Any:
        parts = urlsplit(path)
        answer = self.answers.get(parts.path)
        if not parts.netloc or answer is None:
            return answers(404)
        return answers(200, f"Content-Type: {answer.content_type}", body=answer.body)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def test_upstream_is_asked_through_a_proxy(artifactory: Artifactory, proxy: Proxy) -> None:
    """``proxy`` holds the URL of a proxy; its credentials are for it."""
    url = proxy.url.replace("//", "//me:secret@")
    artifactory.create_remote("r", "http://upstream.example", proxy=url)

    assert filenames(artifactory) == [NAME]

    (asked,) = proxy.asked
    assert asked.path == "http://upstream.example/simple/demo/"
    sent = asked.headers["Proxy-Authorization"].removeprefix("Basic ")
    assert b64decode(sent) == b"me:secret"
    assert "Authorization" not in asked.headers


def test_proxy_by_its_key_has_no_effect(artifactory: Artifactory, faulty: FaultyUpstream) -> None:
    """Artifactory's value is the key of a proxy that is set up elsewhere."""
    artifactory.create_remote("r", faulty.url, proxy="corporate-proxy")

    assert filenames(artifactory) == [NAME]
    config = artifactory.get("api/repositories/r", user=ADMIN)
    assert config.json["proxy"] == "corporate-proxy"


def test_proxy_that_is_gone_is_a_bad_gateway(artifactory: Artifactory, proxy: Proxy) -> None:
    artifactory.create_remote("r", "http://upstream.example", proxy=proxy.url, **ALWAYS_ASK)
    proxy.close()

    assert artifactory.get(PAGE).status_code == 502


def test_another_proxy_is_tried_at_once(
    artifactory: Artifactory, proxy: Proxy, other: FaultyUpstream
) -> None:
    """The upstream counted as offline by way of the old one."""
    artifactory.create_remote("r", "http://upstream.example", proxy=other.url, **ALWAYS_ASK)
    other.close()
    assert artifactory.get(PAGE).status_code == 502

    change(artifactory, proxy=proxy.url)

    assert filenames(artifactory) == [NAME]


def test_proxy_of_the_environment(
    artifactory: Artifactory, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    artifactory.create_remote("r", "http://upstream.example")

    assert filenames(artifactory) == [NAME]


@pytest.mark.parametrize("setting", [{"disableProxy": True}, {}])
def test_proxy_is_passed_over(
    artifactory: Artifactory,
    faulty: FaultyUpstream,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    setting: dict[str, Any],
) -> None:
    """By ``disableProxy``, or by the environment's list of hosts that need none."""
    monkeypatch.setenv("http_proxy", proxy.url)
    if not setting:
        monkeypatch.setenv("no_proxy", "127.0.0.1")
    artifactory.create_remote("r", faulty.url, **setting)

    assert filenames(artifactory) == [NAME]
    assert proxy.asked == []


def test_proxy_of_an_unknown_kind_is_a_bad_gateway(
    artifactory: Artifactory, faulty: FaultyUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifactory.create_remote("r", faulty.url)

    with monkeypatch.context() as environment:
        environment.setenv("all_proxy", "socks5://127.0.0.1:1")
        answer = artifactory.get(PAGE)

    assert answer.status_code == 502
    assert "http and https proxies" in message_of(answer)


# the rest


def test_empty_time_limits_are_the_default_ones(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    """Nothing waits for ever."""
    artifactory.create_remote(
        "r", faulty.url, socketTimeoutMillis=0, metadataRetrievalTimeoutSecs=0
    )

    assert filenames(artifactory) == [NAME]


def test_offline_mode_of_devpi(make_artifactory: Any, faulty: FaultyUpstream) -> None:
    artifactory = make_artifactory("--offline-mode")
    artifactory.create_remote("r", faulty.url)

    answer = artifactory.get(PAGE)

    assert answer.status_code == 502
    assert "offline mode" in message_of(answer)
    assert faulty.asked == []


def test_kept_connection_that_the_upstream_has_closed_is_no_failure(
    artifactory: Artifactory, faulty: FaultyUpstream
) -> None:
    """A request that meets the end of the connection is sent once more."""
    artifactory.create_remote("r", faulty.url, **ALWAYS_ASK)
    calls = iter([b""])
    page = faulty.answers["/simple/demo/"].body
    body = json.dumps(json.loads(page)).encode()
    answer = answers(200, f"Content-Type: {JSON}", body=body)

    faulty.everything = lambda conversation: (
        conversation.send(b"") if next(calls, None) is not None else answer(conversation)
    )

    assert filenames(artifactory) == [NAME]
    assert len(faulty.asked) == 2
