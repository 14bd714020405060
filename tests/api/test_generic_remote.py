"""Generic remotes: ``GET /artifactory/<key>/<path>`` fetches ``<url>/<path>`` and keeps it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from devpi_artifactory_compat.views.files import BrokenOff
from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.faulty import Fault
from support.faulty import FaultyUpstream
from support.faulty import answers
from support.faulty import drips
from support.faulty import hangs_after
from support.faulty import head
from support.faulty import redirects
from support.faulty import sends
from threading import Barrier
from typing import Any
import gzip
import pytest
import random


BODY = b"#!/bin/sh\necho some script\n"
PATH = "dir/sub/run me+v1#2.sh"
QUOTED = "dir/sub/run%20me%2Bv1%232.sh"
#: more than what is held back of every file until all of it is there
LARGE = random.Random(2).randbytes(400_000)
BEGINNING = 200_000
WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
MODIFIED = "Tue, 07 May 2024 08:09:10 GMT"
LISTING = '<html><body><a href="a.txt">a.txt</a></body></html>'


@pytest.fixture
def faulty() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        yield running


@pytest.fixture
def other() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        yield running


@pytest.fixture
def remote(artifactory: Artifactory, faulty: FaultyUpstream) -> Artifactory:
    """``r``, whose upstream has files below ``/pub``."""
    artifactory.create(
        "r",
        "remote",
        packageType="generic",
        url=f"{faulty.url}/pub",
        assumedOfflinePeriodSecs=0,
        socketTimeoutMillis=300,
    )
    faulty.put("/pub/a.txt", "a")
    return artifactory


def change(app: Artifactory, **settings: Any) -> None:
    answer = app.request("POST", "api/repositories/r", user=ADMIN, body=settings)
    assert answer.status_code == 200, answer.text


def is_cached(app: Artifactory, path: str) -> bool:
    return app.get(f"r-cache/{path}").status_code == 200


def stored_files(app: Artifactory) -> list[Any]:
    files = app.xom.config.server_path / "+files"
    return [path for path in files.rglob("*") if path.is_file()]


# what is kept


def test_file_is_fetched_once_and_kept_at_its_path(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    faulty.put("/pub/dir/sub/run%20me+v1%232.sh", BODY, headers={"Last-Modified": MODIFIED})

    first, second, cached = (remote.get(f"{key}/{QUOTED}") for key in ("r", "r", "r-cache"))

    assert first.body == second.body == cached.body == BODY
    assert second.headers["X-Checksum-Sha256"] == sha256(BODY).hexdigest()
    assert faulty.paths == ["/pub/dir/sub/run%20me+v1%232.sh"]
    shown = remote.get(f"api/storage/r-cache/{QUOTED}").json
    assert shown["repo"] == "r-cache"
    assert shown["path"] == f"/{PATH}"
    assert shown["size"] == str(len(BODY))
    assert shown["lastModified"] == "2024-05-07T08:09:10.000Z"
    assert shown["remoteUrl"] == f"{faulty.url}/pub/dir/sub/run%20me+v1%232.sh"
    assert shown["checksums"] == {
        "md5": md5(BODY).hexdigest(),
        "sha1": sha1(BODY).hexdigest(),
        "sha256": sha256(BODY).hexdigest(),
    }
    children = remote.get("api/storage/r/dir").json["children"]
    assert children == [{"uri": "/sub", "folder": True}]


def test_distribution_is_a_plain_file(remote: Artifactory, faulty: FaultyUpstream) -> None:
    """It has no project: neither our pages nor devpi's show it."""
    faulty.put(f"/pub/demo/{NAME}", WHEEL)

    assert remote.get(f"r/demo/{NAME}").body == WHEEL

    assert remote.get(f"r/demo/{NAME}.metadata").status_code == 404
    assert remote.get(f"api/storage/r-cache/demo/{NAME}?properties").status_code == 404
    assert remote.get("/repo/r/+simple/demo/").status_code == 404
    listed = remote.get("/repo/r", headers={"Accept": "application/json"}).json["result"]
    assert listed["projects"] == []
    assert "demo" not in remote.get("/repo/r/+simple/").text
    assert faulty.paths == [f"/pub/demo/{NAME}", f"/pub/demo/{NAME}.metadata"]


@pytest.mark.parametrize("name", ["archive.zip", NAME, "x.tar.gz", "empty.bin"])
def test_file_is_kept_whatever_its_name_promises(
    remote: Artifactory, faulty: FaultyUpstream, name: str
) -> None:
    body = b"" if name == "empty.bin" else b"no archive"
    faulty.put(f"/pub/{name}", body)

    assert remote.get(f"r/{name}").body == body
    assert is_cached(remote, name)


def test_what_is_kept_stays_as_it_is(remote: Artifactory, faulty: FaultyUpstream) -> None:
    """``retrievalCachePeriodSecs`` is for pages; what is deleted is fetched again."""
    change(remote, retrievalCachePeriodSecs=0)
    remote.get("r/a.txt")
    faulty.put("/pub/a.txt", "changed")
    remote.request("POST", "api/zap/r", user=ADMIN)

    assert remote.get("r/a.txt").text == "a"
    assert remote.request("DELETE", "r-cache/a.txt", user=ADMIN).status_code == 204
    assert not is_cached(remote, "a.txt")
    assert remote.get("r/a.txt").text == "changed"


@pytest.mark.parametrize("path", ["r-cache/dir", "r-cache/dir/", "r-cache"])
def test_deleting_leaves_no_file_and_no_folder(
    remote: Artifactory, faulty: FaultyUpstream, path: str
) -> None:
    for name in ("one", "sub/two"):
        faulty.put(f"/pub/dir/{name}", name)
        remote.get(f"r/dir/{name}")

    assert remote.request("DELETE", path, user=ADMIN).status_code == 204

    assert stored_files(remote) == []
    assert remote.get("api/storage/r").json["children"] == []
    assert remote.request("DELETE", "r-cache/dir", user=ADMIN).status_code == 404


def test_deleting_the_repository_leaves_no_file(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    faulty.put(f"/pub/{NAME}", WHEEL)
    remote.get("r/a.txt")
    remote.get(f"r/{NAME}")
    assert len(stored_files(remote)) == 2

    assert remote.request("DELETE", "api/repositories/r", user=ADMIN).status_code == 200

    assert stored_files(remote) == []
    remote.create("r", "remote", packageType="generic", url=faulty.url)
    assert not is_cached(remote, "a.txt")
    assert remote.get("api/storage/r").json["children"] == []


def test_properties_are_set_in_the_cache(remote: Artifactory) -> None:
    remote.get("r/a.txt")

    url = "api/storage/r-cache/a.txt?properties"
    assert remote.request("PUT", f"{url}=team=blue", user=ADMIN).status_code == 204
    assert remote.get(url).json["properties"] == {"team": ["blue"]}
    assert remote.get("r/a.txt").text == "a"


def test_checksum_deploy_finds_what_is_cached(remote: Artifactory) -> None:
    remote.get("r/a.txt")
    remote.create("g", packageType="generic")
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-Sha1": sha1(b"a").hexdigest()}

    made = remote.request("PUT", "g/b.txt", user=ADMIN, body=b"", headers=headers)

    assert made.status_code == 201
    assert remote.request("DELETE", "r-cache", user=ADMIN).status_code == 204
    assert remote.get("g/b.txt").text == "a"


@pytest.mark.parametrize("key", ["r", "r-cache"])
def test_nothing_is_deployed_to_it(remote: Artifactory, key: str) -> None:
    assert remote.request("PUT", f"{key}/b", user=ADMIN, body=b"b").status_code == 405


# folders


def test_folder_is_no_file(remote: Artifactory, faulty: FaultyUpstream) -> None:
    """An upstream lists it where the URL ends in a slash, and redirects others there."""
    faulty.put("/pub/dir/", LISTING)
    faulty.faults["/pub/dir"] = redirects("/pub/dir/")

    assert remote.get("r/dir/").status_code == 404
    assert remote.get("r/a.txt/").status_code == 404
    assert faulty.asked == []
    assert remote.get("r/dir").status_code == 404
    assert stored_files(remote) == []


def test_page_of_html_is_a_file(remote: Artifactory, faulty: FaultyUpstream) -> None:
    faulty.put("/pub/dir/index.html", LISTING)

    assert remote.get("r/dir/index.html").text == LISTING


# shared downloads


def test_clients_share_one_download_and_follow_it(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    change(remote, socketTimeoutMillis=15_000)
    faulty.put("/pub/large.bin", LARGE)
    gate = faulty.hold("/pub/large.bin", after=BEGINNING)
    together = Barrier(11, timeout=60)

    def fetch(_number: int) -> bytes:
        status, body = remote.open("r/large.bin")
        assert status == 200
        pieces = iter(body)
        first = next(pieces)
        together.wait()
        return first + b"".join(pieces)

    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(fetch, number) for number in range(10)]
        together.wait()
        gate.open()

    assert {answer.result() for answer in answers} == {LARGE}
    assert faulty.paths == ["/pub/large.bin"]


def test_client_that_goes_away_does_not_end_the_download(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    change(remote, socketTimeoutMillis=15_000)
    faulty.put("/pub/large.bin", LARGE)
    gate = faulty.hold("/pub/large.bin", after=BEGINNING)
    _status, body = remote.open("r/large.bin")
    next(iter(body))
    body.close()  # type: ignore[attr-defined]
    gate.open()

    assert remote.get("r/large.bin").body == LARGE
    assert len(faulty.asked) == 1


def test_head_tells_what_get_will(remote: Artifactory, faulty: FaultyUpstream) -> None:
    """With all checksums, which only the whole file tells: it is fetched and kept."""
    told = remote.head("r/a.txt")

    assert (told.status_code, told.content_length, told.body) == (200, 1, b"")
    assert told.headers["X-Checksum-Sha1"] == sha1(b"a").hexdigest()
    assert told.headers["Accept-Ranges"] == "bytes"
    assert remote.head("r/nope").status_code == 404
    assert is_cached(remote, "a.txt")
    assert [asked.method for asked in faulty.asked] == ["GET", "GET"]


def test_range(remote: Artifactory, faulty: FaultyUpstream) -> None:
    faulty.put("/pub/large.bin", LARGE)

    for _ in range(2):
        answer = remote.get("r/large.bin", headers={"Range": "bytes=5-9"})
        assert (answer.status_code, answer.body) == (206, LARGE[5:10])
    assert len(faulty.asked) == 1


class TestFilesThatAreNotStored:
    """``storeArtifactsLocally=false``"""

    @pytest.fixture
    def remote(self, remote: Artifactory, faulty: FaultyUpstream) -> Artifactory:
        change(remote, storeArtifactsLocally=False)
        faulty.put("/pub/large.bin", LARGE)
        return remote

    def test_every_request_is_the_upstreams(
        self, remote: Artifactory, faulty: FaultyUpstream
    ) -> None:
        for _ in range(2):
            assert remote.get("r/large.bin").body == LARGE
        assert remote.head("r/large.bin").content_length == len(LARGE)
        part = remote.get("r/large.bin", headers={"Range": "bytes=-10"})
        assert (part.status_code, part.body) == (206, LARGE[-10:])

        assert faulty.paths == ["/pub/large.bin"] * 4
        assert stored_files(remote) == []

    def test_missing_file_is_404_and_broken_one_502(
        self, remote: Artifactory, faulty: FaultyUpstream
    ) -> None:
        faulty.faults["/pub/short"] = sends(head(200, "Content-Length: 9") + b"abc")

        assert remote.get("r/nope").status_code == 404
        assert remote.get("r/short").status_code == 502


# bad upstreams

FAULTS: dict[str, tuple[Fault, int, str]] = {
    "no answer": (hangs_after(), 504, "hangs"),
    "hang in the middle": (hangs_after(head(200, "Content-Length: 9") + b"abc"), 504, "hangs"),
    "404": (answers(404), 404, "locate"),
    "410": (answers(410), 404, "locate"),
    "403": (answers(403), 502, "403"),
    "500": (answers(500), 502, "500"),
    "206": (answers(206, body=b"abc"), 502, "206"),
    "redirect loop": (redirects("?again"), 502, "circles"),
    "redirect to no URL": (redirects("ftp://files.example/"), 502, "no usable URL"),
    "truncated": (sends(head(200, "Content-Length: 9") + b"abc"), 502, "broke"),
    "truncated, in chunks": (
        sends(head(200, "Transfer-Encoding: chunked") + b"32\r\nabc\r\n"),
        502,
        "broke off",
    ),
    "no HTTP": (sends(b"220 mail.example ESMTP\r\n\r\n"), 502, "cannot be reached"),
    "compressed unasked": (
        answers(200, "Content-Encoding: gzip", body=gzip.compress(b"a")),
        502,
        "compresses",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_file_while_the_upstream_fails(
    remote: Artifactory, faulty: FaultyUpstream, name: str
) -> None:
    """The reason, and nothing in the cache; as soon as the upstream recovers, the file."""
    fault, status, reason = FAULTS[name]
    change(remote, missedRetrievalCachePeriodSecs=0)
    faulty.faults["/pub/a.txt"] = fault

    answer = remote.get("r/a.txt")

    assert answer.status_code == status, answer.text
    assert reason in message_of(answer)
    assert stored_files(remote) == []
    faulty.faults.clear()
    assert remote.get("r/a.txt").text == "a"


def test_headers_that_drip_are_a_timeout(remote: Artifactory, faulty: FaultyUpstream) -> None:
    change(remote, metadataRetrievalTimeoutSecs=1)
    faulty.faults["/pub/a.txt"] = drips(head(200, "X: " + "y" * 1000))

    assert remote.get("r/a.txt").status_code == 504


def test_large_file_that_breaks_off_is_complete_for_nobody(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    change(remote, socketTimeoutMillis=15_000)
    faulty.put("/pub/large.bin", LARGE, length=len(LARGE) + 1)
    gate = faulty.hold("/pub/large.bin", after=BEGINNING)
    _status, body = remote.open("r/large.bin")
    pieces = iter(body)
    received = bytearray(next(pieces))
    gate.open()

    with pytest.raises(BrokenOff, match="broke off"):
        received.extend(b"".join(pieces))

    assert len(received) < len(LARGE)
    assert not is_cached(remote, "large.bin")


def test_upstream_that_fails_is_left_alone_for_a_while(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    """``assumedOfflinePeriodSecs``: what is cached is served, the rest fails at once."""
    remote.get("r/a.txt")
    change(remote, assumedOfflinePeriodSecs=300)
    faulty.everything = answers(503)
    assert remote.get("r/b.txt").status_code == 502
    asked = len(faulty.asked)

    again = remote.get("r/c.txt")

    assert again.status_code == 502
    assert "counts as offline" in message_of(again)
    assert remote.get("r/a.txt").text == "a"
    assert len(faulty.asked) == asked


def test_absence_is_remembered(remote: Artifactory, faulty: FaultyUpstream) -> None:
    """``missedRetrievalCachePeriodSecs``, until it is over or the repository is zapped."""
    for _ in range(2):
        assert remote.get("r/new.txt").status_code == 404
    assert len(faulty.asked) == 1
    faulty.put("/pub/new.txt", "new")
    assert remote.get("r/new.txt").status_code == 404

    remote.request("POST", "api/zap/r", user=ADMIN)

    assert remote.get("r/new.txt").text == "new"


def test_absence_is_forgotten_at_once_when_the_setting_says_so(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    change(remote, missedRetrievalCachePeriodSecs=0)
    assert remote.get("r/new.txt").status_code == 404
    faulty.put("/pub/new.txt", "new")

    assert remote.get("r/new.txt").text == "new"


# settings


def test_offline_serves_what_is_cached(remote: Artifactory, faulty: FaultyUpstream) -> None:
    faulty.put("/pub/b.txt", "b")
    remote.get("r/a.txt")
    change(remote, offline=True)

    assert remote.get("r/a.txt").text == "a"
    assert remote.get("r/b.txt").status_code == 404
    assert faulty.paths == ["/pub/a.txt"]


def test_blacked_out(remote: Artifactory, faulty: FaultyUpstream) -> None:
    remote.get("r/a.txt")
    change(remote, blackedOut=True)

    assert remote.get("r/a.txt").status_code == 404
    assert remote.get("r-cache/a.txt").status_code == 404


def test_patterns_match_paths_and_ask_for_nothing_else(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    faulty.put(f"/pub/x/{NAME}", WHEEL)
    change(remote, includesPattern="**/*.whl", excludesPattern="tmp/**")

    assert remote.get(f"r/x/{NAME}").body == WHEEL
    assert remote.get("r/a.txt").status_code == 404
    assert remote.get(f"r/tmp/{NAME}").status_code == 404
    assert len(faulty.asked) == 1


def test_query_parameters_are_added(remote: Artifactory, faulty: FaultyUpstream) -> None:
    change(remote, queryParams="token=secret")

    assert remote.get("r/a.txt").text == "a"
    assert faulty.paths == ["/pub/a.txt?token=secret"]
    shown = remote.get("api/storage/r-cache/a.txt")
    assert "secret" not in shown.text


def test_credentials_go_to_the_upstream_only(
    remote: Artifactory, faulty: FaultyUpstream, other: FaultyUpstream
) -> None:
    """Redirects are followed to other hosts, without them."""
    change(remote, username="me", password="hunter2")
    other.put("/elsewhere/b.txt", "b")
    faulty.faults["/pub/b.txt"] = redirects(f"{other.url}/elsewhere/b.txt")

    assert remote.get("r/b.txt").text == "b"

    (own,), (theirs,) = faulty.asked, other.asked
    assert b64decode(own.headers["Authorization"].removeprefix("Basic ")) == b"me:hunter2"
    assert "Authorization" not in theirs.headers


def test_proxy(remote: Artifactory, faulty: FaultyUpstream) -> None:
    class Proxy(FaultyUpstream):
        def fault_at(self, path: str) -> Fault:
            return answers(200, body=path.encode())

    with Proxy() as proxy:
        change(remote, url="http://files.example/pub", proxy=proxy.url)
        assert remote.get("r/b.txt").text == "http://files.example/pub/b.txt"
    assert faulty.asked == []


def test_who_may_not_read_fetches_nothing(remote: Artifactory, faulty: FaultyUpstream) -> None:
    remote.patch_index("repo/r", "acl_read=root")

    assert remote.get("r/a.txt").status_code == 401
    assert remote.get("r-cache/a.txt").status_code == 401
    assert faulty.asked == []


@pytest.mark.parametrize("path", ["r/../x", "r/a/%2e%2e/b", "r/a//b", "r/a%5Cb", "r/%ff", "r/a%00"])
def test_paths_that_lead_elsewhere_are_400(
    remote: Artifactory, faulty: FaultyUpstream, path: str
) -> None:
    assert remote.get(path).status_code == 400
    assert faulty.asked == []


def test_nobody_waits_to_write_while_the_upstream_is_slow(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    change(remote, socketTimeoutMillis=15_000)
    remote.create("l")
    faulty.put("/pub/large.bin", LARGE)
    gate = faulty.hold("/pub/large.bin", after=0)

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(remote.get, "r/large.bin")
        assert gate.reached.wait(60)
        remote.upload_wheel("l", "other", "1.0")
        gate.open()

    assert answer.result().body == LARGE
