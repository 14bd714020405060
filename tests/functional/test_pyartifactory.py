"""pyartifactory finds the answers that its models want, on a live server."""

from __future__ import annotations

from pathlib import Path
from pyartifactory import Artifactory
from pyartifactory.exception import ArtifactNotFoundError
from pyartifactory.exception import BadPropertiesError
from pyartifactory.exception import PropertyNotFoundError
from pyartifactory.models import ArtifactFileInfoResponse
from pyartifactory.models import ArtifactFolderInfoResponse
from scene import Administrator
from server import LiveServer
import pytest


BODY = b"what is in the file"


@pytest.fixture(scope="session")
def client(server: LiveServer) -> Artifactory:
    administrator = Administrator(server)
    administrator.create("py-local", "local")
    administrator.create("py-other", "local")
    user, password = server.admin
    return Artifactory(url=server.api_url, auth=(user, password), api_version=1)


@pytest.fixture
def folder(client: Artifactory, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder of the repository with ``a.txt`` and ``sub/b.txt``."""
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "a.txt").write_bytes(BODY)
    (source / "sub" / "b.txt").write_bytes(b"b")
    path = f"py-local/{request.node.name}"
    client.artifacts.deploy(source, path)
    return path


def test_info_tells_files_from_folders(client: Artifactory, folder: str) -> None:
    file = client.artifacts.info(f"{folder}/a.txt")
    assert isinstance(file, ArtifactFileInfoResponse)
    assert file.size == len(BODY)
    assert file.checksums.sha256 == file.originalChecksums.sha256
    found = client.artifacts.info(folder)
    assert isinstance(found, ArtifactFolderInfoResponse)
    assert [(child.uri, child.folder) for child in found.children] == [
        ("/a.txt", False),
        ("/sub", True),
    ]
    with pytest.raises(ArtifactNotFoundError):
        client.artifacts.info(f"{folder}/nope")


def test_deploy_with_properties_and_by_checksum(
    client: Artifactory, folder: str, tmp_path: Path
) -> None:
    source = tmp_path / "c.txt"
    source.write_bytes(BODY)
    other = tmp_path / "d.txt"
    other.write_bytes(b"nobody has this")

    client.artifacts.deploy(source, f"{folder}/c.txt", {"k": ["1", "2"]})
    known = client.artifacts.deploy(source, f"{folder}/d.txt", checksum_enabled=True)

    assert client.artifacts.properties(f"{folder}/c.txt").properties == {"k": ["1", "2"]}
    assert isinstance(known, ArtifactFileInfoResponse)
    with pytest.raises(ArtifactNotFoundError):
        client.artifacts.deploy(other, f"{folder}/e.txt", checksum_enabled=True)


def test_download_of_files_and_folders(client: Artifactory, folder: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()

    path = client.artifacts.download(folder, str(target))

    assert (path / "a.txt").read_bytes() == BODY
    assert (path / "sub" / "b.txt").read_bytes() == b"b"


@pytest.mark.parametrize(
    ("options", "uris"),
    [
        ({}, {"/a.txt", "/sub", "/sub/b.txt"}),
        ({"list_folders": False}, {"/a.txt", "/sub/b.txt"}),
        ({"recursive": False}, {"/a.txt", "/sub"}),
        ({"depth": 1}, {"/a.txt", "/sub"}),
    ],
)
def test_list(client: Artifactory, folder: str, options: dict[str, int], uris: set[str]) -> None:
    found = client.artifacts.list(folder, **options)

    assert {file.uri for file in found.files} == uris
    assert all(file.size == -1 for file in found.files if file.folder)


def test_properties_are_set_updated_and_told(client: Artifactory, folder: str) -> None:
    path = f"{folder}/a.txt"
    with pytest.raises(PropertyNotFoundError):
        client.artifacts.properties(path)

    client.artifacts.set_properties(path, {"x": ["1", "2"], "y": ["z"]})
    assert client.artifacts.properties(path, ["x"]).properties == {"x": ["1", "2"]}
    updated = client.artifacts.update_properties(path, {"x": ["3"]})
    assert updated.properties == {"x": ["3"], "y": ["z"]}
    with pytest.raises(BadPropertiesError):
        client.artifacts.set_properties(path, {"no/slash": ["1"]})
    with pytest.raises(ArtifactNotFoundError):
        client.artifacts.set_properties(f"{folder}/nope", {"x": ["1"]})


def test_statistics(client: Artifactory, folder: str, tmp_path: Path) -> None:
    path = f"{folder}/a.txt"
    assert client.artifacts.stats(path).downloadCount == 0

    client.artifacts.download(path, str(tmp_path))

    assert client.artifacts.stats(path).downloadCount == 1


def test_copy_move_and_delete(client: Artifactory, folder: str) -> None:
    other = folder.replace("py-local", "py-other")

    client.artifacts.copy(f"{folder}/a.txt", f"{other}/copied.txt")
    client.artifacts.move(f"{folder}/sub", f"{other}/moved")
    client.artifacts.delete(f"{folder}/a.txt")

    assert [child.uri for child in client.artifacts.info(other).children] == [
        "/copied.txt",
        "/moved",
    ]
    assert client.artifacts.info(f"{other}/moved/b.txt").size == 1
    for gone in ("a.txt", "sub"):
        with pytest.raises(ArtifactNotFoundError):
            client.artifacts.info(f"{folder}/{gone}")
