"""What ``devpi-artifactory export`` and ``import`` refuse: one line on stderr, exit status 2."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.client.failure import CannotTransfer
from devpi_artifactory_compat.client.transfer_failures import failures_told
from pathlib import Path
from server import COMMAND
from server import LiveServer
from server import clean_environment
from transferring import GENERIC
from transferring import Small
from transferring import run
import json
import os
import pytest
import shutil
import signal
import subprocess


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A stopped server with one distribution and one other file, and its export."""
    home = tmp_path_factory.mktemp("small")
    with LiveServer(home, options=["--no-default-repositories"]) as server:
        small = Small(server, home / "export")
        small.fill()
    small.export()
    return small


@pytest.fixture
def directory(small: Small, tmp_path: Path) -> Path:
    """A copy of the export, to be damaged."""
    return Path(shutil.copytree(small.directory, tmp_path / "export"))


def refusal(small: Small, *arguments: str | Path) -> str:
    result = run(small.server, *arguments)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    [line] = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


class TestExport:
    def test_needs_a_server(self, small: Small, tmp_path: Path) -> None:
        missing = tmp_path / "missing"

        line = refusal(small, "export", "--serverdir", missing, tmp_path / "export")

        assert line == f"{missing} is no server directory."
        assert not (tmp_path / "export").exists()

    def test_needs_an_empty_directory(self, small: Small, tmp_path: Path) -> None:
        (tmp_path / "something").touch()

        line = refusal(small, "export", "--serverdir", small.server.serverdir, tmp_path)

        assert line == f"{tmp_path} is not empty: an export needs a new directory."

    def test_needs_no_file(self, small: Small, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.touch()

        line = refusal(small, "export", "--serverdir", small.server.serverdir, path)

        assert line == f"{path} is no directory."

    def test_names_a_file_that_is_lost_and_says_what_to_do(
        self, small: Small, tmp_path: Path
    ) -> None:
        serverdir = Path(shutil.copytree(small.server.serverdir, tmp_path / "serverdir"))
        (lost,) = (serverdir / "+files").rglob("notes.txt")
        lost.unlink()
        target = tmp_path / "export"

        line = refusal(small, "export", "--serverdir", serverdir, target)

        assert line == (
            f"The file of repo/l/{GENERIC} is missing. "
            f"{target} is not complete: delete it and export again."
        )
        line = refusal(small, "import", "--serverdir", tmp_path / "new", target)
        manifest = target / "+artifactory" / "manifest.json"
        assert line == f"{manifest} is missing: the export did not finish."

    def test_names_a_file_that_was_changed(self, small: Small, tmp_path: Path) -> None:
        serverdir = Path(shutil.copytree(small.server.serverdir, tmp_path / "serverdir"))
        (changed,) = (serverdir / "+files").rglob("notes.txt")
        changed.write_text("other notes")

        line = refusal(small, "export", "--serverdir", serverdir, tmp_path / "export")

        assert "notes.txt does not have its checksum. " in line

    def test_options_of_devpi_export_are_checked(self, small: Small, tmp_path: Path) -> None:
        line = refusal(small, "export", tmp_path / "export", "--", "--no-such-option")

        assert line == (
            "devpi-server does not take these options: unrecognized arguments: --no-such-option"
        )


class TestImport:
    def test_needs_a_directory(self, small: Small, tmp_path: Path) -> None:
        missing = tmp_path / "missing"

        line = refusal(small, "import", "--serverdir", tmp_path / "new", missing)

        assert line == f"{missing} is no directory."
        assert not (tmp_path / "new").exists()

    def test_needs_an_export(self, small: Small, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()

        line = refusal(small, "import", "--serverdir", tmp_path / "new", tmp_path / "other")

        assert line == f"{tmp_path / 'other'} is no export of devpi-server, or did not finish."

    def test_needs_a_new_server_directory(self, small: Small) -> None:
        serverdir = small.server.serverdir

        line = refusal(small, "import", "--serverdir", serverdir, small.directory)

        assert line == f"{serverdir} is not empty: an import needs a new server directory."

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("{", "is broken: "),
            ("[]", "is broken: it is no JSON object."),
            ('{"format": 2}', "has format 2; this version reads format 1."),
            ('{"format": 1}', "is broken: 'kinds'"),
            ('{"format": 1, "kinds": {"../up": {"lines": 1, "sha256": ""}}}', "is broken: '../up'"),
            ('{"format": 1, "kinds": {"files": 1}}', "is broken: "),
            (" " * 1_000_001, "is broken: it is too long."),
            ("[" * 100_000, "is broken: "),
        ],
    )
    def test_refuses_a_manifest_that_it_does_not_understand(
        self, small: Small, directory: Path, tmp_path: Path, text: str, expected: str
    ) -> None:
        manifest = directory / "+artifactory" / "manifest.json"
        manifest.write_text(text)

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert line.startswith(f"{manifest} {expected}")
        assert not (tmp_path / "new").exists()

    def test_refuses_kinds_of_a_later_version(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        """Nothing is left behind unnoticed."""
        manifest = directory / "+artifactory" / "manifest.json"
        data = json.loads(manifest.read_text())
        data["kinds"]["later"] = {"lines": 0, "sha256": ""}
        manifest.write_text(json.dumps({**data, "plugin": "99.0"}))

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert line == (
            f"{manifest} lists 'later', which this version does not know: "
            "it was written by version 99.0."
        )

    @pytest.mark.parametrize("name", ["files.jsonl", "secrets.jsonl"])
    def test_names_a_file_of_records_that_was_changed(
        self, small: Small, directory: Path, tmp_path: Path, name: str
    ) -> None:
        path = directory / "+artifactory" / name
        path.write_text(path.read_text() + "\n")

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert line == f"{path} was changed: its checksum is not that of the manifest."
        assert not (tmp_path / "new").exists()

    def test_names_a_changed_file_and_says_how_to_start_again(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        """Neither a second import nor ``serve`` takes what the first one left."""
        (path,) = (
            path
            for path in (directory / "+artifactory" / "content").rglob("*")
            if path.is_file() and path.read_bytes() == b"some notes\n"
        )
        path.write_text("other notes")
        serverdir = tmp_path / "new"
        again = (
            f"The import into {serverdir} is not complete: delete that directory and import again."
        )

        line = refusal(small, "import", "--serverdir", serverdir, directory)
        assert line == f"{path} was changed: its checksum is another one. {again}"

        assert refusal(small, "import", "--serverdir", serverdir, small.directory) == again
        assert refusal(small, "serve", "--serverdir", serverdir) == again
        assert refusal(small, "export", "--serverdir", serverdir, tmp_path / "other") == again

        shutil.rmtree(serverdir)
        result = run(small.server, "import", "--serverdir", serverdir, small.directory)
        assert (result.returncode, result.stderr) == (0, "")

    def test_names_a_changed_distribution(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        (path,) = (directory / "repo").rglob("*.whl")
        path.write_bytes(path.read_bytes() + b"more")

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert str(path) in line
        assert line.endswith("delete that directory and import again.")

    def test_names_a_distribution_that_devpis_part_lacks(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        index = directory / "dataindex.json"
        data = json.loads(index.read_text())
        data["indexes"]["repo/l"]["files"] = []
        index.write_text(json.dumps(data))

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert line.startswith("devpi's part of the export lacks repo/l/demo/1.0/demo-1.0-")

    def test_a_broken_index_of_devpi_is_no_traceback(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        (directory / "dataindex.json").write_text("[]")

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert line.endswith("delete that directory and import again.")

    def test_says_why_devpi_refuses_an_export(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        index = directory / "dataindex.json"
        index.write_text(index.read_text().replace('"stage"', '"strange"'))

        line = refusal(small, "import", "--serverdir", tmp_path / "new", directory)

        assert line.startswith("Unknown index type 'strange'.")

    def test_an_index_that_devpi_skips_is_left_out_and_counted(
        self, small: Small, directory: Path, tmp_path: Path
    ) -> None:
        serverdir = tmp_path / "new"

        result = run(
            small.server,
            *("import", "--serverdir", serverdir, directory),
            *("--", "--skip-import-type", "stage"),
        )

        assert (result.returncode, result.stderr) == (0, "")
        assert "Left out with the index repo/l: " in result.stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_how_to_start_again(how: signal.Signals) -> None:
    def interrupted() -> None:
        with failures_told(remedy="Start again."):
            signal.raise_signal(how)

    before: Callable[..., object] | int | None = signal.getsignal(how)
    signal.signal(how, signal.default_int_handler)
    try:
        with pytest.raises(CannotTransfer) as caught:
            interrupted()
    finally:
        signal.signal(how, before)

    assert caught.value.exit_code == 2
    assert caught.value.message == "Interrupted. Start again."


def test_progress_is_shown_on_a_terminal(small: Small, tmp_path: Path) -> None:
    """Elsewhere stderr stays empty, which the other tests check."""
    leader, follower = os.openpty()
    process = subprocess.Popen(
        [COMMAND, "export", "--serverdir", small.server.serverdir, tmp_path / "export"],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env=clean_environment(tmp_path),
    )
    os.close(follower)
    assert process.wait(60) == 0
    shown = os.read(leader, 100_000).decode()
    os.close(leader)

    assert "exporting by devpi: " in shown
    assert "exporting files: 2" in shown
