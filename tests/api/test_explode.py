"""Deploying the files of an archive, and archives that are refused."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.packages import archived_files
from support.app import Artifactory
from support.app import message_of
from support.archives import make_tar
from support.archives import make_wheel
from support.archives import make_zip
from support.archives import wheel_filename
from typing import Any
import io
import pytest
import stat
import tarfile
import zipfile


EXPLODE = {"X-Explode-Archive": "true"}
ATOMIC = {**EXPLODE, "X-Explode-Archive-Atomic": "true"}
FILES = {"a.txt": "one", "b/c.txt": "two", "b/d/e.txt": "three"}


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    return artifactory


def explode(app: Artifactory, path: str, body: bytes, **kw: Any) -> Any:
    kw.setdefault("headers", EXPLODE)
    return app.put(path, body, **kw)


@pytest.mark.parametrize("headers", [EXPLODE, ATOMIC, {"X-Explode-Archive-Atomic": "true"}])
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x.zip", make_zip(FILES)),
        ("X.ZIP", make_zip(FILES)),
        ("x.tar", make_tar(FILES, "w:")),
        ("x.tar.gz", make_tar(FILES)),
        ("x.tgz", make_tar(FILES)),
        ("x.tar.bz2", make_tar(FILES, "w:bz2")),
    ],
)
def test_files_appear_in_the_folder_of_the_archive(
    local: Artifactory, name: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = explode(local, f"l/some/where/{name};team=blue", body, headers=headers)

    assert answer.status_code == 200
    # clients parse a body as that of a single file
    assert answer.body == b""
    assert local.children("l/some/where") == ["a.txt", "b/"]
    for path, text in FILES.items():
        assert local.get(f"l/some/where/{path}").text == text
        assert local.properties(f"l/some/where/{path}") == {"team": ["blue"]}
    assert local.stored_files() == ["a.txt", "c.txt", "e.txt"]


def test_archive_at_the_root_is_unpacked_there(local: Artifactory) -> None:
    assert explode(local, "l/x.zip", make_zip(FILES)).status_code == 200
    assert local.children("l") == ["a.txt", "b/"]


def test_distributions_in_an_archive_are_distributions(
    make_artifactory: Callable[..., Artifactory],
) -> None:
    app = make_artifactory("--artifactory-quiet-period=0")
    app.create("l")
    name = wheel_filename("demo", "1.0")
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(f"demo/{name}", make_wheel("demo", "1.0"))

    assert explode(app, "l/dist/x.zip", body.getvalue()).status_code == 200
    assert app.resolved("demo", "l") == {name: f"../../dist/demo/{name}"}


def test_folders_and_dots_of_an_archive_are_no_files(local: Artifactory) -> None:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        folder = tarfile.TarInfo("./b")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        info = tarfile.TarInfo("./b/c.txt")
        archive.addfile(info, io.BytesIO())

    assert explode(local, "l/x.tgz", body.getvalue()).status_code == 200
    assert local.children("l") == ["b/"]
    assert local.children("l/b") == ["c.txt"]


def test_other_files_are_stored_beside_one_that_is_refused(local: Artifactory) -> None:
    local.patch_index("repo/l", "volatile=False")
    local.put("l/b/c.txt", b"other")

    answer = explode(local, "l/x.zip", make_zip(FILES))

    assert answer.status_code == 409
    assert message_of(answer).startswith("2 of 3 files were deployed: File already exists")
    assert local.get("l/b/c.txt").body == b"other"
    assert local.get("l/a.txt").text == "one"
    assert local.get("l/b/d/e.txt").text == "three"


def test_atomic_explosion_stores_all_or_nothing(local: Artifactory) -> None:
    local.patch_index("repo/l", "volatile=False")
    local.put("l/b/c.txt", b"other")

    answer = explode(local, "l/x.zip", make_zip(FILES), headers=ATOMIC)

    assert answer.status_code == 409
    assert local.children("l") == ["b/"]
    assert local.stored_files() == ["c.txt"]


@pytest.mark.parametrize("headers", [EXPLODE, ATOMIC])
def test_layout_of_the_repository_is_enforced(local: Artifactory, headers: dict[str, str]) -> None:
    local.patch_index("repo/l", "artifactory_enforce_layout=True")
    name = wheel_filename("demo", "1.0")
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(f"demo/1.0/{name}", make_wheel("demo", "1.0"))
        archive.writestr(f"other/1.0/{name}", make_wheel("demo", "1.0"))

    answer = explode(local, "l/x.zip", body.getvalue(), headers=headers)

    assert answer.status_code == 403
    assert "Enforce Layout policy" in message_of(answer)
    assert local.children("l") == (["demo/"] if headers is EXPLODE else [])


def test_only_who_may_upload_explodes(local: Artifactory) -> None:
    bob = local.create_user("bob")

    assert explode(local, "l/x.zip", make_zip(FILES), user=None).status_code == 401
    assert explode(local, "l/x.zip", make_zip(FILES), user=bob).status_code == 403
    assert local.children("l") == []


def test_checksum_of_the_archive_is_checked(local: Artifactory) -> None:
    headers = {**EXPLODE, "X-Checksum-Sha256": "0" * 64}

    assert explode(local, "l/x.zip", make_zip(FILES), headers=headers).status_code == 409
    assert local.children("l") == []


def tar_with(**fields: Any) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        good = tarfile.TarInfo("good.txt")
        archive.addfile(good, io.BytesIO())
        info = tarfile.TarInfo("bad")
        for name, value in fields.items():
            setattr(info, name, value)
        archive.addfile(info, io.BytesIO(b"x" * info.size))
    return body.getvalue()


def zip_with(name: str, *, mode: int = stat.S_IFREG, flags: int = 0) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("good.txt", "good")
        info = zipfile.ZipInfo(name)
        info.external_attr = (mode | 0o644) << 16
        archive.writestr(info, "target")
    raw = body.getvalue()
    if flags:
        at = raw.rindex(b"PK\x01\x02")
        raw = raw[: at + 8] + bytes([flags]) + raw[at + 9 :]
    return raw


def repeated_tar() -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("twice.txt"), io.BytesIO())
    return body.getvalue()


BROKEN = make_tar(FILES)[:-20]


@pytest.mark.parametrize("headers", [EXPLODE, ATOMIC])
@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("x.tgz", tar_with(name="/etc/passwd"), "leads out of the archive"),
        ("x.tgz", tar_with(name="a/../../b"), "leads out of the archive"),
        ("x.tgz", tar_with(name="a\\b"), "leads out of the archive"),
        ("x.tgz", tar_with(name="c:/b"), "leads out of the archive"),
        ("x.tgz", tar_with(type=tarfile.SYMTYPE, linkname="good.txt"), "is a link or a device"),
        ("x.tgz", tar_with(type=tarfile.LNKTYPE, linkname="good.txt"), "is a link or a device"),
        ("x.tgz", tar_with(type=tarfile.CHRTYPE), "is a link or a device"),
        ("x.tgz", tar_with(type=tarfile.FIFOTYPE), "is a link or a device"),
        ("x.tgz", tar_with(type=tarfile.GNUTYPE_SPARSE), "sparse"),
        ("x.tgz", tar_with(pax_headers={"GNU.sparse.major": "1"}), "sparse"),
        ("x.tgz", tar_with(name="a//b"), "without a name"),
        ("x.tgz", tar_with(name="a/" * 64 + "b"), "deeper than 64 folders"),
        ("x.tgz", tar_with(name="a" * 300), "more than 255 bytes"),
        ("x.tgz", tar_with(name="a\udcff"), "not UTF-8"),
        ("x.tgz", tar_with(name="a\tb"), "control characters"),
        ("x.tgz", tar_with(name="good.txt/b"), "more than once"),
        ("x.tar", repeated_tar(), "more than once"),
        ("x.tgz", tar_with(name="/".join(["a" * 100] * 11)), "longer than 1024"),
        ("x.zip", zip_with("../b"), "leads out of the archive"),
        ("x.zip", zip_with("/b"), "leads out of the archive"),
        ("x.zip", zip_with("link", mode=stat.S_IFLNK), "is a link or a device"),
        ("x.zip", zip_with("secret", flags=1), "is encrypted"),
        ("x.zip", b"no archive", "broken"),
        ("x.zip", make_zip(FILES)[:-30], "broken"),
        ("x.tar", b"no archive" * 100, "broken"),
        ("x.tgz", b"no archive", "broken"),
        ("x.tgz", BROKEN, "broken"),
        ("x.zip", make_zip({}), "holds no files"),
        ("x.tar", make_tar({}, "w:"), "holds no files"),
        ("x.7z", b"", "no archive of a known type"),
        ("folder/", make_zip(FILES), "names a folder"),
    ],
)
def test_refused_archive_leaves_nothing(
    local: Artifactory, name: str, body: bytes, reason: str, headers: dict[str, str]
) -> None:
    answer = explode(local, f"l/{name}", body, headers=headers)

    assert answer.status_code == 400
    assert reason in message_of(answer)
    assert local.children("l") == []
    assert local.stored_files() == []


@pytest.mark.parametrize("mode", ["zip", "tgz"])
def test_bomb_is_refused(local: Artifactory, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far above what it is sent as, and above what is always allowed."""
    monkeypatch.setattr("devpi_artifactory_compat.packages.expansion._ALWAYS_ALLOWED_SIZE", 2**20)
    zeros = "0" * (4 * 2**20)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", zeros)
    raw = body.getvalue() if mode == "zip" else make_tar({"zeros": zeros})

    answer = explode(local, f"l/x.{mode}", raw)

    assert answer.status_code == 400
    assert "expands to more than" in message_of(answer)
    assert local.stored_files() == []


@pytest.mark.parametrize("make", [make_zip, lambda files: make_tar(files, "w:")])
def test_too_many_files_are_refused(
    local: Artifactory, make: Callable[[dict[str, str]], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archived_files, "MAX_FILES", 3)
    name = "x.zip" if make is make_zip else "x.tar"

    assert explode(local, f"l/{name}", make(FILES)).status_code == 200
    answer = explode(local, f"l/{name}", make({**FILES, "f.txt": ""}))

    assert answer.status_code == 400
    assert "more than 3 files" in message_of(answer)
