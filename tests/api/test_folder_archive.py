"""A folder is sent as one archive."""

from __future__ import annotations

from hashlib import sha256
from support.app import ADMIN
from support.app import Artifactory
from urllib.parse import quote
import io
import pytest
import tarfile
import zipfile


FILES = {"a.txt": b"a" * 600_000, "sub/b.txt": b"b", "sub/deep/ü.txt": b""}


@pytest.fixture
def filled(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    for path, body in FILES.items():
        answer = artifactory.request("PUT", f"l/f/{quote(path)}", user=ADMIN, body=body)
        assert answer.status_code == 201
    return artifactory


def members(body: bytes, archive_type: str) -> dict[str, bytes]:
    if archive_type == "zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


@pytest.mark.parametrize("archive_type", ["zip", "tar", "tar.gz", "tgz"])
def test_every_type_holds_the_files_of_the_folder(filled: Artifactory, archive_type: str) -> None:
    answer = filled.get(f"api/archive/download/l/f?archiveType={archive_type}")

    assert answer.status_code == 200
    assert f'filename="f.{archive_type}"' in answer.headers["Content-Disposition"]
    assert members(answer.body, archive_type) == FILES


def test_checksums_lie_beside_the_files_on_request(filled: Artifactory) -> None:
    url = "api/archive/download/l/f/sub/?archiveType=tar&includeChecksumFiles=true"

    found = members(filled.get(url).body, "tar")

    assert found["b.txt.sha256"] == sha256(b"b").hexdigest().encode()
    assert len(found) == 8


def test_virtual_and_whole_repository_are_folders_too(filled: Artifactory) -> None:
    filled.create("v", "virtual", repositories=["l"])

    found = members(filled.get("api/archive/download/v?archiveType=zip").body, "zip")
    assert found == {f"f/{path}": body for path, body in FILES.items()}


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("l/f", 400),
        ("l/f?archiveType=rar", 400),
        ("l/f/a.txt?archiveType=zip", 400),
        ("l/nope?archiveType=zip", 404),
        ("nope?archiveType=zip", 404),
    ],
)
def test_what_makes_no_sense_is_refused(filled: Artifactory, url: str, status: int) -> None:
    assert filled.get(f"api/archive/download/{url}").status_code == status


def test_strangers_get_no_archive(filled: Artifactory) -> None:
    filled.patch_index("repo/l", "acl_read=root")

    assert filled.get("api/archive/download/l/f?archiveType=zip").status_code == 401
    assert filled.get("api/replication/l").status_code == 401


def test_replication_between_servers_never_ran(filled: Artifactory) -> None:
    assert filled.get("api/replication/l").json["status"] == "never_run"
