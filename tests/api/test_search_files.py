"""``GET /api/search/…``: which files each search finds, for whom, and what it refuses."""

from __future__ import annotations

from devpi_artifactory_compat.storage.statistics import StatisticsWriter
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
from urllib.parse import quote
from urllib.parse import urljoin
from webtest import TestResponse
import hashlib
import pytest


STORAGE = "http://localhost/artifactory/api/storage/"
NAME = wheel_filename("demo", "1.0")
WHEEL = make_wheel("demo", "1.0", summary="Shows how it goes")
PATH = f"demo/1.0/{NAME}"
MEDIA = "application/vnd.org.jfrog.artifactory.search."

#: of what needs a time, one in the far future
FUTURE = 10**14


@pytest.fixture
def app(artifactory: Artifactory) -> Artifactory:
    """A distribution and two generic files in ``l``, one in ``m``; ``v`` has both."""
    for key in ("l", "m"):
        artifactory.create(key)
    artifactory.create("v", "virtual", repositories=["m", "l"])
    artifactory.upload("l", NAME, WHEEL)
    artifactory.put("l/docs/Guide.PDF;os=win,mac;level=1", b"guide")
    artifactory.put("l/top.txt;os=linux", b"top")
    artifactory.put("m/docs/guide.pdf;os=win;level=2;odd=a%5C,b", b"guide")
    return artifactory


def search(app: Artifactory, url: str, **kw: Any) -> TestResponse:
    kw.setdefault("user", ADMIN)
    return app.get(f"api/search/{url}", **kw)


def found(app: Artifactory, url: str, **kw: Any) -> list[str]:
    """``<key>/<path>`` of all results."""
    answer = search(app, url, **kw)
    assert answer.status_code == 200, answer.text
    uris = [each["uri"] for each in answer.json["results"]]
    assert all(uri.startswith(STORAGE) for uri in uris)
    return [uri.removeprefix(STORAGE) for uri in uris]


GUIDES = ["l/docs/Guide.PDF", "m/docs/guide.pdf"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("artifact?name=guide", GUIDES),
        ("artifact?name=GUIDE.*", GUIDES),
        ("artifact?name=g*.pd?&repos=l", GUIDES[:1]),
        ("artifact?name=uid&repos=v", GUIDES),
        ("artifact?name=demo-1.0&repos=", [f"l/{PATH}"]),
        ("artifact?name=docs", []),
        ("artifact?name=guide&repos=nothing", []),
        ("artifact?name=guide&repos=nothing,m", GUIDES[1:]),
        ("artifact?name=guide&repos=m&repos=l", GUIDES),
        ("artifact?name=guide&repos=m%2Cl", GUIDES),
        ("artifact?name=guide&name=top", GUIDES),
        ("prop?os=win", GUIDES),
        ("prop?os=win&level=2", GUIDES[1:]),
        ("prop?os=linux,mac", ["l/top.txt", "l/docs/Guide.PDF"]),
        ("prop?os", ["l/top.txt", *GUIDES]),
        ("prop?os=*", ["l/top.txt", *GUIDES]),
        ("prop?os=&repos=l", ["l/top.txt", "l/docs/Guide.PDF"]),
        ("prop?os=WIN", []),
        ("prop?os=w*", GUIDES),
        ("prop?os=win&os=linux", ["l/top.txt", *GUIDES]),
        ("prop?odd=a%5C,b", GUIDES[1:]),
        ("prop?odd=a,b", []),
        ("prop?pypi.name=demo&pypi.version=1.0", [f"l/{PATH}"]),
        ("prop?pypi.summary=Shows+how%20it+goes", [f"l/{PATH}"]),
        (f"checksum?sha256={hashlib.sha256(b'guide').hexdigest()}", GUIDES),
        (f"checksum?sha1={hashlib.sha1(b'top').hexdigest().upper()}", ["l/top.txt"]),
        (f"checksum?md5={hashlib.md5(b'guide').hexdigest()}&repos=m", GUIDES[1:]),
        (f"checksum?md5={'0' * 32}", []),
    ],
)
def test_finds(app: Artifactory, url: str, expected: list[str]) -> None:
    assert found(app, url) == expected


def test_write_is_found_at_once_and_what_is_deleted_is_not(app: Artifactory) -> None:
    app.put("m/new/guide-2.pdf")
    assert found(app, "artifact?name=guide-2") == ["m/new/guide-2.pdf"]
    app.delete("m/new/guide-2.pdf")
    assert found(app, "artifact?name=guide-2") == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("artifact?name=x", "ArtifactSearchResult"),
        ("prop?x", "MetadataSearchResult"),
        (f"checksum?md5={'0' * 32}", "ChecksumSearchResult"),
        ("creation?from=0", "ArtifactCreationResult"),
        (f"usage?notUsedSince={FUTURE}", "ArtifactUsageResult"),
        ("dates?from=0&dateFields=created", "ArtifactResult"),
        ("pattern?pattern=l:x", "PatternResultFileSet"),
    ],
)
def test_media_type(app: Artifactory, url: str, name: str) -> None:
    assert search(app, url).content_type == f"{MEDIA}{name}+json"


@pytest.mark.parametrize(
    ("header", "has_info", "has_properties"),
    [
        (None, False, False),
        ("info", True, False),
        ("Properties", False, True),
        ("INFO,properties", True, True),
        ("info, properties, other", True, True),
        ("nothing", False, False),
    ],
)
def test_header_asks_for_details(
    app: Artifactory, header: str | None, *, has_info: bool, has_properties: bool
) -> None:
    headers = {} if header is None else {"X-Result-Detail": header}
    (result,) = search(app, "artifact?name=guide&repos=m", headers=headers).json["results"]

    path = "m/docs/guide.pdf"
    info = app.get(f"api/storage/{path}", user=ADMIN).json
    expected = dict(info) if has_info else {"uri": info["uri"]}
    if has_properties:
        expected["properties"] = app.properties(path)
    assert result == expected


def test_remote_is_searched_in_its_cache(app: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("far", {wheel_filename("far", "1.0"): make_wheel("far", "1.0")})
    app.create_remote("r", upstream.url)
    page = "/artifactory/api/pypi/r/simple/far/"
    json = {"Accept": "application/vnd.pypi.simple.v1+json"}
    assert found(app, "artifact?name=far") == []
    (file,) = app.get(page, headers=json).json["files"]
    app.get(urljoin(page, file["url"]))

    for repos in ("r", "r-cache"):
        (path,) = found(app, f"prop?pypi.name=far&repos={repos}")
        assert path.startswith("r-cache/packages/")
    assert found(app, "artifact?name=far&repos=l") == []


# times


def download(app: Artifactory, path: str) -> None:
    """Counted, and what was counted written, as it is now and then."""
    assert app.get(path, user=ADMIN).status_code == 200
    StatisticsWriter(app.xom).flush()


def test_creation(app: Artifactory) -> None:
    results = search(app, "creation?from=0&repos=m").json["results"]
    created = app.get("api/storage/m/docs/guide.pdf", user=ADMIN).json["created"]
    assert results == [{"uri": f"{STORAGE}m/docs/guide.pdf", "created": created}]
    assert found(app, f"creation?from={quote(created)}&to={quote(created)}") == [GUIDES[1]]
    answer = search(app, "creation?from=0&to=1000")
    assert (answer.status_code, message_of(answer)) == (404, "No results found.")


def test_dates(app: Artifactory) -> None:
    download(app, "m/docs/guide.pdf")
    fields = "created,lastModified,lastDownloaded"

    (told,) = search(app, f"dates?from=0&repos=m&dateFields={fields}").json["results"]

    assert list(told) == ["uri", *fields.split(",")]
    assert told["lastDownloaded"] >= told["created"]
    assert found(app, "dates?from=0&dateFields=lastDownloaded") == ["m/docs/guide.pdf"]
    assert len(found(app, f"dates?to={FUTURE}&dateFields=created")) == 4
    assert search(app, "dates?from=2100-01-01&dateFields=created").status_code == 404
    (other,) = search(app, f"dates?from=0&repos=l&dateFields={fields}").json["results"][:1]
    assert list(other) == ["uri", "created", "lastModified"]


def test_usage_tells_the_longest_unused_first(app: Artifactory) -> None:
    download(app, "m/docs/guide.pdf")

    *_, last = search(app, f"usage?notUsedSince={FUTURE}").json["results"]
    first = search(app, f"usage?notUsedSince={FUTURE}&repos=l").json["results"][0]

    assert last["uri"] == f"{STORAGE}m/docs/guide.pdf"
    assert (last["downloadCount"], last["remoteDownloadCount"]) == (1, 0)
    assert last["lastDownloaded"] > "2020"
    assert first["downloadCount"] == 0
    assert first["lastDownloaded"] == first["remoteLastDownloaded"] == "1970-01-01T00:00:00.000Z"
    assert search(app, "usage?notUsedSince=1000").status_code == 404
    unused = found(app, f"usage?notUsedSince=1000&createdBefore={FUTURE}")
    assert unused == ["l/top.txt", f"l/{PATH}", "l/docs/Guide.PDF"]


# patterns


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("l:docs/*.PDF", ["docs/Guide.PDF"]),
        ("l:*/1.?/*.whl", [PATH]),
        ("l:/top.txt", ["top.txt"]),
        ("v:docs/*", ["docs/Guide.PDF", "docs/guide.pdf"]),
        ("l:*/*", ["docs/Guide.PDF"]),
        ("l:nothing/*", []),
    ],
)
def test_pattern(app: Artifactory, pattern: str, files: list[str]) -> None:
    answer = search(app, f"pattern?pattern={pattern}")

    uri = f"http://localhost/artifactory/{pattern.partition(':')[0]}"
    assert answer.json == {
        "repoUri": uri,
        "repositoryUri": uri,
        "sourcePattern": pattern,
        "files": files,
    }


def test_path_that_two_members_have_is_told_once(app: Artifactory) -> None:
    app.put("m/top.txt")

    assert search(app, "pattern?pattern=v:*").json["files"] == ["top.txt"]
    assert found(app, "artifact?name=top&repos=v") == ["l/top.txt", "m/top.txt"]


# rights


def test_what_may_not_be_read_never_comes_up(app: Artifactory) -> None:
    """It is as if it were not there, also for who names it."""
    alice, bob = app.create_user("alice"), app.create_user("bob")
    app.patch_index("repo/m", "acl_read=alice")
    urls = ["artifact?name=guide", "prop?os=win", "artifact?name=guide&repos=v"]

    for url in urls:
        assert found(app, url, user=alice) == GUIDES
        assert found(app, url, user=bob) == found(app, url, user=None) == GUIDES[:1]
    for repos in ("m", "nothing"):
        assert found(app, f"artifact?name=guide&repos={repos}", user=bob) == []
        answer = search(app, f"pattern?pattern={repos}:*/*", user=bob)
        assert answer.status_code == 404
        assert message_of(answer) == f"Repository '{repos}' does not exist."
        answer = search(app, f"creation?from=0&repos={repos}", user=bob)
        assert (answer.status_code, message_of(answer)) == (404, "No results found.")


@pytest.mark.parametrize(
    "url",
    [
        "creation?from=0",
        "usage?notUsedSince=1",
        "dates?from=0&dateFields=created",
        "pattern?pattern=l:*",
        "creation",
    ],
)
def test_some_searches_need_a_user(app: Artifactory, url: str) -> None:
    for answer in (search(app, url, user=None), search(app, url, user=("root", "wrong"))):
        assert answer.status_code == 401
        errors_of(answer)


def test_blacked_out_repository_is_not_searched(app: Artifactory) -> None:
    app.request("POST", "api/repositories/m", user=ADMIN, body={"blackedOut": True})

    assert found(app, "artifact?name=guide") == GUIDES[:1]


def test_stage_with_bases_is_searched_with_them(app: Artifactory) -> None:
    app.patch_index("repo/m", "bases=repo/l")

    assert found(app, "artifact?name=guide&repos=m") == GUIDES
    assert found(app, "artifact?name=guide&repos=l") == GUIDES[:1]


# refusals


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("artifact", "'name' is missing"),
        ("artifact?name=", "'name' is missing"),
        ("artifact?name=%20", "'name' is missing"),
        ("prop", "No property is given"),
        ("prop?repos=l", "No property is given"),
        ("prop?=x", "A property has no key"),
        ("prop?" + "&".join(f"k{n}" for n in range(51)), "50 properties at most, not by 51"),
        ("prop?k=" + ",".join(map(str, range(501))), "500 values at most"),
        ("prop?k=" + ",".join(f"{n}*" for n in range(51)), "50 values with wildcards"),
        ("checksum", "No checksum is given"),
        ("checksum?sha256=abc", "64 hexadecimal digits"),
        (f"checksum?md5={'g' * 32}", "32 hexadecimal digits"),
        (f"checksum?md5={quote('٣' * 32)}", "32 hexadecimal digits"),
        ("creation", "'from' is missing"),
        ("creation?to=1", "'from' is missing"),
        ("creation?from=tomorrow", "must be milliseconds since 1970"),
        (f"creation?from={'9' * 16}", "must be milliseconds since 1970"),
        (f"creation?from={quote('٣')}", "must be milliseconds since 1970"),
        ("creation?from=1.5", "must be milliseconds since 1970"),
        ("creation?from=0001-01-01T00:00:00%2B23:59", "must be milliseconds since 1970"),
        ("usage", "'notUsedSince' is missing"),
        ("usage?notUsedSince=1&createdBefore=x", "'createdBefore' must be"),
        ("dates?dateFields=created", "'from' and 'to' are missing"),
        ("dates?from=1", "'dateFields' is missing"),
        ("dates?from=1&dateFields=created,size", "'size' in 'dateFields' is not known"),
        ("pattern", "'pattern' is missing"),
        ("pattern?pattern=l", "must be <repository>:<path>"),
        ("pattern?pattern=:x", "must be <repository>:<path>"),
        ("pattern?pattern=l:/", "must be <repository>:<path>"),
        ("pattern?pattern=l:**/x", "'**' is not supported"),
    ],
)
def test_refused(app: Artifactory, url: str, message: str) -> None:
    answer = search(app, url)

    assert answer.status_code == 400, answer.text
    assert message in message_of(answer)


HOSTILE = {
    "NUL": "%00",
    "not UTF-8": "%ff",
    "raw byte": "\xff",
    "surrogate": "%ed%a0%80",
    "too long": "x" * 4_097,
}
PLACES = (
    "artifact?name={}",
    "artifact?name=x&repos={}",
    "artifact?name=x&{}=1",
    "prop?k={}",
    "prop?{}",
    "checksum?md5={}",
    "creation?from={}",
    "dates?from=0&dateFields={}",
    "usage?notUsedSince={}",
    "pattern?pattern=l:{}",
    "versions?a={}",
    "versions?a=demo&v={}",
    "latestVersion?a=demo&v={}",
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_hostile_text_is_refused(app: Artifactory, place: str, text: str) -> None:
    answer = search(app, "artifact", environ={"QUERY_STRING": ""})
    path, _, query = place.format(text).partition("?")

    answer = search(app, path, environ={"QUERY_STRING": query})

    assert answer.status_code == 400
    errors_of(answer)


def test_query_is_bounded(app: Artifactory) -> None:
    answer = search(app, "artifact", environ={"QUERY_STRING": "name=x&" + "y=1&" * 20_000})

    assert answer.status_code == 400
    assert "longer than 65536 bytes" in message_of(answer)


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "[a-z]",
        "]",
        "'",
        '"',
        "\\",
        "--",
        "); DROP TABLE x",
        "{}",
        "!~",
        "?" * 500,
        "a?*" * 300,
    ],
)
def test_no_character_but_wildcards_has_a_meaning(app: Artifactory, text: str) -> None:
    for url in ("artifact?name={}", "prop?os={}", "prop?{}", "pattern?pattern=l:{}/x"):
        answer = search(app, url.format(quote(text)))
        assert answer.status_code == 200, answer.text
        assert not any(answer.json.get(name) for name in ("results", "files"))


def test_results_are_bounded_and_say_so(app: Artifactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_artifactory_compat.views.search_results.MAX_RESULTS", 2)

    answer = search(app, "prop?os").json
    assert [each["uri"].removeprefix(STORAGE) for each in answer["results"]] == [
        "l/top.txt",
        "l/docs/Guide.PDF",
    ]
    assert "more than 2 results" in answer["message"]
    assert "message" not in search(app, "prop?os&repos=l").json


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_405(app: Artifactory, method: str) -> None:
    answer = app.request(method, "api/search/artifact?name=x", user=ADMIN)

    assert answer.status_code == 405
    errors_of(answer)


def test_head_and_slash_at_the_end(app: Artifactory) -> None:
    assert found(app, "artifact/?name=guide&repos=m") == GUIDES[1:]
    answer = app.head("api/search/artifact?name=guide")
    assert (answer.status_code, answer.body) == (200, b"")
