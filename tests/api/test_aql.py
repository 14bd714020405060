"""``POST /api/search/aql``: what whom is answered, and what is refused."""

from __future__ import annotations

from pathlib import Path
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from support.writers import somebody_writes
from typing import Any
from urllib.parse import urljoin
from webtest import TestResponse
import hashlib
import pytest


URL = "api/search/aql"
NAME = wheel_filename("demo", "1.0")
WHEEL = make_wheel("demo", "1.0", summary="Shows how it goes")

#: what the clients send that are tested with this server
QUERIES = Path(__file__).parents[1] / "unit/search/aql/client_queries.txt"


@pytest.fixture
def app(artifactory: Artifactory) -> Artifactory:
    """A distribution and a generic file in ``l``, one in ``m``; ``v`` has both."""
    for key in ("l", "m"):
        artifactory.create(key)
    artifactory.create("v", "virtual", repositories=["m", "l"])
    artifactory.upload("l", NAME, WHEEL)
    artifactory.put("l/docs/guide.pdf;os=win,mac", b"guide")
    artifactory.put("m/top.txt;os=linux", b"top")
    return artifactory


def ask(app: Artifactory, query: str | bytes, **kw: Any) -> TestResponse:
    kw.setdefault("user", ADMIN)
    body = query if isinstance(query, bytes) else query.encode()
    return app.request("POST", URL, body=body, **kw)


def rows(app: Artifactory, query: str, **kw: Any) -> list[dict[str, Any]]:
    answer = ask(app, query, **kw)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    return list(answer.json["results"])


def found(app: Artifactory, query: str, **kw: Any) -> list[str]:
    return sorted(f"{row['repo']}/{row['path']}/{row['name']}" for row in rows(app, query, **kw))


def test_distribution(app: Artifactory) -> None:
    """Everything of an uploaded wheel: its checksums, properties and statistics."""
    (row,) = rows(app, 'items.find({"@pypi.name": "demo"}).include("*", "property", "stat")')
    info = app.get(f"api/storage/l/demo/1.0/{NAME}", user=ADMIN).json

    assert (row["repo"], row["path"], row["name"]) == ("l", "demo/1.0", NAME)
    assert row["size"] == len(WHEEL)
    assert row["created"] == info["created"]
    assert row["sha256"] == hashlib.sha256(WHEEL).hexdigest()
    assert row["actual_sha1"] == hashlib.sha1(WHEEL).hexdigest()
    assert row["actual_md5"] == hashlib.md5(WHEEL).hexdigest()
    assert row["virtual_repos"] == ["v"]
    assert {"key": "pypi.summary", "value": "Shows how it goes"} in row["properties"]
    assert row["stats"] == [{"downloads": 0, "remote_downloads": 0}]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json", "a/b; c=d", "x"])
def test_media_type(app: Artifactory, content_type: str | None) -> None:
    """Whatever the client says of its query."""
    assert found(app, 'items.find({"@os": "mac"})', content_type=content_type) == [
        "l/docs/guide.pdf"
    ]


def test_trailing_slash(app: Artifactory) -> None:
    answer = app.request("POST", f"{URL}/", body=b'items.find({"@os": "mac"})', user=ADMIN)

    assert len(answer.json["results"]) == 1


def test_changes_are_seen(app: Artifactory) -> None:
    """What was written is found at once, what was deleted never again."""
    query = 'items.find({"$or": [{"@os": "bsd"}, {"name": "new.txt"}]})'
    assert found(app, query) == []
    app.put("m/a/new.txt", b"new")
    assert found(app, query) == ["m/a/new.txt"]
    app.request("PUT", "api/storage/m/top.txt?properties=os=bsd", user=ADMIN)
    assert found(app, query) == ["m/./top.txt", "m/a/new.txt"]
    app.delete("m/a/new.txt", user=ADMIN)
    assert found(app, query) == ["m/./top.txt"]


def test_virtual(app: Artifactory) -> None:
    """The key of a virtual repository stands for its members."""
    assert found(app, 'items.find({"repo": "v", "@os": {"$match": "*"}})') == [
        "l/docs/guide.pdf",
        "m/./top.txt",
    ]


def test_remote(artifactory: Artifactory, upstream: Upstream) -> None:
    """A remote's key, and that of its cache, find what is cached."""
    upstream.put_project("demo", {NAME: WHEEL})
    artifactory.create_remote("far", upstream.url)
    page = "/artifactory/api/pypi/far/simple/demo/"
    as_json = {"Accept": "application/vnd.pypi.simple.v1+json"}
    (file,) = artifactory.get(page, headers=as_json).json["files"]
    query = 'items.find({"repo": "%s"}).include("repo", "name").transitive()'
    assert rows(artifactory, query % "far") == []
    artifactory.get(urljoin(page, file["url"]))

    expected = [{"repo": "far-cache", "name": NAME}]
    assert rows(artifactory, query % "far") == rows(artifactory, query % "far-cache") == expected


def test_rights(app: Artifactory) -> None:
    """Nobody finds what they may not read, neither by its key nor through a virtual."""
    ann = app.create_user("ann")
    app.patch_index("repo/m", "acl_read=ann")
    everything, closed = "items.find()", 'items.find({"repo": "m"})'
    through = 'items.find({"repo": "v", "@os": "linux"})'

    assert found(app, closed, user=ann) == found(app, through, user=ann) == ["m/./top.txt"]
    for user in (None, app.create_user("bob")):
        assert found(app, closed, user=user) == found(app, through, user=user) == []
        assert found(app, everything, user=user) == [f"l/demo/1.0/{NAME}", "l/docs/guide.pdf"]
        assert rows(app, 'properties.find({"value": "linux"})', user=user) == []


def test_trash(app: Artifactory) -> None:
    """What lies in the trash can is not found."""
    app.delete("m/top.txt", user=ADMIN)

    assert found(app, 'items.find({"name": "top.txt", "type": "any"})') == []


@pytest.mark.parametrize("domain", ["builds", "modules", "releases"])
def test_domains_without_rows(app: Artifactory, domain: str) -> None:
    answer = ask(app, f'{domain}.find({{"name": "x"}})')

    assert answer.json == {"results": [], "range": {"start_pos": 0, "end_pos": 0, "total": 0}}


def client_queries() -> list[str]:
    lines = QUERIES.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_queries_of_clients(app: Artifactory) -> None:
    """Every query that the tested clients send has an answer."""
    statuses = {query: ask(app, query).status_code for query in client_queries()}

    assert statuses
    assert set(statuses.values()) == {200}


@pytest.mark.parametrize(
    ("query", "part"),
    [
        (b"", "line 1, column 1"),
        (b'items.find({"nmae": "x"})', "did you mean 'name'"),
        (b'items.find({"name": "\\u0000"})', "NUL"),
        (b'items.find({"name": "\xff"})', "UTF-8"),
        (b'items.find({"size": "99999999999999999999"})', "63 bits"),
        (b"items.find()" + b" " * (4 * 262_144), "262144 characters"),
        (b'items.delete({"name": "x"})', "only read"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused_queries(app: Artifactory, query: bytes, part: str) -> None:
    """400 with the place in the query and what was expected."""
    answer = ask(app, query)

    assert answer.status_code == 400
    assert errors_of(answer)[0]["status"] == 400
    assert part in message_of(answer)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods(app: Artifactory, method: str) -> None:
    answer = app.request(method, URL, user=ADMIN)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "sent by POST" in message_of(answer)


def test_without_write_transaction(app: Artifactory) -> None:
    """There is one writer at a time on the whole server: a query does not wait for it."""
    with somebody_writes(app.xom):
        assert found(app, 'items.find({"@os": "linux"})') == ["m/./top.txt"]
