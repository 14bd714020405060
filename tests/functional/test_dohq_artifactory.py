"""``ArtifactoryPath`` of dohq-artifactory does with a live server what its documentation says."""

from __future__ import annotations

from artifactory import ArtifactoryPath
from collections.abc import Iterator
from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from pathlib import Path
from scene import Administrator
from server import LiveServer
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
import io
import pytest
import zipfile


BODY = b"what is in the file" * 100


@pytest.fixture(scope="session")
def repositories(server: LiveServer) -> LiveServer:
    administrator = Administrator(server)
    administrator.create("dohq-local", "local")
    administrator.create("dohq-other", "local")
    administrator.create(
        "dohq", "virtual", repositories=["dohq-local"], defaultDeploymentRepo="dohq-local"
    )
    return server


@pytest.fixture
def root(repositories: LiveServer, request: pytest.FixtureRequest) -> Iterator[ArtifactoryPath]:
    """A folder for one test; its connections are closed at the end."""
    path = ArtifactoryPath(
        f"{repositories.api_url}/dohq-local/{request.node.name}", auth=repositories.admin
    )
    yield path
    path.session.close()


def deployed(path: ArtifactoryPath, body: bytes = BODY, **kw: Any) -> ArtifactoryPath:
    path.deploy(io.BytesIO(body), **kw)
    return path


def names(paths: Any) -> list[str]:
    return sorted(path.name for path in paths)


def test_stat_tells_of_files_and_folders(root: ArtifactoryPath) -> None:
    file = deployed(root / "sub" / "a.txt")

    stat = file.stat()
    assert not stat.is_dir
    assert stat.size == stat.st_size == len(BODY)
    assert stat.md5 == md5(BODY).hexdigest()
    assert stat.sha1 == sha1(BODY).hexdigest()
    assert stat.sha256 == sha256(BODY).hexdigest()
    assert stat.created_by == stat.modified_by == "root"
    assert stat.ctime <= stat.mtime == stat.last_updated
    assert stat.repo == "dohq-local"
    assert root.stat().is_dir
    assert root.stat().children == ["sub"]
    assert file.stat_json()["mimeType"]
    assert file.owner() == file.creator() == "root"
    assert file.repo == "dohq-local"


def test_exists_is_file_and_is_dir(root: ArtifactoryPath) -> None:
    file = deployed(root / "a.txt")

    assert file.exists()
    assert file.is_file()
    assert not file.is_dir()
    assert root.is_dir()
    assert not (root / "nope").exists()
    assert not (root / "nope").is_file()


def test_folders_are_walked_and_searched(root: ArtifactoryPath) -> None:
    deployed(root / "a.txt")
    deployed(root / "sub" / "b.txt")
    deployed(root / "sub" / "deep" / "c.whl")

    assert names(root) == ["a.txt", "sub"]
    assert names(root.iterdir()) == ["a.txt", "sub"]
    assert names(root.glob("*.txt")) == ["a.txt"]
    assert names(root.glob("**/*.txt")) == ["a.txt", "b.txt"]
    assert names(root.rglob("*.whl")) == ["c.whl"]
    with pytest.raises(OSError, match="Not a directory"):
        list((root / "a.txt").iterdir())


def test_folders_are_made_and_removed(root: ArtifactoryPath) -> None:
    folder = root / "made"

    folder.mkdir(parents=True)
    assert folder.is_dir()
    assert list(folder) == []
    with pytest.raises(FileExistsError):
        folder.mkdir()
    folder.mkdir(exist_ok=True)
    folder.rmdir()
    assert not folder.exists()


def test_files_are_touched_and_unlinked(root: ArtifactoryPath) -> None:
    file = root / "empty"

    file.touch()
    assert file.stat().size == 0
    file.touch()
    file.unlink()
    assert not file.exists()
    with pytest.raises(FileNotFoundError):
        file.unlink()
    file.unlink(missing_ok=True)


def test_unlink_removes_a_folder_with_all_below_it(root: ArtifactoryPath) -> None:
    deployed(root / "sub" / "deep" / "a.txt")

    (root / "sub").unlink()

    assert not (root / "sub").exists()
    assert root.is_dir()


def test_content_is_read_and_written(root: ArtifactoryPath, tmp_path: Path) -> None:
    file = root / "a.txt"

    file.write_text("Grüße")
    assert file.read_text(encoding="utf-8") == "Grüße"
    file.write_bytes(BODY)
    assert file.read_bytes() == BODY
    with file.open() as stream:
        assert stream.read() == BODY
    target = tmp_path / "a.txt"
    file.writeto(target, chunk_size=100, progress_func=None)
    assert target.read_bytes() == BODY


def test_deploy_carries_checksums_and_properties(root: ArtifactoryPath) -> None:
    said = {"os": "linux", "arch": ["x86_64", "arm 64"], "odd": "a,b;c=d|e"}

    file = deployed(
        root / "a.bin",
        md5=md5(BODY).hexdigest(),
        sha1=sha1(BODY).hexdigest(),
        sha256=sha256(BODY).hexdigest(),
        parameters=said,
        quote_parameters=True,
    )

    assert file.properties == {"os": ["linux"], "arch": ["x86_64", "arm 64"], "odd": ["a,b;c=d|e"]}


def test_deploy_with_a_wrong_checksum_stores_nothing(root: ArtifactoryPath) -> None:
    with pytest.raises(Exception, match="rejected the artifact"):
        deployed(root / "a.bin", sha1="0" * 40)

    assert not (root / "a.bin").exists()


@pytest.mark.parametrize("calc", [True, False])
def test_deploy_file(root: ArtifactoryPath, tmp_path: Path, calc: bool) -> None:  # noqa: FBT001 - of a table
    path = tmp_path / "b.bin"
    path.write_bytes(BODY)
    root.mkdir()

    root.deploy_file(path, calc_md5=calc, calc_sha1=calc, calc_sha256=calc, parameters={"k": "v"})

    assert (root / "b.bin").read_bytes() == BODY
    assert (root / "b.bin").properties == {"k": ["v"]}


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "checksum"])
def test_deploy_by_checksum(root: ArtifactoryPath, algorithm: str) -> None:
    body = f"{algorithm} of this".encode()
    deployed(root / "a.bin", body)
    digest = sha1(body).hexdigest() if algorithm == "sha1" else sha256(body).hexdigest()

    (root / "b.bin").deploy_by_checksum(**{algorithm: digest})
    assert (root / "b.bin").read_bytes() == body
    with pytest.raises(Exception, match="No content with these checksums"):
        (root / "c.bin").deploy_by_checksum(sha1="1" * 40)


def test_explode_archive(root: ArtifactoryPath, tmp_path: Path) -> None:
    packed = tmp_path / "some.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.txt", "1")
        archive.writestr("sub/two.txt", "2")

    root.mkdir()
    root.deploy_file(packed, explode_archive=True, explode_archive_atomic=True)

    assert (root / "one.txt").read_text() == "1"
    assert (root / "sub" / "two.txt").read_text() == "2"
    assert not (root / "some.zip").exists()


def test_archive_of_a_folder(root: ArtifactoryPath) -> None:
    deployed(root / "a.txt")
    deployed(root / "sub" / "b.txt", b"b")

    with root.archive(archive_type="zip").open() as stream:
        packed = io.BytesIO(stream.read())

    with zipfile.ZipFile(packed) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a.txt": BODY,
            "sub/b.txt": b"b",
        }


def test_copy_of_files_and_folders(root: ArtifactoryPath, repositories: LiveServer) -> None:
    file = deployed(root / "src" / "a.txt", parameters={"k": "v"})
    other = ArtifactoryPath(
        f"{repositories.api_url}/dohq-other/{root.name}", auth=repositories.admin
    )

    said = file.copy(root / "b.txt", dry_run=True)
    assert said["messages"]
    assert not (root / "b.txt").exists()
    file.copy(root / "b.txt")
    (root / "src").copy(other / "dst")

    assert (root / "b.txt").read_bytes() == BODY
    assert (root / "b.txt").properties == {"k": ["v"]}
    assert (other / "dst" / "a.txt").read_bytes() == BODY
    assert file.exists()
    other.session.close()


def test_move_of_files_and_folders(root: ArtifactoryPath) -> None:
    file = deployed(root / "src" / "a.txt", parameters={"k": "v"})

    file.move(root / "src" / "b.txt")
    (root / "src").move(root / "dst")

    assert not (root / "src").exists()
    assert (root / "dst" / "b.txt").read_bytes() == BODY
    assert (root / "dst" / "b.txt").properties == {"k": ["v"]}


def test_properties_are_set_updated_and_deleted(root: ArtifactoryPath) -> None:
    file = deployed(root / "a.txt")
    assert file.properties == {}

    file.properties = {"a": ["1", "2"], "b": "x y|z,w"}
    assert file.properties == {"a": ["1", "2"], "b": ["x y|z,w"]}
    file.update_properties({"b": "new", "a": None})
    assert file.properties == {"b": ["new"]}
    file.set_properties({"c": "3"}, recursive=False)
    file.del_properties("b")
    assert file.properties == {"c": ["3"]}
    file.properties = {}
    assert file.properties == {}


def test_properties_of_a_folder_are_passed_on(root: ArtifactoryPath) -> None:
    file = deployed(root / "sub" / "a.txt")

    root.set_properties({"team": "blue"})
    assert file.properties == {"team": ["blue"]}
    root.update_properties({"team": "red"}, recursive=True)
    assert file.properties == {"team": ["red"]}
    root.del_properties({"team"}, recursive=True)
    assert file.properties == {}


def test_downloads_are_counted(root: ArtifactoryPath) -> None:
    file = deployed(root / "a.txt")
    assert file.download_stats().download_count == 0

    file.read_bytes()
    file.read_bytes()

    stats = file.download_stats()
    assert stats.download_count == 2
    assert stats.last_downloaded_by == "root"
    assert stats.remote_download_count == 0


def test_virtual_repository_is_read_and_deployed_to(
    root: ArtifactoryPath, repositories: LiveServer
) -> None:
    virtual = ArtifactoryPath(
        f"{repositories.api_url}/dohq/{root.name}/a.txt", auth=repositories.admin
    )

    deployed(virtual)

    assert (root / "a.txt").read_bytes() == BODY
    assert virtual.stat().repo == "dohq-local"
    virtual.session.close()


def test_distribution_that_is_deployed_with_its_properties_is_resolved(
    root: ArtifactoryPath, repositories: LiveServer
) -> None:
    wheel = make_wheel("dohq-demo", "1.0")
    file = root / wheel_filename("dohq-demo", "1.0")

    deployed(file, wheel, parameters={"pypi.name": "dohq-demo", "pypi.version": "1.0"})

    page = repositories.request("GET", f"{repositories.index_url('dohq')}/dohq-demo/")
    assert file.name in page.text
    assert file.properties["pypi.normalized.name"] == ["dohq-demo"]


def test_replication_status(root: ArtifactoryPath) -> None:
    deployed(root / "a.txt")

    assert root.replication_status["status"] == "never_run"


def test_repositories_are_found(root: ArtifactoryPath) -> None:
    server = ArtifactoryPath(root.drive, auth=root.session.auth)

    found = server.find_repository_local("dohq-local")
    assert found.name == "dohq-local"
    members = server.find_repository_virtual("dohq").repositories
    assert [member.name for member in members] == ["dohq-local"]
    assert server.find_repository_local("nope") is None
    assert "dohq-local" in [repository.name for repository in server.get_repositories(lazy=True)]
