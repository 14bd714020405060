"""``unusedArtifactsCleanupPeriodHours``: cached files that nobody downloads any more go."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.storage.statistics import StatisticsWriter
from devpi_artifactory_compat.storage.unused_files import UnusedFiles
from support.app import ADMIN
from support.app import Artifactory
from support.archives import make_wheel
from support.archives import wheel_filename
from support.upstream import Upstream
import pytest
import time


HOUR = 3600.0
JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def remote(artifactory: Artifactory, upstream: Upstream) -> Artifactory:
    for name in ("old", "used"):
        upstream.put_project(name, {wheel_filename(name, "1.0"): make_wheel(name, "1.0")})
    artifactory.create_remote("r", upstream.url, unusedArtifactsCleanupPeriodHours=24)
    return artifactory


def url_of(app: Artifactory, project: str) -> str:
    page = app.get(f"api/pypi/r/simple/{project}/", headers=JSON).json
    return str(page["files"][0]["url"]).split("#")[0].removeprefix("../../")


def cached(app: Artifactory) -> list[str]:
    files = app.get("api/storage/r-cache?list&deep=1").json["files"]
    return sorted(file["uri"].rpartition("/")[2].partition("-")[0] for file in files)


def clean(app: Artifactory, *, hours: float) -> None:
    UnusedFiles(app.xom, clock=lambda: time.time() + hours * HOUR).remove()


def test_files_not_downloaded_for_so_long_go(remote: Artifactory) -> None:
    urls = {name: url_of(remote, name) for name in ("old", "used")}
    for url in urls.values():
        # the metadata of a wheel brings the wheel into the cache, and is no download of it
        assert remote.get(f"api/pypi/r/{url}.metadata").status_code == 200
        remote.head(f"api/pypi/r/{url}")
    assert cached(remote) == ["old", "used"]
    clean(remote, hours=23)
    assert cached(remote) == ["old", "used"]

    moved_on(remote, urls["used"], hours=10)
    clean(remote, hours=25)
    assert cached(remote) == ["used"]
    assert remote.get(f"r-cache/{urls['old']}").status_code == 404
    assert remote.get(f"api/storage/r-cache/{urls['old'].rpartition('/')[0]}").status_code == 404
    # and comes back from the upstream when somebody wants it
    assert remote.get(f"api/pypi/r/{urls['old']}").status_code == 200
    assert cached(remote) == ["old", "used"]

    clean(remote, hours=36)
    assert cached(remote) == []


def moved_on(app: Artifactory, url: str, *, hours: float) -> None:
    """A download some hours from now."""
    from devpi_artifactory_compat.storage.download_counts import DownloadCounts  # noqa: PLC0415

    app.xom.del_singletons("+artifactory")
    later: Callable[[], float] = lambda: time.time() + hours * HOUR  # noqa: E731
    app.xom.setdefault_singleton(
        "+artifactory", "download-counts", factory=lambda: DownloadCounts(clock=later)
    )
    assert app.get(f"api/pypi/r/{url}").status_code == 200
    StatisticsWriter(app.xom).flush()
    app.xom.del_singletons("+artifactory")


def test_without_a_period_everything_stays(artifactory: Artifactory, upstream: Upstream) -> None:
    upstream.put_project("old", {wheel_filename("old", "1.0"): make_wheel("old", "1.0")})
    artifactory.create_remote("r", upstream.url)
    artifactory.get(f"api/pypi/r/{url_of(artifactory, 'old')}")

    clean(artifactory, hours=24 * 365 * 10)
    assert cached(artifactory) == ["old"]


def test_only_remotes_lose_files(artifactory: Artifactory) -> None:
    artifactory.create("l")
    artifactory.upload_wheel("l", "demo", "1.0")

    clean(artifactory, hours=24 * 365)
    assert artifactory.get("api/storage/l/demo").status_code == 200


@pytest.mark.parametrize("hours", [1, 2_147_483_647])
def test_any_period_can_be_kept_to(remote: Artifactory, hours: int) -> None:
    body = {"unusedArtifactsCleanupPeriodHours": hours}
    answer = remote.request("POST", "api/repositories/r", user=ADMIN, body=body)
    assert answer.status_code == 200, answer.text
    remote.get(f"api/pypi/r/{url_of(remote, 'old')}")

    clean(remote, hours=2)
    assert cached(remote) == ([] if hours == 1 else ["old"])
