"""When waiting files are due, by a clock of the test."""

from __future__ import annotations

from devpi_artifactory_compat.indexing.quiet_period import FIRST_RETRY_SECS
from devpi_artifactory_compat.indexing.quiet_period import LAST_RETRY_SECS
from devpi_artifactory_compat.indexing.quiet_period import MAX_PERIODS
from devpi_artifactory_compat.indexing.quiet_period import QuietPeriods
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import invariant
from hypothesis.stateful import rule
import pytest


class Clock:
    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def periods(clock: Clock) -> QuietPeriods:
    return QuietPeriods(clock)


def test_nothing_waits_at_first(periods: QuietPeriods) -> None:
    assert periods.due() == {}
    assert periods.next_due() is None


def test_file_is_due_a_period_after_the_last_upload(clock: Clock, periods: QuietPeriods) -> None:
    clock.now = 1_020.0
    periods.update("a/i", {"p": 1_000.0}, last_upload=1_020.0, period=60)
    clock.now = 1_079.9
    assert periods.due() == {}
    assert periods.next_due() == 1_080.0

    clock.now = 1_080.0
    assert periods.due() == {"a/i": ["p"]}


def test_busy_index_is_due_after_ten_periods(clock: Clock, periods: QuietPeriods) -> None:
    clock.now = 1_599.0
    periods.update("a/i", {"p": 1_000.0, "q": 1_599.0}, last_upload=1_599.0, period=60)
    assert periods.due() == {}

    clock.now = 1_600.0
    assert periods.due() == {"a/i": ["p", "q"]}


def test_without_a_period_files_are_due_at_once(periods: QuietPeriods) -> None:
    periods.update("a/i", {"p": 1_000.0}, last_upload=1_000.0, period=0)

    assert periods.due() == {"a/i": ["p"]}


def test_shorter_period_counts_at_once(clock: Clock, periods: QuietPeriods) -> None:
    periods.update("a/i", {"p": 1_000.0}, last_upload=1_000.0, period=600)
    clock.now = 1_010.0
    assert periods.due() == {}

    periods.update("a/i", {"p": 1_000.0}, last_upload=1_000.0, period=10)
    assert periods.due() == {"a/i": ["p"]}


def test_what_waits_no_more_is_not_due(periods: QuietPeriods) -> None:
    periods.update("a/i", {"p": 1_000.0}, last_upload=1_000.0, period=0)
    periods.update("a/i", {}, last_upload=1_000.0, period=0)

    assert periods.due() == {}
    assert periods.next_due() is None


def test_index_that_is_due_longest_comes_first(clock: Clock, periods: QuietPeriods) -> None:
    periods.update("b/late", {"p": 1_000.0}, last_upload=1_000.0, period=20)
    periods.update("a/early", {"q": 1_000.0, "o": 990.0}, last_upload=1_000.0, period=10)
    clock.now = 2_000.0

    assert list(periods.due().items()) == [("a/early", ["o", "q"]), ("b/late", ["p"])]


def test_clock_that_is_put_back_makes_nobody_wait_longer(
    clock: Clock, periods: QuietPeriods
) -> None:
    periods.update("a/i", {"p": 9_000.0}, last_upload=9_000.0, period=60)

    assert periods.next_due() == 1_060.0


def test_failed_file_is_tried_again_ever_later_and_holds_up_no_other(
    clock: Clock, periods: QuietPeriods
) -> None:
    def waits(*paths: str) -> None:
        periods.update("a/i", dict.fromkeys(paths, 1_000.0), last_upload=1_000.0, period=0)

    waits("bad", "good")
    periods.postpone("a/i", "bad")
    assert periods.due() == {"a/i": ["good"]}
    waits("bad")
    assert periods.due() == {}
    assert periods.next_due() == 1_000.0 + FIRST_RETRY_SECS

    clock.now += FIRST_RETRY_SECS
    assert periods.due() == {"a/i": ["bad"]}
    periods.postpone("a/i", "bad")
    assert periods.next_due() == clock.now + 2 * FIRST_RETRY_SECS
    for _ in range(40):
        periods.postpone("a/i", "bad")
    assert periods.next_due() == clock.now + LAST_RETRY_SECS


def test_file_that_was_deployed_anew_has_not_failed(clock: Clock, periods: QuietPeriods) -> None:
    periods.update("a/i", {"p": 1_000.0}, last_upload=1_000.0, period=0)
    periods.postpone("a/i", "p")
    clock.now = 1_001.0
    periods.update("a/i", {"p": 1_001.0}, last_upload=1_001.0, period=0)

    assert periods.due() == {"a/i": ["p"]}


def test_postponing_what_waits_no_more_does_nothing(periods: QuietPeriods) -> None:
    periods.postpone("a/i", "p")

    assert periods.next_due() is None


class Model(RuleBasedStateMachine):
    """Uploads, other uploads, ticks and changes of the period, against a plain model."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.periods = QuietPeriods(self.clock)
        self.waiting: dict[str, dict[str, float]] = {}
        self.last: dict[str, float] = {}
        self.period: dict[str, int] = {}

    def tell(self, index: str) -> None:
        paths = self.waiting.get(index, {})
        period = self.period.get(index, 60)
        self.periods.update(index, paths, last_upload=self.last.get(index, 0.0), period=period)

    indexes = st.sampled_from(["a/i", "b/i"])

    @rule(index=indexes, path=st.sampled_from("pqr"))
    def deploy(self, index: str, path: str) -> None:
        self.waiting.setdefault(index, {})[path] = self.clock.now
        self.last[index] = self.clock.now
        self.tell(index)

    @rule(index=indexes)
    def other_upload(self, index: str) -> None:
        self.last[index] = self.clock.now
        self.tell(index)

    @rule(index=indexes, period=st.integers(0, 100))
    def change_period(self, index: str, period: int) -> None:
        self.period[index] = period
        self.tell(index)

    @rule(secs=st.integers(0, 700))
    def tick(self, secs: int) -> None:
        self.clock.now += secs

    @rule()
    def index_what_is_due(self) -> None:
        for index, paths in self.periods.due().items():
            for path in paths:
                del self.waiting[index][path]
            self.tell(index)

    @invariant()
    def never_early_and_never_late(self) -> None:
        due = self.periods.due()
        for index, paths in self.waiting.items():
            if not paths:
                assert index not in due
                continue
            period = self.period.get(index, 60)
            quiet = self.clock.now >= self.last[index] + period
            late = self.clock.now >= min(paths.values()) + MAX_PERIODS * period
            assert (index in due) == (quiet or late)
            if index in due:
                assert set(due[index]) == set(paths)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        expected = [
            min(
                self.last[index] + self.period.get(index, 60),
                min(paths.values()) + MAX_PERIODS * self.period.get(index, 60),
            )
            for index, paths in self.waiting.items()
            if paths
        ]
        assert self.periods.next_due() == min(expected, default=None)


Model.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestModel = Model.TestCase
