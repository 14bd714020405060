"""The search database lives: it is built, told of, found wanting, and built anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.building import BuildUnderWay
from devpi_artifactory_compat.search.building import ClaimLost
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage import search_service as service_module
from devpi_artifactory_compat.storage.search_gateway import FILE_NAME
from devpi_artifactory_compat.storage.search_gateway import search_service
from devpi_artifactory_compat.storage.search_gateway import searching
from devpi_artifactory_compat.storage.search_gateway import start_search
from pathlib import Path
from sqlalchemy import func
from sqlalchemy import literal_column
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.search_content import content
from support.search_content import generation
from support.search_content import rebuild
from support.search_content import work
from typing import Any
from urllib.parse import quote
import pytest
import threading


STATUS = "api/system/search-database"
REBUILD = f"{STATUS}/rebuild"


@pytest.fixture
def filled(artifactory: Artifactory) -> Artifactory:
    """A server with some files, and its search database."""
    artifactory.create("l")
    for number in range(5):
        artifactory.put(f"l/folder/{number}.txt;k=v{number}", str(number).encode())
    assert len(content(artifactory)) == 7
    return artifactory


def restart(app: Artifactory) -> None:
    """As a new process finds the database."""
    search_service(app.xom).database.close()
    start_search(app.xom, url=None, timeout=60)


def names(app: Artifactory) -> set[str]:
    return {name for _place, kind, _path, name in content(app) if kind == "file"}


def database_path(app: Artifactory) -> Path:
    return Path(app.xom.config.server_path) / FILE_NAME


def change_active(app: Artifactory, **values: Any) -> None:
    with search_service(app.xom).database.writing() as connection:
        connection.execute(update(generations).where(generations.c.is_active).values(**values))


def status(app: Artifactory) -> dict[str, Any]:
    answer = app.get(STATUS, user=ADMIN)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


# searching


def test_search_sees_what_was_written_before_it(artifactory: Artifactory) -> None:
    artifactory.create("l")
    for number in range(5):
        artifactory.put(f"l/{number}.txt")
        assert names(artifactory) == {f"{each}.txt" for each in range(number + 1)}
    artifactory.delete("l/0.txt")
    assert "0.txt" not in names(artifactory)


def test_what_did_not_change_is_not_written_again(filled: Artifactory) -> None:
    before = search_service(filled.xom).active()

    assert names(filled)

    assert search_service(filled.xom).active() == before


def test_searches_beside_writers_each_see_what_was_there(filled: Artifactory) -> None:
    """Many threads bring the database up to date at once, and none sees less than it may."""
    failures: list[str] = []

    def write_and_search(worker: int) -> None:
        for number in range(6):
            name = f"{worker}-{number}.bin"
            filled.put(f"l/{name}")
            if name not in names(filled):
                failures.append(name)

    threads = [threading.Thread(target=write_and_search, args=(each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    fed = content(filled)
    rebuild(filled)
    assert content(filled) == fed


def test_first_search_of_a_large_server_waits_for_the_background(
    filled: Artifactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "FEW_CHANGES", 1)
    database_path(filled).unlink()

    with pytest.raises(SearchUnavailable, match=r"0 of \d+ changes of the server are in it"):
        names(filled)

    assert search_service(filled.xom).wake.is_set()
    work(filled)
    assert len(names(filled)) == 5


def test_search_that_is_far_behind_says_so_and_the_next_goes_on(
    filled: Artifactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "PATIENCE_SECS", -1.0)
    filled.put("l/late.txt")

    with pytest.raises(SearchUnavailable):
        names(filled)

    work(filled)
    assert "late.txt" in names(filled)


def test_texts_that_postgresql_does_not_take_do_not_stop_it(
    make_artifactory: Callable[..., Artifactory], postgres_url: str
) -> None:
    """PostgreSQL takes no NUL, and indexes no name so long."""
    hard = "".join(chr(0x10000 + (number * 7919) % 0x9000) for number in range(1024))
    for options in ((), ("--artifactory-search-database", postgres_url)):
        app = make_artifactory(*options)
        app.create("l")
        app.put(f"l/{quote(hard)}")
        app.put("l/usual.txt")
        with app.xom.keyfs.write_transaction():
            records = Records(app.xom, "repo", "l")
            record = records.record("usual.txt")
            assert record is not None
            properties = {"nul\0": ["a\0b"]}
            records.save_record(replace(record, properties=properties))

        (values,) = [
            values for (_, kind, _, _), (_, values, _) in content(app).items() if kind == "file"
        ]

        assert values == [("nul\ufffd", "a\ufffdb")]
        fed = content(app)
        rebuild(app)
        assert content(app) == fed


# rebuilding


def test_what_is_changed_while_a_rebuild_is_under_way_is_in_it(filled: Artifactory) -> None:
    service = search_service(filled.xom)
    claimed = service.ask_for_rebuild()
    steps = 0

    def change() -> None:
        nonlocal steps
        steps += 1
        if steps <= 5:
            filled.put(f"l/while/{steps}.txt;k=v")
            filled.delete(f"l/folder/{steps - 1}.txt")
            # the old one goes on answering
            assert f"{steps}.txt" in names(filled)

    service.work(change)

    assert steps > 5
    assert generation(filled) == claimed.builder
    assert names(filled) == {f"{each}.txt" for each in range(1, 6)}
    fed = content(filled)
    rebuild(filled)
    assert content(filled) == fed


def test_one_builder_at_a_time_and_a_dead_one_is_followed_by_another(
    filled: Artifactory,
) -> None:
    service = search_service(filled.xom)
    first = service.ask_for_rebuild()
    with pytest.raises(BuildUnderWay):
        service.ask_for_rebuild()

    with service.database.writing() as connection:
        connection.execute(
            update(generations).where(~generations.c.is_active).values(touched=first.touched - 60)
        )
    second = service.ask_for_rebuild()

    # who was taken for dead and comes back changes nothing
    with pytest.raises(ClaimLost):
        service.build(first, between=lambda: None)
    assert generation(filled) != first.builder
    work(filled)
    assert generation(filled) == second.builder
    assert len(names(filled)) == 5


def test_builder_that_fails_leaves_what_answered(filled: Artifactory) -> None:
    service = search_service(filled.xom)
    before = content(filled)
    service.ask_for_rebuild()

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        service.work(fail)

    assert content(filled) == before
    assert status(filled)["rebuild"] is None
    rebuild(filled)
    assert content(filled) == before


# what is wrong with a database


def without_table(app: Artifactory) -> None:
    active = search_service(app.xom).active()
    assert active is not None
    with search_service(app.xom).database.writing() as connection:
        tables(active.letter).properties.drop(connection)


def without_column(app: Artifactory) -> None:
    with search_service(app.xom).database.writing() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {generations.name} DROP COLUMN mark")


def broken_pages(app: Artifactory) -> None:
    search_service(app.xom).database.close()
    path = database_path(app)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xa5" * (len(whole) - 100))


def no_database(app: Artifactory) -> None:
    search_service(app.xom).database.close()
    database_path(app).write_bytes(b"This is no database at all. " * 1_000)


def cut_off(app: Artifactory) -> None:
    search_service(app.xom).database.close()
    path = database_path(app)
    path.write_bytes(path.read_bytes()[: 3 * 4096])


def removed(app: Artifactory) -> None:
    database_path(app).unlink()


DAMAGES = (without_table, without_column, broken_pages, no_database, cut_off, removed)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_damage_that_a_search_finds_leads_to_a_new_database(
    filled: Artifactory, damage: Callable[[Artifactory], None]
) -> None:
    before = content(filled)
    damage(filled)

    assert after_rebuild(filled) == before
    filled.put("l/new.txt")
    assert len(after_rebuild(filled)) == len(before) + 1


def after_rebuild(app: Artifactory) -> dict[Any, Any]:
    """What is found at once, or after one answer that the database is not ready."""
    try:
        return content(app)
    except SearchUnavailable:
        work(app)
        return content(app)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_server_starts_with_a_damaged_database(
    filled: Artifactory, damage: Callable[[Artifactory], None]
) -> None:
    before = content(filled)
    damage(filled)
    restart(filled)

    work(filled)

    assert content(filled) == before


def test_statement_that_is_wrong_is_no_damage(filled: Artifactory) -> None:
    before = generation(filled)

    with (
        pytest.raises(OperationalError, match="no such column"),
        filled.xom.keyfs.read_transaction(),
        searching(filled.xom) as reading,
    ):
        list(reading.rows(select(literal_column("nonsense")).select_from(reading.tables.items)))

    assert names(filled)
    assert generation(filled) == before


WRONG: dict[str, dict[str, Any]] = {
    "another_schema": {"schema_version": 0},
    "another_server": {"server": "0" * 32},
    "ahead_of_a_restored_backup": {"serial": 10_000},
    "history_of_before_the_backup": {"mark": "0" * 64},
}


@pytest.mark.parametrize("values", WRONG.values(), ids=WRONG.keys())
def test_database_that_is_not_of_this_server_is_replaced(
    filled: Artifactory, values: dict[str, Any]
) -> None:
    before, built = content(filled), generation(filled)
    change_active(filled, **values)
    restart(filled)

    work(filled)

    assert content(filled) == before
    assert generation(filled) != built


# administrators


def test_administrator_sees_how_the_database_is(filled: Artifactory) -> None:
    shown = status(filled)

    serial = filled.xom.keyfs.get_current_serial()
    assert shown["serverSerial"] == serial
    assert shown["active"]["serial"] == serial
    assert shown["active"]["items"] == 7
    assert shown["rebuild"] is None
    assert shown["problem"] is None
    assert shown["database"]["kind"] == "sqlite"
    assert shown["database"]["sizeBytes"] > 4096


def test_administrator_has_the_database_built_anew(filled: Artifactory) -> None:
    answer = filled.post(REBUILD)
    assert answer.status_code == 202, answer.text
    requested = answer.json["requested"]
    assert answer.json["rebuild"] == {
        "id": requested,
        "done": 0,
        "total": filled.xom.keyfs.get_current_serial() + 1,
    }

    again = filled.post(REBUILD)
    assert again.status_code == 409
    assert message_of(again) == "The search database is being built already."
    assert status(filled)["rebuild"]["id"] == requested

    work(filled)
    shown = status(filled)
    assert shown["rebuild"] is None
    assert shown["active"]["id"] == requested


@pytest.mark.parametrize("path", [STATUS, REBUILD])
def test_search_database_is_for_administrators(filled: Artifactory, path: str) -> None:
    method = "POST" if path == REBUILD else "GET"
    user = filled.create_user("somebody")

    assert filled.request(method, path).status_code == 401
    assert filled.request(method, path, user=user).status_code == 403
    assert generation(filled) == status(filled)["active"]["id"]
    assert status(filled)["rebuild"] is None


def test_rebuild_is_asked_for_by_post_only(filled: Artifactory) -> None:
    assert filled.get(REBUILD, user=ADMIN).status_code == 404
    assert filled.put(REBUILD).status_code == 404
    assert filled.post(STATUS).status_code == 405


def test_status_is_there_when_the_database_is_not(filled: Artifactory) -> None:
    """A directory stands where the file should be: nobody can open that."""
    removed(filled)
    for suffix in ("-wal", "-shm"):
        Path(f"{database_path(filled)}{suffix}").unlink(missing_ok=True)
    database_path(filled).mkdir()

    shown = status(filled)

    assert shown["active"] is None
    assert "cannot be used" in shown["problem"]
    assert FILE_NAME in shown["problem"]
    with pytest.raises(SearchUnavailable, match="cannot be used now"):
        names(filled)
    database_path(filled).rmdir()
    assert len(names(filled)) == 5
    assert status(filled)["problem"] is None


# PostgreSQL

SECRET = "very-secret-password"


def test_server_starts_without_its_database_server(
    make_artifactory: Callable[..., Artifactory], caplog: pytest.LogCaptureFixture
) -> None:
    """Searches are answered by 503, the log has the reason once, and nobody sees the password."""
    url = f"postgresql://someone:{SECRET}@localhost:1/nothing?password={SECRET}"
    app = make_artifactory("--artifactory-search-database", url)
    app.create("l")

    for _ in range(3):
        with pytest.raises(SearchUnavailable, match="cannot be used now"):
            work(app)

    shown = status(app)
    assert shown["active"] is None
    assert shown["database"]["sizeBytes"] is None
    assert "connection" in shown["problem"]
    assert "someone:***@localhost:1/nothing" in shown["database"]["url"]
    answer = app.post(REBUILD)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    logged = [record for record in caplog.records if "cannot be used" in record.getMessage()]
    assert len(logged) == 1
    assert SECRET not in caplog.text + str(shown) + answer.text


def test_connections_that_the_server_ends_are_made_again(
    make_artifactory: Callable[..., Artifactory], postgres_url: str
) -> None:
    app = make_artifactory("--artifactory-search-database", postgres_url)
    app.create("l")
    app.put("l/a.txt")
    assert names(app) == {"a.txt"}
    database = search_service(app.xom).database

    with database.looking() as one, database.looking() as other:
        own = one.scalar(select(func.pg_backend_pid()))
        killer = other.scalar(select(func.pg_backend_pid()))
    with database.looking() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
    assert own != killer

    app.put("l/b.txt")
    assert names(app) == {"a.txt", "b.txt"}
