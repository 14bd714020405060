"""What a remote repository answers while its upstream fails in one of the ways that servers have.

Cached content if there is any, else 404 for what the upstream does not have and 502 or 504 with the
reason: never a 500, never later than the time limits, and nothing broken in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from support.app import Artifactory
from support.app import message_of
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import wheel_filename
from support.faulty import Fault
from support.faulty import FaultyUpstream
from support.faulty import answers
from support.faulty import drips
from support.faulty import hangs_after
from support.faulty import head
from support.faulty import pours
from support.faulty import redirects
from support.faulty import sends
from support.upstream import JSON
from typing import Any
from urllib.parse import urljoin
import gzip
import json
import pytest
import time
import zlib


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
PAGE = "/artifactory/api/pypi/r/simple/demo/"
ACCEPT = {"Accept": JSON}

#: longer than what the limits of the tests allow, and far below what nobody would notice
SLOW = 20.0

#: settings that let every request reach the upstream, and give up soon
IMPATIENT: dict[str, Any] = {
    "socketTimeoutMillis": 300,
    "metadataRetrievalTimeoutSecs": 1,
    "retrievalCachePeriodSecs": 0,
    "missedRetrievalCachePeriodSecs": 0,
    "assumedOfflinePeriodSecs": 0,
}

HTML = "Content-Type: text/html"
JSON_TYPE = f"Content-Type: {JSON}"
GZIP = "Content-Encoding: gzip"
ERROR_PAGE = b"<html><body><h1>Sorry</h1><a href='/help'>Help</a></body></html>"
PAGE_BODY = json.dumps({"meta": {"api-version": "1.1"}, "name": "x", "files": []}).encode()


def bomb() -> Iterator[bytes]:
    """400 MiB of blanks in some 400 KiB."""
    packer = zlib.compressobj(wbits=31)
    blanks = b" " * (1024 * 1024)
    for _ in range(400):
        yield packer.compress(blanks)
    yield packer.flush()


#: name: what happens, the status without a cached page, what the message says
FAULTS: dict[str, tuple[Fault, int, str]] = {
    "no answer": (hangs_after(), 504, "hangs"),
    "hang in the middle of the headers": (hangs_after(b"HTTP/1.1 200 OK\r\nX: "), 504, "hangs"),
    "hang in the middle of the page": (
        hangs_after(head(200, JSON_TYPE, f"Content-Length: {len(PAGE_BODY)}") + PAGE_BODY[:9]),
        504,
        "hangs",
    ),
    "page of one byte now and then": (
        drips(b" " * 1000, first=head(200, JSON_TYPE, "Content-Length: 1000")),
        504,
        "hangs",
    ),
    "headers of one byte now and then": (drips(head(200, "X: " + "y" * 1000)), 504, "hangs"),
    "401": (answers(401), 502, "401"),
    "403": (answers(403), 502, "403"),
    "404": (answers(404), 404, "not found"),
    "410": (answers(410), 404, "not found"),
    "429": (answers(429, "Retry-After: 0"), 502, "429"),
    "500": (answers(500), 502, "500"),
    "503": (answers(503), 502, "503"),
    "304 that nobody asked for": (answers(304), 502, "304"),
    "206": (answers(206, JSON_TYPE, body=PAGE_BODY), 502, "206"),
    "redirect loop": (redirects("?again"), 502, "circles"),
    "redirect to no URL": (redirects("ftp://files.example/"), 502, "no usable URL"),
    "redirect to a port that is none": (redirects("http://h:99999999/"), 502, "no usable URL"),
    "end of the connection without an answer": (sends(b""), 502, "cannot be reached"),
    "answer that is not HTTP": (sends(b"220 mail.example ESMTP\r\n\r\n"), 502, "cannot be"),
    "truncated page": (
        sends(head(200, JSON_TYPE, "Content-Length: 1000") + PAGE_BODY),
        502,
        "broke off",
    ),
    "truncated page in chunks": (
        sends(head(200, JSON_TYPE, "Transfer-Encoding: chunked") + b'5\r\n{"a'),
        502,
        "broke off",
    ),
    "Content-Length too short": (
        sends(head(200, JSON_TYPE, f"Content-Length: {len(PAGE_BODY) - 9}") + PAGE_BODY),
        502,
        "broken JSON",
    ),
    "garbage instead of HTML": (answers(200, HTML, body=b"\x93\x00\xff" * 99), 502, "neither"),
    "text instead of HTML": (answers(200, HTML, body=b"out of order"), 502, "neither"),
    "HTML without links": (answers(200, HTML, body=b"<p <b <a></a href='x" * 9), 404, "not found"),
    "HTML error page": (answers(200, HTML, body=ERROR_PAGE), 404, "not found"),
    "garbage instead of JSON": (answers(200, JSON_TYPE, body=b"{]" * 99), 502, "broken JSON"),
    "deep JSON": (answers(200, JSON_TYPE, body=b"[" * 200_000), 502, "broken JSON"),
    "JSON of something else": (answers(200, JSON_TYPE, body=b'{"error": 1}'), 502, "no list"),
    "JSON of too many values": (
        answers(200, JSON_TYPE, body=b'{"files":[' + b"{}," * 2_000_000 + b"{}]}"),
        502,
        "too many values",
    ),
    "broken gzip": (answers(200, JSON_TYPE, GZIP, body=b"\x1f\x8b nothing"), 502, "gzip"),
    "truncated gzip": (
        answers(200, JSON_TYPE, GZIP, body=gzip.compress(PAGE_BODY)[:-9]),
        502,
        "ends too early",
    ),
    "compression that nobody asked for": (
        answers(200, JSON_TYPE, "Content-Encoding: br", body=b"?"),
        502,
        "'br'",
    ),
    "gzip bomb": (pours(bomb, JSON_TYPE, GZIP), 502, "longer than"),
}


@pytest.fixture
def faulty() -> Iterator[FaultyUpstream]:
    with FaultyUpstream() as running:
        running.put_project("demo", {NAME: WHEEL}, etag='"one"')
        yield running


@pytest.fixture
def remote(artifactory: Artifactory, faulty: FaultyUpstream) -> Artifactory:
    artifactory.create_remote("r", faulty.url, **IMPATIENT)
    return artifactory


def filenames(artifactory: Artifactory, page: str = PAGE) -> list[str]:
    answer = artifactory.get(page, headers=ACCEPT)
    assert answer.status_code == 200, answer.text
    return [file["filename"] for file in answer.json["files"]]


def file_url(artifactory: Artifactory) -> str:
    (file,) = artifactory.get(PAGE, headers=ACCEPT).json["files"]
    return urljoin(PAGE, file["url"])


def wheel_path(faulty: FaultyUpstream) -> str:
    return next(path for path in faulty.answers if path.endswith(".whl"))


@pytest.mark.parametrize("name", FAULTS)
def test_page_while_the_upstream_fails(
    remote: Artifactory, faulty: FaultyUpstream, name: str
) -> None:
    """The cached page; without one the reason, at once or when the time is up."""
    fault, status, reason = FAULTS[name]
    before = filenames(remote)
    if name == "gzip bomb":
        # its size is to be what ends it, on a slow machine too
        body = {"metadataRetrievalTimeoutSecs": 60}
        remote.request("POST", "api/repositories/r", user=("root", ""), body=body)
    faulty.everything = fault

    start = time.monotonic()
    other = remote.get("api/pypi/r/simple/other/")

    assert time.monotonic() - start < SLOW
    assert other.status_code == status, other.text
    assert reason in message_of(other)
    if name in {"404", "410"}:
        # what the upstream withdrew must not live on
        assert remote.get(PAGE).status_code == 404
    else:
        assert filenames(remote) == before == [NAME]
    faulty.everything = None
    assert filenames(remote) == [NAME]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1", "refused"),
        ("http://nowhere.invalid", "not known"),
        ("https://127.0.0.1:{port}", "SSL"),
        ("http://" + "a" * 70 + ".example", "no usable URL"),
    ],
)
def test_server_that_cannot_be_reached(
    remote: Artifactory, faulty: FaultyUpstream, url: str, reason: str
) -> None:
    remote.create_remote("gone", url.format(port=faulty.url.rpartition(":")[2]), **IMPATIENT)

    answer = remote.get("api/pypi/gone/simple/demo/")

    assert answer.status_code == 502
    assert reason in message_of(answer)


def test_page_is_served_when_the_upstream_is_gone(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    url = file_url(remote)
    remote.get(url)
    faulty.close()

    assert filenames(remote) == [NAME]
    assert remote.get(url).body == WHEEL


FILE_FAULTS: dict[str, tuple[Fault, int, str]] = {
    "no answer": (hangs_after(), 504, "hangs"),
    "hang in the middle": (
        hangs_after(head(200, f"Content-Length: {len(WHEEL)}") + WHEEL[:50]),
        504,
        "hangs",
    ),
    "headers of one byte now and then": (drips(head(200, "X: " + "y" * 1000)), 504, "hangs"),
    "404": (answers(404), 404, "locate"),
    "410": (answers(410), 404, "locate"),
    "429": (answers(429), 502, "429"),
    "500": (answers(500), 502, "500"),
    "503": (answers(503), 502, "503"),
    "206": (answers(206, body=WHEEL), 502, "206"),
    "redirect loop": (redirects("?again"), 502, "circles"),
    "truncated": (sends(head(200, f"Content-Length: {len(WHEEL)}") + WHEEL[:50]), 502, "broke"),
    "truncated, in chunks": (
        sends(head(200, "Transfer-Encoding: chunked") + b"32\r\n" + WHEEL[:50] + b"\r\n"),
        502,
        "broke off",
    ),
    "truncated, without a length": (sends(head(200) + WHEEL[:50]), 502, "sha256"),
    "Content-Length too long": (
        sends(head(200, f"Content-Length: {len(WHEEL) + 9}") + WHEEL),
        502,
        "broke off",
    ),
    "Content-Length too short": (
        sends(head(200, f"Content-Length: {len(WHEEL) - 9}") + WHEEL),
        502,
        "sha256",
    ),
    "wrong hash": (answers(200, body=make_wheel("demo", "1.0", summary="Evil")), 502, "sha256"),
    "HTML error page": (answers(200, HTML, body=ERROR_PAGE), 502, "sha256"),
    "empty": (answers(200), 502, "sha256"),
    "compressed unasked": (answers(200, GZIP, body=gzip.compress(WHEEL)), 502, "compresses"),
}


@pytest.mark.parametrize("name", FILE_FAULTS)
def test_file_while_the_upstream_fails(
    remote: Artifactory, faulty: FaultyUpstream, name: str
) -> None:
    """The reason, and nothing in the cache; as soon as the upstream recovers, the file."""
    fault, status, reason = FILE_FAULTS[name]
    url = file_url(remote)
    faulty.faults[wheel_path(faulty)] = fault

    start = time.monotonic()
    answer = remote.get(url)

    assert time.monotonic() - start < SLOW
    assert answer.status_code == status, answer.text
    assert reason in message_of(answer)
    assert remote.get(url.replace("/api/pypi/r/", "/r-cache/")).status_code == 404
    faulty.faults.clear()
    assert remote.get(url).body == WHEEL


@pytest.mark.parametrize(
    ("filename", "body"),
    [
        (NAME, WHEEL[:-30]),
        (NAME, ERROR_PAGE),
        (NAME, b""),
        ("demo-1.0.tar.gz", make_sdist("demo", "1.0")[:-9]),
        ("demo-1.0.tar.gz", ERROR_PAGE),
        ("demo-1.0.tar.gz", b""),
    ],
)
def test_broken_file_without_a_hash_is_not_kept(
    remote: Artifactory, faulty: FaultyUpstream, filename: str, body: bytes
) -> None:
    """It is told by its archive format: its length is what the upstream said."""
    faulty.put("/simple/demo/", f'<a href="{filename}">{filename}</a>')
    faulty.put(f"/simple/demo/{filename}", body)

    answer = remote.get(file_url(remote))

    assert answer.status_code == 502
    assert "something else" in message_of(answer)


def test_file_with_a_size_and_no_hash_must_have_that_size(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    faulty.put_project("demo", {NAME: WHEEL}, details={"hashes": {}, "size": len(WHEEL) + 1})

    answer = remote.get(file_url(remote))

    assert answer.status_code == 502
    assert f"promises {len(WHEEL) + 1}" in message_of(answer)


def test_archive_that_its_server_calls_compressed(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    """Some servers say so of every .gz file: its bytes are the file all the same."""
    sdist = make_sdist("demo", "1.0")
    digest = sha256(sdist).hexdigest()
    faulty.put("/simple/demo/", f'<a href="demo-1.0.tar.gz#sha256={digest}">demo-1.0.tar.gz</a>')
    faulty.put("/simple/demo/demo-1.0.tar.gz", sdist, headers={"Content-Encoding": "x-gzip"})

    assert remote.get(file_url(remote)).body == sdist


def test_error_page_in_place_of_metadata_is_not_kept(
    remote: Artifactory, faulty: FaultyUpstream
) -> None:
    """Metadata without a promised hash is taken from the wheel then."""
    faulty.put_project("demo", {NAME: WHEEL}, details={"core-metadata": True})
    url = file_url(remote)
    faulty.put(f"{wheel_path(faulty)}.metadata", ERROR_PAGE, "text/html")

    answer = remote.get(f"{url}.metadata")

    assert answer.status_code == 200
    assert b"Name: demo" in answer.body


def test_page_that_shrinks_is_believed(remote: Artifactory, faulty: FaultyUpstream) -> None:
    newer = wheel_filename("demo", "2.0")
    faulty.put_project("demo", {NAME: WHEEL, newer: make_wheel("demo", "2.0")})
    assert filenames(remote) == [NAME, newer]

    faulty.put_project("demo", {newer: make_wheel("demo", "2.0")})

    assert filenames(remote) == [newer]


@pytest.mark.parametrize(
    "page",
    [
        answers(200, JSON_TYPE, body=PAGE_BODY),
        answers(200, HTML, body=b'<meta name="pypi:repository-version" content="1.0">'),
    ],
)
def test_page_of_an_index_that_has_become_empty_is_believed(
    remote: Artifactory, faulty: FaultyUpstream, page: Fault
) -> None:
    """It says that it is one, as error pages do not."""
    assert filenames(remote) == [NAME]

    faulty.everything = page

    assert filenames(remote) == []


def test_error_page_says_nothing_lasting(remote: Artifactory, faulty: FaultyUpstream) -> None:
    """Not found, as long as it lasts: it is neither kept nor remembered."""
    remote.request(
        "POST",
        "api/repositories/r",
        user=("root", ""),
        body={"retrievalCachePeriodSecs": 600, "missedRetrievalCachePeriodSecs": 600},
    )
    faulty.everything = answers(200, HTML, body=ERROR_PAGE)
    assert remote.get(PAGE).status_code == 404

    faulty.everything = None

    assert filenames(remote) == [NAME]


def large_page(size: int) -> bytes:
    link = f'<a href="{NAME}#sha256={sha256(WHEEL).hexdigest()}">{NAME}</a>'.encode()
    return b"<!-- " + b"-" * (size - len(link) - 10) + b" -->" + link


def test_page_of_100_mb(remote: Artifactory, faulty: FaultyUpstream) -> None:
    faulty.faults["/simple/demo/"] = answers(200, HTML, body=large_page(100 * 1000 * 1000))
    remote.request(
        "POST",
        "api/repositories/r",
        user=("root", ""),
        body={"metadataRetrievalTimeoutSecs": 30},
    )

    assert filenames(remote) == [NAME]


def test_page_beyond_the_limit_is_refused(remote: Artifactory, faulty: FaultyUpstream) -> None:
    remote.request(
        "POST",
        "api/repositories/r",
        user=("root", ""),
        body={"metadataRetrievalTimeoutSecs": 30},
    )
    faulty.everything = pours(lambda: (b" " * 1_000_000 for _ in range(150)), HTML)

    answer = remote.get(PAGE)

    assert answer.status_code == 502
    assert "longer than" in message_of(answer)
