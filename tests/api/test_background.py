"""Work in the background begins and ends with the server; who downloads is known cheaply."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.storage.periodic import PeriodicWork
from devpi_artifactory_compat.views.downloader import REMEMBERED_SECS
from devpi_artifactory_compat.views.downloader import KnownCredentials
from devpi_server.mythread import ThreadPool
from support.app import ADMIN
from support.app import Artifactory
import pytest
import threading


def test_work_goes_on_after_a_failure_and_is_done_once_more_at_the_end() -> None:
    pool = ThreadPool()
    done: list[str] = []
    twice = threading.Event()

    def work() -> None:
        done.append("work")
        if len(done) == 1:
            raise OSError("the disk is full")
        twice.set()

    periodic = PeriodicWork("TEST", work, interval=0.001, at_end=lambda: done.append("end"))
    periodic.register(pool)
    pool.start()
    assert twice.wait(60)
    pool.shutdown()

    assert not periodic.thread.is_alive()
    assert done[-1] == "end"
    assert done.count("end") == 1


def test_end_does_not_wait_for_the_interval() -> None:
    pool = ThreadPool()
    done: list[str] = []
    periodic = PeriodicWork("TEST", lambda: None, interval=3600, at_end=lambda: done.append("end"))
    periodic.register(pool)
    pool.start()
    pool.shutdown()

    assert done == ["end"]


def names_of_threads(app: Artifactory) -> list[str]:
    return [getattr(work, "_name", "") for work in app.xom.thread_pool._objects]


def test_primary_writes_counts_and_cleans_up(artifactory: Artifactory) -> None:
    assert {"STATS", "CLEAN"} <= set(names_of_threads(artifactory))


def test_replica_does_neither(make_artifactory: Callable[..., Artifactory]) -> None:
    replica = make_artifactory("--primary-url", "http://127.0.0.1:1", "--role", "replica")

    assert not {"STATS", "CLEAN"} & set(names_of_threads(replica))


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_credentials_are_looked_at_once_in_a_while() -> None:
    clock, asked = Clock(), []
    known = KnownCredentials(clock=clock)

    def ask() -> str:
        asked.append("asked")
        return "ann"

    assert [known.user("Basic x", ask) for _ in range(3)] == ["ann"] * 3
    assert len(asked) == 1
    known.user("Basic y", ask)
    assert len(asked) == 2
    clock.now = REMEMBERED_SECS + 1
    known.user("Basic x", ask)
    assert len(asked) == 3


def test_credentials_are_not_kept_in_the_open() -> None:
    known = KnownCredentials()
    known.user("Basic c2VjcmV0", lambda: "ann")

    assert "c2VjcmV0" not in repr(vars(known))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_artifactory_compat.views.downloader.REMEMBERED", 3)
    known = KnownCredentials()
    for number in range(10):
        known.user(f"Basic {number}", lambda: "ann")

    assert len(known._users) == 3


def test_remembered_credentials_give_no_right(artifactory: Artifactory) -> None:
    """A password that was changed opens nothing, whoever its user was taken for a minute ago."""
    ann = artifactory.create_user("ann")
    artifactory.create("l")
    artifactory.request("PUT", "l/x.txt", user=ADMIN, body=b"x")
    artifactory.sends_password(ann)
    assert artifactory.get("l/x.txt", user=ann).status_code == 200
    changed = artifactory.request("PATCH", "/ann", user=ADMIN, body={"password": "other-secret"})
    assert changed.status_code == 200
    artifactory.patch_index("repo/l", "acl_read=ann")

    assert artifactory.get("l/x.txt", user=ann).status_code == 401
    assert artifactory.get("l/x.txt", user=("ann", "other-secret")).status_code == 200
