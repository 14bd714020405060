"""A replica answers like its primary, also where only the primary may write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from server import LiveServer
from support.app import encode_form
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from urllib.parse import urljoin
import pytest
import secrets
import time


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
ARRIVES_WITHIN = 60


def upload(server: LiveServer, key: str, name: str, version: str) -> bytes:
    wheel = make_wheel(name, version)
    fields = [(":action", "file_upload"), ("name", name), ("version", version)]
    body, content_type = encode_form(fields, [("content", wheel_filename(name, version), wheel)])
    answer = server.request(
        "POST",
        server.upload_url(key),
        auth=server.admin,
        data=body,
        headers={"Content-Type": content_type},
    )
    assert answer.status_code == 200, answer.text
    return wheel


def until_listed(server: LiveServer, key: str, project: str) -> dict[str, str]:
    """The files on a project page, waiting for replication to bring them."""
    deadline = time.monotonic() + ARRIVES_WITHIN
    while True:
        answer = server.request("GET", f"{server.index_url(key)}/{project}/", headers=JSON)
        if answer.status_code == 200:
            return {file["filename"]: file["url"] for file in answer.json()["files"]}
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)


@pytest.fixture
def pair(make_server: Callable[..., LiveServer], tmp_path: Path) -> tuple[LiveServer, LiveServer]:
    secret = tmp_path / "secret"
    secret.write_text(secrets.token_hex(32))
    secret.chmod(0o600)
    primary = make_server(
        devpi_options=["--role", "primary", "--secretfile", str(secret)],
        options=["--no-default-repositories"],
    )
    primary.request(
        "PUT", "/artifactory/api/repositories/l", auth=primary.admin, json={"rclass": "local"}
    )
    replica = make_server(
        devpi_options=[
            *("--role", "replica", "--primary-url", primary.url),
            *("--secretfile", str(secret)),
        ]
    )
    return primary, replica


def test_replica_serves_what_was_uploaded_to_the_primary(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    primary, replica = pair
    wheel = upload(primary, "l", "demo", "1.0")

    (url,) = until_listed(replica, "l", "demo").values()

    page = f"{replica.index_url('l')}/demo/"
    answer = replica.request("GET", urljoin(page, url))
    assert answer.content == wheel
    assert replica.request("GET", urljoin(page, f"{url}.metadata")).status_code == 200


def test_upload_to_a_replica_is_on_both_at_once(pair: tuple[LiveServer, LiveServer]) -> None:
    primary, replica = pair
    until_repository(replica, "l")
    upload(replica, "l", "demo", "2.0")

    for server in (primary, replica):
        answer = server.request("GET", f"{server.index_url('l')}/demo/", headers=JSON)
        assert answer.status_code == 200
        assert answer.json()["versions"] == ["2.0"]


def test_reindex_on_a_replica_is_done_by_the_primary(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    primary, replica = pair
    until_repository(replica, "l")
    filename = wheel_filename("demo", "4.0")
    answer = replica.request(
        "PUT",
        f"/artifactory/l/demo/4.0/{filename}",
        auth=replica.admin,
        data=make_wheel("demo", "4.0"),
    )
    assert answer.status_code == 201, answer.text

    answer = replica.request("POST", f"{replica.upload_url('l')}/reindex", auth=replica.admin)

    assert answer.status_code == 200, answer.text
    assert "1 made resolvable" in answer.text
    for server in (primary, replica):
        assert list(until_listed(server, "l", "demo")) == [filename]
        assert server.request("GET", f"{server.upload_url('l')}/indexing").status_code == 200


def until_repository(server: LiveServer, key: str) -> None:
    deadline = time.monotonic() + ARRIVES_WITHIN
    while server.request("GET", f"/artifactory/api/repositories/{key}").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_remote_through_a_replica(pair: tuple[LiveServer, LiveServer]) -> None:
    primary, replica = pair
    wheel = make_wheel("demo", "3.0")
    with Upstream() as upstream:
        upstream.put_project("demo", {wheel_filename("demo", "3.0"): wheel})
        body = {"rclass": "remote", "url": upstream.url, "pyPIRegistryUrl": upstream.url}
        primary.request("PUT", "/artifactory/api/repositories/r", auth=primary.admin, json=body)
        until_repository(replica, "r")

        (url,) = until_listed(replica, "r", "demo").values()
        page = f"{replica.index_url('r')}/demo/"
        assert replica.request("GET", urljoin(page, f"{url}.metadata")).status_code == 200
        assert replica.request("GET", urljoin(page, url)).content == wheel

    # the upstream is gone, and both have the file
    for server in (primary, replica):
        assert server.request("GET", urljoin(f"{server.index_url('r')}/demo/", url)).ok
    assert "Traceback" not in (replica.serverdir / "devpi-server.log").read_text()


def test_deploy_to_a_replica_carries_its_properties_as_they_were_sent(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    primary, replica = pair
    until_repository(replica, "l")

    answer = replica.request(
        "PUT",
        "/artifactory/l/some/notes.txt;k=a%2Cb,c+d;e=f%3Bg",
        auth=primary.admin,
        data=b"text",
    )

    assert answer.status_code == 201, answer.text
    for server in (primary, replica):
        url = "/artifactory/api/storage/l/some/notes.txt?properties"
        properties = server.request("GET", url).json()["properties"]
        assert properties == {"k": ["a,b", "c d"], "e": ["f;g"]}
        assert server.request("GET", "/artifactory/l/some/notes.txt").content == b"text"
    changed = replica.request(
        "PUT",
        "/artifactory/api/storage/l/some?properties=x=1",
        auth=primary.admin,
    )
    assert changed.status_code == 204
    for server in (primary, replica):
        url = "/artifactory/api/storage/l/some/notes.txt?properties=x"
        assert server.request("GET", url).json()["properties"] == {"x": ["1"]}
