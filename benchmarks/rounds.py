"""Requests a second of several URLs, in interleaved rounds: what disturbs one disturbs all."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from http import HTTPStatus
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit
import sys
import time


@dataclass(frozen=True)
class Candidate:
    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """``rate`` is the median of the rounds, in requests a second; ``size`` a body's, in bytes."""

    rate: float
    size: int


def measure(candidates: Sequence[Candidate], *, rounds: int, seconds: float) -> dict[str, Result]:
    """One client with one connection that asks again and again; each round begins with another.

    Progress is shown on the standard error output. Ends the program when an answer is not 200.
    """
    rates: dict[str, list[float]] = {candidate.name: [] for candidate in candidates}
    sizes = {candidate.name: ask_once(candidate) for candidate in candidates}
    for number in range(rounds):
        first = number % len(candidates)
        for candidate in [*candidates[first:], *candidates[:first]]:
            rate = _rate(candidate, seconds)
            rates[candidate.name].append(rate)
            print(f"round {number + 1}/{rounds}: {candidate.name} {rate:.2f}/s", file=sys.stderr)
    return {name: Result(median(values), sizes[name]) for name, values in rates.items()}


def ask_once(candidate: Candidate) -> int:
    """The size of a body as it is sent; what is cached on the way is warm afterwards."""
    connection = _connect(candidate)
    try:
        return _ask(connection, candidate)
    finally:
        connection.close()


def _rate(candidate: Candidate, seconds: float) -> float:
    connection = _connect(candidate)
    try:
        count = 0
        begin = time.perf_counter()
        while (passed := time.perf_counter() - begin) < seconds:
            _ask(connection, candidate)
            count += 1
        return count / passed
    finally:
        connection.close()


def _connect(candidate: Candidate) -> HTTPConnection:
    return HTTPConnection(urlsplit(candidate.url).netloc, timeout=300)


def _ask(connection: HTTPConnection, candidate: Candidate) -> int:
    connection.request("GET", urlsplit(candidate.url).path, headers=dict(candidate.headers))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != HTTPStatus.OK:
        raise SystemExit(f"{candidate.url} answered {answer.status}: {body[:500]!r}")
    return len(body)
