"""How fast changes reach the search database in SQLite, and how fast it is built.

A server in this process gets records of files, one transaction for each; the changelog is fed from
its beginning, and then the database is built anew from the keys.
"""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat import plugin
from devpi_artifactory_compat.search.building import Snapshot
from devpi_artifactory_compat.search.building import claim
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.search_gateway import search_service
from devpi_server.config import get_pluginmanager
from devpi_server.config import parseoptions
from devpi_server.main import XOM
from devpi_server.main import init_default_indexes
from devpi_server.main import set_state_version
from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from typing import Any
import argparse
import resource
import tempfile
import time


FILES_OF_A_FOLDER = 500

#: deriving the secret of logins takes more memory than all the rest
_QUICK = [f"--argon2-{cost}" for cost in ("memory-cost=8", "parallelism=1", "time-cost=1")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--properties", type=int, default=8, help="of each file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as serverdir:
        xom = _server(serverdir)
        wrote = _timed(lambda: _write(xom, arguments.files, arguments.properties))
        before = _memory()
        fed, built = _measure(xom)
    per_write = wrote / arguments.files
    print(f"{arguments.files} files with {arguments.properties} properties each")
    print(f"fed: {arguments.files / fed:,.0f} files/s, {wrote / fed:.1f} times as fast as written")
    print(f"built: {arguments.files / built:,.0f} files/s, {fed / built:.1f} times as fast as fed")
    print(f"written: {1 / per_write:,.0f} files/s")
    print(f"memory: {before / 1024:,.0f} MB before, {_memory() / 1024:,.0f} MB after")


def _server(serverdir: str) -> XOM:
    manager = get_pluginmanager()
    if not manager.is_registered(plugin):
        manager.register(plugin)
    config = parseoptions(manager, ["devpi-server", f"--serverdir={serverdir}", *_QUICK])
    config.init_nodeinfo()
    set_state_version(config)
    xom = XOM(config)
    init_default_indexes(xom)
    xom.create_app()  # type: ignore[no-untyped-call]
    with xom.keyfs.write_transaction():
        user: Any = xom.model.create_user("u", "u")  # type: ignore[no-untyped-call]
        user.create_stage("i", artifactory_key="l")
    return xom


def _write(xom: XOM, files: int, properties: int) -> None:
    for number in range(files):
        path = f"folder{number // FILES_OF_A_FOLDER}/file-{number}.bin"
        body = path.encode()
        with xom.keyfs.write_transaction():
            Records(xom, "u", "i").save_record(
                Record(
                    path=path,
                    project="",
                    filename=path.rpartition("/")[2],
                    entry="",
                    size=number,
                    md5=md5(body, usedforsecurity=False).hexdigest(),
                    sha1=sha1(body, usedforsecurity=False).hexdigest(),
                    sha256=sha256(body).hexdigest(),
                    created=1.5e9 + number,
                    created_by="u",
                    modified=1.5e9 + number,
                    modified_by="u",
                    properties={f"key{each}": [f"value {number}"] for each in range(properties)},
                    state="generic",
                )
            )


def _measure(xom: XOM) -> tuple[float, float]:
    """Seconds that feeding all changes took, and building."""
    service = search_service(xom)
    service.state.open()
    # nothing is taken from the keys
    nothing = Snapshot(server=service.state.server_uuid(), serial=-1, mark="")
    claimed = claim(service.database, nothing)
    fed = _timed(lambda: service.build(claimed, between=lambda: None))
    built = _timed(lambda: _rebuild(xom))
    return fed, built


def _rebuild(xom: XOM) -> None:
    service = search_service(xom)
    service.ask_for_rebuild()
    service.work(lambda: None)


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _memory() -> int:
    """The most that this process has used, in KB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
