"""Searches among a million artifacts, over HTTP, as a client waits for them.

Each is asked again and again by one client, and beside it in the same rounds devpi's own ``/+api``,
which looks nothing up: how many of those one search costs.
"""

from __future__ import annotations

from benchmarks.processes import PASSWORD
from benchmarks.processes import create_repository
from benchmarks.processes import live_server
from benchmarks.search.corpus import RARE
from benchmarks.search.corpus import REPOSITORIES
from benchmarks.search.corpus import fill
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Self
import argparse
import httpx
import platform
import sqlite3
import sys
import time


SEARCHES = "/artifactory/api/search"


@dataclass(frozen=True)
class Search:
    """``wanted`` is how long it may take, in milliseconds; None where nobody has said it."""

    name: str
    path: str
    body: str | None = None
    finds: int | None = None
    wanted: float | None = None


def _aql(name: str, body: str, *, finds: int | None = None, wanted: float | None = None) -> Search:
    return Search(name, f"{SEARCHES}/aql", body, finds, wanted)


_REPO = f'"repo":"{REPOSITORIES[0]}"'

BASELINE = Search("devpi's own /+api", "/+api")

SEARCHED: Sequence[Search] = (
    Search("property search that finds 20", f"{SEARCHES}/prop?qa=rare", finds=RARE, wanted=20),
    _aql(
        "AQL by repository and beginning of a name",
        f'items.find({{{_REPO},"name":{{"$match":"project_1*"}}}}).limit(100)',
        finds=100,
        wanted=50,
    ),
    _aql(
        "AQL by repository and end of a name",
        f'items.find({{{_REPO},"name":{{"$match":"*-1.7-py3-none-any.whl"}}}}).limit(100)',
        finds=100,
        wanted=50,
    ),
    _aql(
        "AQL by repository and middle of a name",
        f'items.find({{{_REPO},"name":{{"$match":"*ject_12*"}}}}).limit(100)',
        finds=100,
        wanted=50,
    ),
    _aql(
        "AQL over all artifacts, sorted by time",
        'items.find().sort({"$desc":["created"]}).limit(100)',
        finds=100,
        wanted=1_000,
    ),
    _aql(
        "AQL over all artifacts, sorted by size",
        'items.find().include("repo","path","name","size").sort({"$desc":["size"]}).limit(100)',
        finds=100,
        wanted=1_000,
    ),
    _aql(
        "AQL over all artifacts by a property, sorted",
        'items.find({"@qa":{"$match":"run-3"}}).sort({"$asc":["name"]}).limit(100)',
        finds=100,
        wanted=1_000,
    ),
    Search("quick search by a name", f"{SEARCHES}/artifact?name=project_4711-1.3*", finds=1),
)


class Client:
    """One connection to a server, as its administrator."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(
            base_url=url, auth=("root", PASSWORD), timeout=300, trust_env=False
        )

    def __enter__(self) -> Self:
        # a login spares the server the look at the password
        sent = {"user": "root", "password": PASSWORD}
        answer = self._client.post("/+login", json=sent).raise_for_status().json()
        self._client.auth = httpx.BasicAuth("root", answer["result"]["password"])
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, search: Search) -> float:
        """In milliseconds; ends the program when the answer is not what it should be."""
        begin = time.perf_counter()
        method = "GET" if search.body is None else "POST"
        answer = self._client.request(method, search.path, content=search.body)
        passed = (time.perf_counter() - begin) * 1000
        if answer.status_code != HTTPStatus.OK:
            raise SystemExit(f"{search.name}: {answer.status_code} {answer.text[:500]}")
        if search.finds is not None:
            found = len(answer.json()["results"])
            if found != search.finds:
                raise SystemExit(f"{search.name}: found {found}, not {search.finds}")
        return passed


def measure(client: Client, rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    candidates = (BASELINE, *SEARCHED)
    for number in range(rounds + 1):
        first = number % len(candidates)
        for search in (*candidates[first:], *candidates[:first]):
            passed = client.ask(search)
            # the first round fills caches
            if number:
                times.setdefault(search.name, []).append(passed)
        print(f"round {number}/{rounds}", file=sys.stderr)
    return times


def forget_peak(pid: int) -> None:
    """What a process has used so far does not count: devpi starts with a hash of 500 MB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_memory(pid: int) -> int:
    """Of a process since that, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise LookupError(pid)


def stream_everything(client: Client, count: int) -> float:
    """All artifacts with their properties in one answer, in seconds."""
    everything = _aql("everything", 'items.find().include("*","property")', finds=count)
    return client.ask(everything) / 1000


def report(times: dict[str, list[float]]) -> Iterator[str]:
    baseline = median(times[BASELINE.name])
    for search in (BASELINE, *SEARCHED):
        taken = median(times[search.name])
        line = f"{search.name}: {taken:.1f} ms, {taken / baseline:.1f} of devpi's own requests"
        if search.wanted is not None:
            line += f"; wanted {search.wanted:.0f} ms, ratio {search.wanted / taken:.1f}"
        yield line


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--artifacts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with live_server() as server:
        for key in REPOSITORIES:
            create_repository(server.url, key, rclass="local")
        with Client(server.url) as client:
            # the server has its search database once it has answered a search
            client.ask(_aql("nothing", "items.find()", finds=0))
            rate = fill(server.search_database, options.artifacts)
            forget_peak(server.pid)
            times = measure(client, options.rounds)
            peak = peak_memory(server.pid)
            seconds = stream_everything(client, options.artifacts)
        print(_versions(options.artifacts))
        print(f"written: {rate:.0f} artifacts a second")
        print("\n".join(report(times)))
        print(f"peak memory of the server: {peak} MB")
        print(
            f"all artifacts with their properties in one answer: {seconds:.0f} s, "
            f"peak memory {peak_memory(server.pid)} MB"
        )


def _versions(count: int) -> str:
    packages = ("devpi-artifactory-compat", "devpi-server", "sqlalchemy")
    known = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{count} artifacts, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {known}"
    )


if __name__ == "__main__":
    main()
