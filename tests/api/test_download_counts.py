"""Downloads are counted for the artifact that was served, and the counts outlive the server."""

from __future__ import annotations

from devpi_artifactory_compat.storage.download_counts import DownloadCounts
from devpi_artifactory_compat.storage.download_counts import download_counts
from devpi_artifactory_compat.storage.statistics import STORED_WITHIN_SECS
from devpi_artifactory_compat.storage.statistics import StatisticsWriter
from support.app import ADMIN
from support.app import Artifactory
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
from typing import Any
import pytest
import time


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")
PATH = f"demo/1.0/{NAME}"


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    artifactory.upload("l", NAME, WHEEL)
    return artifactory


def stats(app: Artifactory, path: str = f"l/{PATH}") -> dict[str, Any]:
    answer = app.get(f"api/storage/{path}?stats")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def count(app: Artifactory, path: str = f"l/{PATH}") -> int:
    return int(stats(app, path)["downloadCount"])


def flush(app: Artifactory) -> None:
    StatisticsWriter(app.xom).flush()


def restart(app: Artifactory) -> None:
    """What is in memory is lost."""
    app.xom.del_singletons("+artifactory")


def serial(app: Artifactory) -> int:
    return int(app.xom.keyfs.get_current_serial())


def test_statistics_of_what_nobody_downloaded(local: Artifactory) -> None:
    answer = local.get(f"api/storage/l/{PATH}?stats")

    assert answer.content_type.endswith("storage.StatsInfo+json")
    assert answer.json == {
        "uri": f"http://localhost/artifactory/api/storage/l/{PATH}",
        "downloadCount": 0,
        "lastDownloaded": 0,
        "lastDownloadedBy": None,
        "remoteDownloadCount": 0,
        "remoteLastDownloaded": 0,
    }


def test_download_is_counted_at_once(local: Artifactory) -> None:
    before = time.time()
    local.get(f"l/{PATH}")
    local.get(f"l/{PATH}", user=ADMIN)

    shown = stats(local)
    assert shown["downloadCount"] == 2
    assert shown["lastDownloadedBy"] == "root"
    assert before * 1000 - 1 <= shown["lastDownloaded"] <= time.time() * 1000 + 1
    local.get(f"l/{PATH}")
    assert stats(local)["lastDownloadedBy"] == "anonymous"


def test_wrong_credentials_are_nobody(local: Artifactory) -> None:
    assert local.get(f"l/{PATH}", user=("root", "wrong")).status_code == 200

    assert stats(local)["lastDownloadedBy"] == "anonymous"


def test_every_route_counts(local: Artifactory) -> None:
    local.create("v", "virtual", repositories=["l"])
    routes = [
        f"api/pypi/l/{PATH}",
        f"l/{PATH}",
        f"api/pypi/v/{PATH}",
        f"v/{PATH}",
        f"pypi/l/{PATH}",
    ]

    for number, route in enumerate(routes, 1):
        assert local.get(route).body == WHEEL
        assert count(local) == count(local, f"v/{PATH}") == number


def test_what_is_no_download_is_not_counted(local: Artifactory) -> None:
    url = f"l/{PATH}"
    etag = local.head(url).headers["ETag"]
    assert local.get(url, headers={"If-None-Match": etag}).status_code == 304
    assert local.get(url, headers={"Range": "bytes=10-20"}).status_code == 206
    assert local.get(url, headers={"Range": "bytes=-20"}).status_code == 206
    assert local.get(url, headers={"Range": f"bytes={len(WHEEL)}-"}).status_code == 416
    assert local.head(url, headers={"Range": "bytes=0-20"}).status_code == 206
    assert local.get(f"{url}.metadata").status_code == 200

    assert count(local) == 0
    assert local.get(url, headers={"Range": "bytes=0-20"}).status_code == 206
    assert count(local) == 1


def test_counts_are_written_and_outlive_the_process(local: Artifactory) -> None:
    for _ in range(3):
        local.get(f"l/{PATH}", user=ADMIN)
    flush(local)
    restart(local)
    local.get(f"l/{PATH}")

    shown = stats(local)
    assert shown["downloadCount"] == 4
    assert shown["lastDownloadedBy"] == "anonymous"
    flush(local)
    assert count(local) == 4


def test_many_artifacts_are_written_in_one_transaction(local: Artifactory) -> None:
    paths = [f"l/{n}.txt" for n in range(5)]
    for path in paths:
        local.request("PUT", path, user=ADMIN, body=b"x")
        local.get(path)
    before = serial(local)

    flush(local)
    assert serial(local) == before + 1
    flush(local)
    assert serial(local) == before + 1
    restart(local)
    assert [count(local, path) for path in paths] == [1] * 5


def test_download_writes_nothing(local: Artifactory) -> None:
    before = serial(local)
    for _ in range(10):
        local.get(f"l/{PATH}")

    assert serial(local) == before


def test_deleted_artifact_takes_its_counts_along(local: Artifactory) -> None:
    for written in (True, False):
        local.request("PUT", "l/x.txt", user=ADMIN, body=b"1")
        local.get("l/x.txt")
        if written:
            flush(local)
        # other content in its place is another artifact
        assert local.request("PUT", "l/x.txt", user=ADMIN, body=b"2").status_code == 201
        assert count(local, "l/x.txt") == 0
        flush(local)
        assert count(local, "l/x.txt") == 0
        local.request("PUT", "l/x.txt", user=ADMIN, body=b"1")


def test_properties_keep_the_counts(local: Artifactory) -> None:
    local.get(f"l/{PATH}")
    flush(local)
    local.request("PUT", f"api/storage/l/{PATH}?properties=k=v", user=ADMIN)

    assert count(local) == 1


def test_counts_go_with_their_repository(local: Artifactory) -> None:
    local.get(f"l/{PATH}")
    flush(local)
    local.get(f"l/{PATH}")
    assert local.request("DELETE", "api/repositories/l", user=ADMIN).status_code == 200
    flush(local)

    local.create("l")
    local.upload("l", NAME, WHEEL)
    assert count(local) == 0


def test_statistics_of_a_folder_are_refused(local: Artifactory) -> None:
    assert local.get("api/storage/l/demo?stats").status_code == 400
    assert local.get("api/storage/l/nope?stats").status_code == 404


def test_remote_counts_its_first_download_too(artifactory: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("demo", {NAME: WHEEL})
    artifactory.create_remote("r", upstream.url)
    page = artifactory.get(
        "api/pypi/r/simple/demo/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    ).json
    path = page["files"][0]["url"].split("#")[0].removeprefix("../../")

    assert artifactory.get(f"api/pypi/r/{path}").body == WHEEL
    assert count(artifactory, f"r-cache/{path}") == 1
    assert artifactory.get(f"r-cache/{path}").body == WHEEL
    flush(artifactory)
    restart(artifactory)
    assert count(artifactory, f"r/{path}") == 2


def test_count_waits_for_the_file_that_is_being_stored(local: Artifactory) -> None:
    """A download is counted when it begins, and a large file is stored long after."""
    place = ("repo", "l", "late.txt")
    download_counts(local.xom).add(place, "ann")
    before = serial(local)
    flush(local)
    assert serial(local) == before
    local.request("PUT", "l/late.txt", user=ADMIN, body=b"x")
    flush(local)
    restart(local)

    assert count(local, "l/late.txt") == 1


def test_count_of_what_never_comes_is_given_up(local: Artifactory) -> None:
    counts = download_counts(local.xom)
    counts.add(("repo", "l", "never.txt"), "ann")

    StatisticsWriter(local.xom, clock=lambda: time.time() + STORED_WITHIN_SECS + 1).flush()
    assert counts.all() == {}


def test_counts_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_artifactory_compat.storage.download_counts.MAX_ARTIFACTS", 3)
    counts = DownloadCounts()
    for name in ("a", "b", "a", "c", "d"):
        counts.add(("u", "i", name), "ann")

    assert [place[2] for place in counts.all()] == ["a", "c", "d"]


def test_what_comes_while_counts_are_written_stays() -> None:
    counts = DownloadCounts()
    place = ("u", "i", "p")
    counts.add(place, "ann")
    written = counts.all()
    counts.add(place, "bob")
    counts.take(written)

    left = counts.at(place)
    assert left is not None
    assert (left.count, left.last_by) == (1, "bob")
