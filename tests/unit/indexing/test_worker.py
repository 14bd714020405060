"""What the worker does with what waits, by a clock and with indexes of the test."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.indexing.batches import MAX_FILES
from devpi_artifactory_compat.indexing.worker import MAX_WAIT_SECS
from devpi_artifactory_compat.indexing.worker import Worker
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from support.archives import make_wheel
from support.archives import wheel_filename
from support.fake_indexes import Broken
from support.fake_indexes import FakeIndexes
import pytest
import threading


INDEX = "a/i"
WHEEL = make_wheel("demo", "1.0")
PATH = f"demo/1.0/{wheel_filename('demo', '1.0')}"


class Scene:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.indexes = FakeIndexes()
        self.index = self.indexes[INDEX]
        self.logged: list[str] = []
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        """As after a restart."""

        def log(message: str, *args: object) -> None:
            self.logged.append(message % args)

        return Worker(self.indexes, log_exception=log, clock=lambda: self.now)

    def deploy(self, path: str = PATH, body: bytes = WHEEL, **kw: ArtifactState) -> None:
        self.index.deploy(path, body, now=self.now, **kw)
        self.worker.changed(INDEX)

    def ask(self) -> None:
        self.index.ask(self.now)
        self.worker.changed(INDEX)

    def settle(self) -> float:
        """Rounds until there is nothing more to do now; for how long."""
        for _ in range(1_000):
            delay = self.worker.round()
            if delay > 0:
                return delay
        raise AssertionError("the worker does not come to rest")

    def artifact(self, path: str = PATH) -> Artifact:
        return self.index.artifacts.artifacts[path]

    @property
    def added(self) -> list[str]:
        return self.index.releases.added


@pytest.fixture
def scene() -> Scene:
    return Scene()


def wheels(count: int) -> list[tuple[str, bytes]]:
    found = []
    for number in range(count):
        name, version = "demo", f"1.{number}"
        found.append((f"x/{wheel_filename(name, version)}", make_wheel(name, version)))
    return found


def test_without_work_it_waits_for_news(scene: Scene) -> None:
    assert scene.settle() == MAX_WAIT_SECS


def test_file_is_indexed_when_it_is_due_and_not_before(scene: Scene) -> None:
    scene.index.period = 60
    scene.deploy()
    assert scene.settle() == 60
    scene.now += 59
    scene.settle()
    assert scene.added == []

    scene.now += 1
    assert scene.settle() == MAX_WAIT_SECS
    assert scene.added == [PATH]
    assert scene.artifact().state is ArtifactState.INDEXED


def test_what_waited_before_a_start_is_found(scene: Scene) -> None:
    scene.index.deploy(PATH, WHEEL, now=scene.now)

    scene.settle()
    assert scene.added == [PATH]


def test_file_is_indexed_once_however_often_it_starts(scene: Scene) -> None:
    scene.deploy()
    for _ in range(3):
        scene.worker = scene.new_worker()
        scene.settle()

    assert scene.added == [PATH]


def test_file_that_is_no_distribution_says_why_and_waits_no_more(scene: Scene) -> None:
    scene.deploy(body=b"no wheel")
    scene.settle()

    assert scene.artifact().state is ArtifactState.GENERIC
    (reason,) = scene.artifact().properties[INDEXING_ERROR]
    assert scene.index.files().failed == {PATH: reason}
    assert scene.index.files().paths == {}
    assert scene.logged == []


def test_file_that_devpi_refuses_says_why(scene: Scene) -> None:
    scene.index.releases.refuses[PATH] = InvalidUpload("devpi does not like it")
    scene.deploy()
    scene.settle()

    assert scene.index.files().failed == {PATH: "devpi does not like it"}


def test_second_file_of_a_name_is_no_release(scene: Scene) -> None:
    scene.deploy("one/" + wheel_filename("demo", "1.0"))
    scene.settle()
    scene.deploy("two/" + wheel_filename("demo", "1.0"))
    scene.settle()

    assert scene.added == ["one/" + wheel_filename("demo", "1.0")]
    assert "already resolved from 'one/" in next(iter(scene.index.files().failed.values()))


def test_what_the_deployer_said_later_counts(scene: Scene) -> None:
    scene.index.period = 60
    scene.deploy()
    said = {"pypi.name": ("other",), "pypi.version": ("1.0",)}
    scene.index.artifacts.set_properties(PATH, said, user="root")
    scene.now += 60
    scene.settle()

    assert "is named" in scene.index.files().failed[PATH]


def test_disk_that_fails_is_no_fault_of_the_file(scene: Scene) -> None:
    scene.index.artifacts.unreadable.add(PATH)
    scene.deploy()
    delay = scene.settle()

    assert scene.artifact().state is ArtifactState.PENDING
    assert scene.logged == [f"{INDEX}:{PATH} could not be read to be indexed"]
    scene.index.artifacts.unreadable.clear()
    scene.now += delay
    scene.settle()
    assert scene.added == [PATH]


def test_file_that_is_lost_waits_until_it_is_back(scene: Scene) -> None:
    scene.deploy()
    body = scene.index.artifacts.bodies.pop(PATH)
    delay = scene.settle()
    assert len(scene.logged) == 1

    scene.index.artifacts.bodies[PATH] = body
    scene.now += delay
    scene.settle()
    assert scene.added == [PATH]


def test_one_file_that_the_server_fails_at_holds_up_no_other(scene: Scene) -> None:
    bad, *good = wheels(MAX_FILES + 3)
    scene.index.releases.refuses[bad[0]] = Broken("who knows")
    for path, body in (bad, *good):
        scene.deploy(path, body)
    scene.settle()

    assert sorted(scene.added) == sorted(path for path, _ in good)
    assert list(scene.index.files().paths) == [bad[0]]
    assert scene.logged == [f"{INDEX}:{bad[0]} could not be indexed"]
    delays = []
    for _ in range(3):
        delays.append(scene.settle())
        scene.now += delays[-1]
    assert delays == [5, 10, 20]
    scene.index.releases.refuses.clear()
    scene.now += scene.settle()
    scene.settle()
    assert scene.index.files().paths == {}


def test_many_files_are_written_in_few_transactions(scene: Scene) -> None:
    for path, body in wheels(2 * MAX_FILES):
        scene.deploy(path, body)
    scene.settle()

    assert len(scene.added) == 2 * MAX_FILES
    assert scene.indexes.writes == 2


def test_files_are_read_while_others_may_write(scene: Scene) -> None:
    seen: list[str] = []
    scene.index.artifacts.on_read = lambda: seen.append(scene.indexes.open)
    scene.deploy()
    scene.settle()

    assert scene.added == [PATH]
    assert set(seen) == {"read"}


def test_file_that_is_gone_is_forgotten(scene: Scene) -> None:
    scene.deploy()
    scene.index.artifacts.remove(PATH)
    scene.settle()

    assert scene.index.files().paths == {}
    assert scene.logged == []


def test_index_that_is_gone_is_forgotten(scene: Scene) -> None:
    scene.index.period = 60
    scene.deploy()
    scene.settle()
    del scene.indexes.indexes[INDEX]
    scene.now += 60

    assert scene.settle() == MAX_WAIT_SECS


def test_index_that_cannot_be_opened_is_tried_again_and_holds_up_no_other(scene: Scene) -> None:
    other = scene.indexes["b/i"]
    other.deploy(PATH, WHEEL, now=scene.now)
    scene.worker.changed("b/i")
    scene.indexes.broken.add(INDEX)
    scene.deploy()
    delay = scene.settle()
    assert other.releases.added == [PATH]
    assert scene.logged == [f"Indexing failed in {INDEX}; it is tried again later"]

    scene.indexes.broken.clear()
    scene.now += delay
    scene.settle()
    assert scene.added == [PATH]


def test_first_look_that_fails_is_repeated(scene: Scene) -> None:
    scene.index.deploy(PATH, WHEEL, now=scene.now)
    scene.indexes.broken.add("")
    delay = scene.settle()
    assert scene.added == []

    scene.indexes.broken.clear()
    scene.now += delay
    scene.settle()
    assert scene.added == [PATH]


def test_shorter_period_counts_at_once(scene: Scene) -> None:
    scene.index.period = 3_600
    scene.deploy()
    scene.settle()
    scene.index.period = 0
    scene.worker.changed(INDEX)
    scene.settle()

    assert scene.added == [PATH]


def test_run_indexes_what_is_not_due_yet(scene: Scene) -> None:
    scene.index.period = 3_600
    scene.deploy()
    scene.ask()
    scene.settle()

    assert scene.added == [PATH]
    result = scene.index.files().last_run
    assert result is not None
    assert (result.looked_at, result.indexed, result.failed, result.errors) == (1, 1, 0, 0)
    assert scene.index.files().run is None


def test_run_tries_plain_files_again_that_look_like_distributions(scene: Scene) -> None:
    scene.deploy(state=ArtifactState.GENERIC)
    scene.deploy("notes.txt", b"text", state=ArtifactState.GENERIC)
    scene.deploy("broken-1.0.zip", b"no zip", state=ArtifactState.GENERIC)
    scene.ask()
    scene.settle()

    assert scene.added == [PATH]
    result = scene.index.files().last_run
    assert result is not None
    assert (result.looked_at, result.indexed, result.failed) == (3, 1, 1)
    assert set(scene.index.files().failed) == {"broken-1.0.zip"}


def test_second_run_writes_nothing_anew(scene: Scene) -> None:
    scene.deploy("broken-1.0.zip", b"no zip", state=ArtifactState.GENERIC)
    scene.ask()
    scene.settle()
    before = scene.artifact("broken-1.0.zip")
    scene.ask()
    scene.settle()

    assert scene.artifact("broken-1.0.zip") is not None
    assert scene.artifact("broken-1.0.zip") == before


def test_run_records_devpis_own_files(scene: Scene) -> None:
    scene.index.own = {"demo": ["h1", "h2"], "other": ["h3"]}
    scene.index.broken_own = {"h2"}
    scene.ask()
    scene.settle()

    assert sorted(scene.index.recorded) == ["h1", "h3"]
    result = scene.index.files().last_run
    assert result is not None
    assert (result.looked_at, result.recorded, result.errors) == (3, 2, 1)
    assert scene.logged == [f"The file h2 of {INDEX} could not be recorded"]


def test_call_during_a_run_is_served_by_a_look_that_begins_after_it(scene: Scene) -> None:
    for path, body in wheels(3 * MAX_FILES):
        scene.deploy(path, body, state=ArtifactState.GENERIC)
    scene.ask()
    scene.worker.round()
    assert scene.index.files().run is not None
    # a folder that the run has passed already
    late = f"a/{wheel_filename('late', '1.0')}"
    scene.deploy(late, make_wheel("late", "1.0"), state=ArtifactState.GENERIC)
    scene.ask()
    scene.settle()

    assert late in scene.added
    result = scene.index.files().last_run
    assert result is not None
    assert result.asked == 2


def test_run_tells_its_progress(scene: Scene) -> None:
    for path, body in wheels(3 * MAX_FILES):
        scene.deploy(path, body, state=ArtifactState.GENERIC)
    scene.ask()
    scene.worker.round()
    scene.now += 2
    scene.worker.round()

    run = scene.index.files().run
    assert run is not None
    assert 0 < run.done < run.total


def test_run_that_was_killed_begins_again(scene: Scene) -> None:
    for path, body in wheels(3 * MAX_FILES):
        scene.deploy(path, body, state=ArtifactState.GENERIC)
    scene.ask()
    scene.worker.round()
    done = list(scene.added)
    assert 0 < len(done) < 3 * MAX_FILES

    scene.worker = scene.new_worker()
    scene.settle()
    assert len(scene.added) == len(set(scene.added)) == 3 * MAX_FILES
    assert scene.index.files().run is None


def test_run_lets_files_of_other_indexes_through(scene: Scene) -> None:
    for path, body in wheels(4 * MAX_FILES):
        scene.deploy(path, body, state=ArtifactState.GENERIC)
    scene.ask()
    scene.worker.round()
    other = scene.indexes["b/i"]
    other.deploy(PATH, WHEEL, now=scene.now)
    scene.worker.changed("b/i")
    scene.worker.round()

    assert other.releases.added == [PATH]
    assert scene.index.files().run is not None


def test_run_that_fails_is_begun_again_later(scene: Scene) -> None:
    scene.deploy()
    scene.index.period = 3_600
    scene.ask()
    scene.indexes.broken.add(INDEX)
    delay = scene.settle()
    scene.indexes.broken.clear()
    scene.now += delay
    scene.settle()

    assert scene.added == [PATH]
    assert scene.index.files().run is None


def test_thread_works_on_news_and_ends_when_it_is_told(scene: Scene) -> None:
    indexed = threading.Event()
    scene.index.releases.added = Announced(indexed)  # type: ignore[assignment]
    thread = threading.Thread(target=scene.worker.run)
    thread.start()
    try:
        scene.deploy()
        assert indexed.wait(30)
    finally:
        scene.worker.stop()
        thread.join(30)
    assert not thread.is_alive()


class Announced(list[str]):
    """Sets an event when something is appended."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__()
        self._event = event

    def append(self, item: str) -> None:
        super().append(item)
        self._event.set()
