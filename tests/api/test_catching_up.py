"""Readers of records wait for what devpi's own routes changed, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.storage.catching_up import catch_up
from support.app import ADMIN
from support.app import Artifactory
from support.app import encode_form
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
import pytest
import threading


@pytest.fixture
def running(artifactory: Artifactory) -> Iterator[Artifactory]:
    """With the thread that handles devpi's events; ``held`` on it lets none be handled."""
    artifactory.create("l")
    notifier = artifactory.xom.keyfs.notifier
    artifactory.xom.thread_pool.start_one(notifier)
    yield artifactory
    artifactory.xom.thread_pool.shutdown()
    notifier.thread.join(10)
    assert not notifier.thread.is_alive()


def devpi_upload(app: Artifactory, name: str, version: str) -> str:
    """By devpi's own route; the path of the file."""
    filename = wheel_filename(name, version)
    fields = [(":action", "file_upload"), ("name", name), ("version", version)]
    wheel = make_wheel(name, version)
    body, content_type = encode_form(fields, [("content", filename, wheel)])
    answer = app.request("POST", "/repo/l/", user=ADMIN, body=body, content_type=content_type)
    assert answer.status_code == 200, answer.text
    return f"{name}/{version}/{filename}"


def test_upload_and_removal_by_devpi_show_at_once(running: Artifactory) -> None:
    for number in range(5):
        path = devpi_upload(running, "demo", f"1.{number}")
        shown = running.get(f"api/storage/l/{path}?properties")
        assert shown.status_code == 200, number
        assert shown.json["properties"]["pypi.version"] == [f"1.{number}"]
        assert running.request("DELETE", f"/repo/l/demo/1.{number}", user=ADMIN).status_code == 200
        assert running.get(f"api/storage/l/{path}").status_code == 404, number


def test_readers_beside_writers_see_each_upload(running: Artifactory) -> None:
    """Whose request begins after an upload sees it, whatever else is written meanwhile."""
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.wait(0.002):
            number += 1
            with running.xom.keyfs.write_transaction():
                running.xom.model.get_user("repo").modify(title=str(number))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(8):
            path = devpi_upload(running, "demo", f"2.{number}")
            assert running.get(f"api/storage/l/{path}").status_code == 200, number
    finally:
        done.set()
        writer.join()


class Stuck:
    """A subscriber of events that does not come back until it is told to."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.leave = threading.Event()

    def __call__(self, event: Any) -> None:
        self.reached.set()
        self.leave.wait(60)


@pytest.fixture
def stuck(artifactory: Artifactory) -> Iterator[Stuck]:
    """An event is being handled and does not end: nobody may wait for that."""
    artifactory.create("l")
    subscriber = Stuck()
    keyfs = artifactory.xom.keyfs
    keyfs.notifier.on_key_change(keyfs.USER, subscriber)
    artifactory.xom.thread_pool.start_one(keyfs.notifier)
    artifactory.create_user("somebody")
    assert subscriber.reached.wait(60)
    yield subscriber
    subscriber.leave.set()
    artifactory.xom.thread_pool.shutdown()
    keyfs.notifier.thread.join(10)


def test_what_devpi_changed_shows_while_its_events_are_held_up(
    artifactory: Artifactory, stuck: Stuck
) -> None:
    path = devpi_upload(artifactory, "demo", "1.0")

    assert artifactory.get(f"l;pypi.version=1.0/{path}").status_code == 200
    properties = artifactory.get(f"api/storage/l/{path}?properties").json["properties"]
    assert properties["pypi.name"] == ["demo"]
    devpi_upload(artifactory, "demo", "2.0")
    tag = artifactory.request(
        "PUT", f"api/storage/l/{path.replace('1.0', '2.0')}?properties=k=v", user=ADMIN
    )
    assert tag.status_code == 204, tag.text
    assert artifactory.request("DELETE", "/repo/l/demo/1.0", user=ADMIN).status_code == 200
    assert artifactory.get(f"api/storage/l/{path}").status_code == 404
    assert artifactory.get("l/demo/").text.count('href="./2.0/"') == 1
    assert not stuck.leave.is_set()


def test_events_that_come_late_change_nothing(artifactory: Artifactory, stuck: Stuck) -> None:
    path = devpi_upload(artifactory, "demo", "1.0")
    artifactory.request("PUT", f"api/storage/l/{path}?properties=k=v", user=ADMIN)
    before = artifactory.get(f"api/storage/l/{path}").json
    keyfs = artifactory.xom.keyfs
    serial = keyfs.get_current_serial()
    stuck.leave.set()
    keyfs.notifier.wait_event_serial(serial)

    assert artifactory.get(f"api/storage/l/{path}").json == before
    assert keyfs.get_current_serial() == serial


def test_index_made_anew_is_empty(artifactory: Artifactory, stuck: Stuck) -> None:
    """What its namesake held is not seen in it, though devpi has not told of its end yet."""
    options = {"type": "stage", "artifactory_key": "own"}
    assert artifactory.request("PUT", "/root/own", user=ADMIN, body=options).status_code == 200
    artifactory.request("PUT", "own/x.txt", user=ADMIN, body=b"x")
    assert artifactory.request("DELETE", "/root/own", user=ADMIN).status_code in {200, 201}
    assert artifactory.get("api/storage/own").status_code == 404
    assert artifactory.request("PUT", "/root/own", user=ADMIN, body=options).status_code == 200

    assert artifactory.get("api/storage/own").json["children"] == []


def test_settled_readers_look_at_nothing(
    running: Artifactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    devpi_upload(running, "demo", "1.0")
    assert running.get("api/storage/l/demo").status_code == 200
    running.xom.keyfs.notifier.wait_event_serial(running.xom.keyfs.get_current_serial())
    assert running.get("api/storage/l/demo").status_code == 200
    keyfs = running.xom.keyfs

    def refuse() -> int:
        raise AssertionError("looked at a file")

    monkeypatch.setattr(keyfs.notifier, "read_event_serial", refuse)
    with keyfs.read_transaction():
        catch_up(running.xom)
    # the thread of the fixture wants to go on
    monkeypatch.undo()


@pytest.mark.parametrize("maker", ["devpi", "artifactory"])
def test_nothing_of_a_deleted_index_is_in_a_new_one_of_its_name(
    artifactory: Artifactory, maker: str
) -> None:
    """Although no event has been handled when the new one is made, and the same content comes."""
    artifactory.create("l")
    for path in ("old.txt", "folder/old.txt"):
        artifactory.put(f"l/{path};k=v", path.encode())
    artifactory.upload_wheel("l", "old", "1.0")
    assert artifactory.request("DELETE", "/repo/l", user=ADMIN).status_code == 201
    if maker == "devpi":
        body = {"type": "stage", "artifactory_key": "l", "acl_upload": ["root"]}
        assert artifactory.request("PUT", "/repo/l", user=ADMIN, body=body).status_code == 200
    else:
        artifactory.create("l")

    artifactory.put("l/new.txt", b"old.txt")

    assert artifactory.children("l") == ["new.txt"]
    assert artifactory.get("l/new.txt").body == b"old.txt"
    assert artifactory.get("l/folder/old.txt").status_code == 404
    assert artifactory.resolved("old", "l") == {}
