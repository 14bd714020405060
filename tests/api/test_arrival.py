"""Requests that come while another one is just storing what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from support.app import Artifactory
from support.archives import make_wheel
from support.archives import metadata_of
from support.archives import wheel_filename
from support.upstream import Upstream
from threading import Timer
import pytest


PATH = f"demo/1.0/{wheel_filename('demo', '1.0')}"


@contextmanager
def not_in_place_yet(artifactory: Artifactory, pattern: str) -> Iterator[None]:
    """devpi commits first and moves files into their places then: the time in between."""
    (file,) = Path(artifactory.xom.config.server_path, "+files").rglob(pattern)
    aside = file.rename(file.with_name("aside"))
    timer = Timer(0.02, aside.rename, [file])
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize("suffix", ["", ".metadata"])
def test_file_that_is_moved_into_place_is_waited_for(artifactory: Artifactory, suffix: str) -> None:
    artifactory.create("l")
    wheel = artifactory.upload_wheel("l", "demo", "1.0")

    with not_in_place_yet(artifactory, f"*.whl{suffix}"):
        answer = artifactory.get(f"api/pypi/l/{PATH}{suffix}")

    assert answer.status_code == 200
    assert answer.body == (metadata_of(wheel) if suffix else wheel)


def test_metadata_that_another_request_has_just_kept(
    artifactory: Artifactory, upstream: Upstream
) -> None:
    artifactory.create_remote("r", upstream.url)
    wheel = make_wheel("demo", "1.0")
    upstream.put_project("demo", {wheel_filename("demo", "1.0"): wheel})
    page = artifactory.get("api/pypi/r/simple/demo/?format=application/json")
    path = page.json["files"][0]["url"].removeprefix("../../")
    artifactory.get(f"api/pypi/r/{path}.metadata")

    with not_in_place_yet(artifactory, "*.whl.metadata"):
        answer = artifactory.get(f"api/pypi/r/{path}.metadata")

    assert answer.body == metadata_of(wheel)
    assert sum(asked.endswith(".whl") for asked in upstream.paths) == 1


def test_file_that_is_lost_is_not_found(artifactory: Artifactory) -> None:
    artifactory.create("l")
    artifactory.upload_wheel("l", "demo", "1.0")
    (file,) = Path(artifactory.xom.config.server_path, "+files").rglob("*.whl")
    file.unlink()

    assert artifactory.get(f"api/pypi/l/{PATH}").status_code == 404
