"""Records leave one server and reach another, also where there are many of them."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.storage.blobs import store_blob
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.transfer.exporting import export_records
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from devpi_artifactory_compat.storage.transfer.importing import LINES_OF_A_TRANSACTION
from devpi_artifactory_compat.storage.transfer.importing import import_records
from devpi_artifactory_compat.storage.transfer.kinds import kind_names
from devpi_artifactory_compat.storage.transfer.lines import read_lines
from devpi_artifactory_compat.storage.transfer.lines import write_lines
from devpi_artifactory_compat.storage.transfer.manifest import KindFile
from devpi_artifactory_compat.storage.transfer.manifest import Manifest
from devpi_artifactory_compat.storage.transfer.manifest import read_manifest
from devpi_artifactory_compat.storage.transfer import snapshot
from devpi_artifactory_compat.storage.tree import SPLIT_FROM
from hashlib import sha256
from pathlib import Path
from support.app import Artifactory
from typing import Any
import io
import pytest


CONTENT = b"the same everywhere"
SHA256 = sha256(CONTENT).hexdigest()
#: a folder in parts, and more than one transaction of the export and of the import
MANY = max(SPLIT_FROM, LINES_OF_A_TRANSACTION, snapshot.LINES_OF_A_TRANSACTION) + 50


class Silent:
    """Shows nothing and counts."""

    def __init__(self) -> None:
        self.steps = 0

    def begin(self, label: str, total: int | None = None) -> None:
        pass

    def step(self) -> None:
        self.steps += 1


def fill(app: Artifactory, paths: list[str]) -> None:
    app.create("l")
    with app.xom.keyfs.write_transaction():
        records = Records(app.xom, "repo", "l")
        for path in paths:
            records.save_record(record(path, store(app, path.rpartition("/")[2])))


def store(app: Artifactory, filename: str) -> str:
    return store_blob(
        app.xom,
        user="repo",
        index="l",
        filename=filename,
        sha256=SHA256,
        file=io.BytesIO(CONTENT),
        source=None,
    )


def record(path: str, entry: str, **changes: Any) -> Record:
    fields: dict[str, Any] = {
        "path": path,
        "project": "",
        "filename": path.rpartition("/")[2],
        "entry": entry,
        "size": len(CONTENT),
        "md5": "0" * 32,
        "sha1": "0" * 40,
        "sha256": SHA256,
        "created": 1.5,
        "created_by": "ann",
        "modified": 2.25,
        "modified_by": "bob",
        "state": "generic",
    }
    return Record(**{**fields, **changes})


def export(app: Artifactory, directory: Path, *, serial: int | None = None) -> Manifest:
    directory.mkdir()
    return export_records(
        app.xom,
        directory,
        serial=app.xom.keyfs.get_current_serial() if serial is None else serial,
        hard_links=False,
        mirrored_files=True,
        progress=Silent(),
    )


def load(app: Artifactory, directory: Path) -> int:
    """How many lines were imported."""
    manifest = read_manifest(directory, known_kinds=kind_names())
    assert manifest is not None
    progress = Silent()
    import_records(app.xom, directory, manifest, hard_links=False, progress=progress)
    return progress.steps


def test_many_files_in_one_folder(
    make_artifactory: Callable[..., Artifactory], tmp_path: Path
) -> None:
    """Each once, in several transactions; equal content is one file of the export."""
    old, new = make_artifactory(), make_artifactory()
    fill(old, [f"many/file-{number}.txt" for number in range(MANY)])
    new.create("l")

    manifest = export(old, tmp_path / "export")
    serial = new.xom.keyfs.get_current_serial()
    steps = load(new, tmp_path / "export")

    assert manifest.lines("files") == MANY
    assert (manifest.content_files, manifest.content_bytes) == (1, len(CONTENT))
    assert steps == sum(file.lines for file in manifest.kinds.values())
    assert new.xom.keyfs.get_current_serial() - serial >= MANY / LINES_OF_A_TRANSACTION
    for path in ("many", "many/file-7.txt", ""):
        before, after = (app.get(f"api/storage/l/{path}") for app in (old, new))
        assert before.json == after.json
    assert len(new.get("api/storage/l/many").json["children"]) == MANY
    assert new.get("l/many/file-7.txt").body == CONTENT


def test_an_export_shows_the_server_at_one_moment(artifactory: Artifactory, tmp_path: Path) -> None:
    """Whatever changes while it runs."""
    fill(artifactory, ["before.txt"])
    serial = artifactory.xom.keyfs.get_current_serial()
    with artifactory.xom.keyfs.write_transaction():
        records = Records(artifactory.xom, "repo", "l")
        entry = store(artifactory, "after.txt")
        records.save_record(record("after.txt", entry))
        before = records.record("before.txt")
        assert before is not None
        records.save_record(record("before.txt", before.entry, properties={"changed": ["yes"]}))

    export(artifactory, tmp_path / "export", serial=serial)

    path = tmp_path / "export" / "+artifactory" / "files.jsonl"
    (line,) = [line for _number, line in read_lines(path)]
    assert (line["file"]["path"], line["file"]["properties"]) == ("before.txt", {})


def test_walk_finds_all_below_a_folder_however_deep(artifactory: Artifactory) -> None:
    deep = "/".join(["d"] * 300)
    fill(artifactory, ["a.txt", "b/c.txt", f"{deep}/e.txt"])

    with artifactory.xom.keyfs.read_transaction():
        tree = Records(artifactory.xom, "repo", "l").tree
        found = list(tree.walk(""))

    files = {path for path, is_folder in found if not is_folder}
    assert files == {"a.txt", "b/c.txt", f"{deep}/e.txt"}
    assert len(found) == len(set(found)) == 3 + 1 + 300


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({}, "KeyError"),
        ({"index": "repo/l", "file": {"path": "a"}, "cached": None}, "TypeError"),
        ({"index": "repo/l", "file": [], "cached": None}, "TypeError"),
        ({"index": ["repo/l"], "file": {}, "cached": None}, "TypeError"),
        ({"index": "repo/l", "file": {"filename": "../../up"}, "cached": None}, "ValueError"),
        ({"index": "repo/l", "file": {"filename": ""}, "cached": None}, "ValueError"),
        ({"index": "repo/l", "file": {"sha256": "../../up"}, "cached": None}, "ValueError"),
    ],
)
def test_a_line_that_cannot_be_imported_is_named(
    artifactory: Artifactory, tmp_path: Path, line: dict[str, Any], reason: str
) -> None:
    """Nothing of it is written, and nothing outside of the server directory."""
    artifactory.create("l")
    if isinstance(line.get("file"), dict) and "path" not in line["file"]:
        line = {**line, "file": {**record("a", "").data(), **line["file"]}}
    folder = tmp_path / "+artifactory"
    folder.mkdir()
    count, digest = write_lines(folder / "files.jsonl", [line], private=False)
    kinds = {"files": KindFile(lines=count, sha256=digest)}
    manifest = Manifest(kinds=kinds, content_files=0, content_bytes=0, mirrored_files=False)

    with pytest.raises(TransferFailed) as caught:
        import_records(artifactory.xom, tmp_path, manifest, hard_links=False, progress=Silent())

    path = folder / "files.jsonl"
    assert str(caught.value).startswith(f"{path}, line 1 cannot be imported: {reason}: ")
    assert artifactory.get("api/storage/l/a").status_code == 404
