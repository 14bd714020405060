"""One download for all who want a file at the same time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.arriving import remove_leftovers
from devpi_artifactory_compat.repositories.downloads import Downloads
from devpi_artifactory_compat.repositories.following import Download
from devpi_artifactory_compat.repositories.following import Fetch
from devpi_artifactory_compat.repositories.following import Reader
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Barrier
import errno
import os
import pytest


PATIENCE = 30.0
HELD_BACK = 10


class Sender:
    """An upstream that sends what the test puts in: pieces, then its end or a failure."""

    def __init__(self, size: int | None = None) -> None:
        self.times = 0
        self._size = size
        self._steps: SimpleQueue[bytes | Exception | None] = SimpleQueue()

    def __call__(self, download: Download) -> None:
        self.times += 1
        download.begin(self._size)
        while (step := self._steps.get(timeout=PATIENCE)) is not None:
            if isinstance(step, Exception):
                raise step
            download.write(step)

    def send(self, data: bytes) -> None:
        self._steps.put(data)

    def end(self) -> None:
        self._steps.put(None)

    def fail(self, failure: Exception) -> None:
        self._steps.put(failure)


class Scene:
    def __init__(self, directory: Path, **options: float) -> None:
        self.directory = directory
        self.downloads = Downloads(held_back=HELD_BACK, **options)  # type: ignore[arg-type]

    def start(self, fetch: Fetch, *, key: str = "a", patience: float = PATIENCE) -> Reader:
        new_file = partial(ArrivingFile, self.directory)
        return self.downloads.start(key, fetch, new_file, patience=patience)

    def follow(self, key: str = "a") -> Reader:
        reader = self.downloads.follow(key)
        assert reader is not None
        return reader

    def files(self) -> list[Path]:
        return list(self.directory.iterdir())


@pytest.fixture
def make_scene(tmp_path: Path) -> Callable[..., Scene]:
    return partial(Scene, tmp_path / "downloads")


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()


@pytest.fixture
def sender() -> Iterator[Sender]:
    made = Sender()
    yield made
    made.end()


def test_pieces_are_read_while_others_still_come(scene: Scene, sender: Sender) -> None:
    reader = scene.start(sender)

    sender.send(b"one" + bytes(HELD_BACK))
    assert next(reader) == b"one"
    sender.send(b"two")
    assert next(reader) == bytes(3)
    sender.end()

    assert b"".join(reader) == bytes(HELD_BACK - 3) + b"two"


def test_all_who_ask_share_one_download(scene: Scene, sender: Sender) -> None:
    together = Barrier(21)
    body = bytes(range(256)) * 1000

    def ask(_number: int) -> bytes:
        together.wait(PATIENCE)
        reader = scene.start(sender)
        first = next(reader)
        together.wait(PATIENCE)
        return first + b"".join(reader)

    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(ask, number) for number in range(20)]
        sender.send(body[:1000])
        together.wait(PATIENCE)
        together.wait(PATIENCE)
        for start in range(1000, len(body), 10_000):
            sender.send(body[start : start + 10_000])
        sender.end()

    assert {answer.result() for answer in answers} == {body}
    assert sender.times == 1


def test_one_who_comes_late_gets_it_from_the_beginning(scene: Scene, sender: Sender) -> None:
    first = scene.start(sender)
    sender.send(b"one" + bytes(HELD_BACK))
    assert next(first) == b"one"

    late = scene.follow()
    sender.end()

    assert b"".join(late) == b"one" + bytes(HELD_BACK)
    first.close()


def test_one_who_goes_away_does_not_end_it_for_others(scene: Scene, sender: Sender) -> None:
    first, second = scene.start(sender), scene.follow()
    sender.send(b"one" + bytes(HELD_BACK))
    assert next(first) == b"one"

    first.close()
    sender.end()

    assert list(first) == []
    assert b"".join(second) == b"one" + bytes(HELD_BACK)


def test_nobody_needs_to_stay(scene: Scene, sender: Sender) -> None:
    """The file is fetched to its end and kept."""
    scene.start(sender).close()
    sender.send(b"all of it")
    waiting = scene.follow()
    sender.end()

    waiting.wait()

    assert sender.times == 1


def test_size_is_known_as_soon_as_the_upstream_answers(scene: Scene) -> None:
    sender = Sender(size=7)
    reader = scene.start(sender)

    assert reader.size() == 7

    sender.end()
    reader.wait()


def test_last_bytes_wait_until_the_file_is_kept(scene: Scene, sender: Sender) -> None:
    """What is fetched last may be found to be wrong: nobody has it then."""
    reader = scene.start(sender)
    sender.send(b"one" + bytes(HELD_BACK))
    assert next(reader) == b"one"

    sender.fail(UpstreamError("wrong hash"))

    with pytest.raises(UpstreamError, match="wrong hash"):
        next(reader)
    assert list(reader) == []


def test_failure_reaches_everybody_and_the_next_starts_anew(scene: Scene, sender: Sender) -> None:
    readers = [scene.start(sender), scene.follow(), scene.follow()]
    sender.send(bytes(100))
    sender.fail(UpstreamError("broken"))

    for reader in readers:
        with pytest.raises(UpstreamError, match="broken"):
            list(reader)
    assert scene.downloads.follow("a") is None
    again = scene.start(sender)
    sender.end()
    assert b"".join(again) == b""
    assert sender.times == 2


def test_unexpected_failure_tells_no_secrets(
    scene: Scene, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    reader = scene.start(sender)
    sender.fail(OSError(errno.ENOSPC, "No space left on device", "/secret/place"))

    with pytest.raises(UpstreamError, match="could not be kept") as raised:
        reader.wait()

    assert "secret" not in str(raised.value)
    assert "No space left" in caplog.text


def test_file_that_cannot_be_made_is_a_failure(scene: Scene, sender: Sender) -> None:
    scene.directory.write_text("not a directory")

    with pytest.raises(UpstreamError, match="No file can be made"):
        scene.start(sender)


def test_reader_waits_no_longer_than_its_patience(scene: Scene, sender: Sender) -> None:
    reader = scene.start(sender, patience=0.01)

    with pytest.raises(UpstreamTimeout, match="Nothing more came"):
        next(reader)


@pytest.mark.parametrize("failure", [None, UpstreamError("broken")])
def test_nothing_is_left_behind(
    scene: Scene, sender: Sender, failure: UpstreamError | None
) -> None:
    reader = scene.start(sender)
    assert len(scene.files()) == 1

    if failure is None:
        sender.end()
        reader.wait()
    else:
        sender.fail(failure)
        with pytest.raises(UpstreamError):
            reader.wait()

    assert scene.files() == []


class TestTurns:
    def test_more_than_the_limit_wait_for_their_turn(
        self, make_scene: Callable[..., Scene]
    ) -> None:
        scene = make_scene(limit=1)
        first, second = Sender(), Sender()
        running = scene.start(first, key="a")
        waiting = scene.start(second, key="b")
        second.send(b"second")
        second.end()
        assert second.times == 0

        first.end()

        assert b"".join(waiting) == b"second"
        assert b"".join(running) == b""

    def test_turn_that_does_not_come_is_a_timeout(self, make_scene: Callable[..., Scene]) -> None:
        scene = make_scene(limit=1, turn_timeout=0.01)
        first, second = Sender(), Sender()
        running = scene.start(first, key="a")
        waiting = [scene.start(second, key="b"), scene.follow("b")]

        for reader in waiting:
            with pytest.raises(UpstreamTimeout, match="Try again later"):
                reader.size()
        assert scene.downloads.follow("b") is None
        assert len(scene.files()) == 1
        first.end()
        running.wait()
        assert second.times == 0

    def test_slot_is_free_again_after_a_failure(self, make_scene: Callable[..., Scene]) -> None:
        scene = make_scene(limit=1)
        for _ in range(3):
            sender = Sender()
            reader = scene.start(sender)
            sender.fail(UpstreamError("broken"))
            with pytest.raises(UpstreamError):
                reader.wait()


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    old, new = ArrivingFile(tmp_path), ArrivingFile(tmp_path)
    os.utime(old.path, (1000, 1000))

    remove_leftovers(tmp_path, older_than=2000)

    assert list(tmp_path.iterdir()) == [new.path]
    old.discard()
    new.discard()
    remove_leftovers(tmp_path / "missing", older_than=2000)
