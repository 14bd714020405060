"""Sorting of more project names than should be in memory at once."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.model import NormalizedName
from typing import cast
import heapq
import zlib


__all__ = ["sorted_names", "unique_names"]

_RUN_LENGTH = 100_000
_NAMES_PER_PIECE = 4096
_LEVEL = 1


def sorted_names(
    names: Iterable[NormalizedName], *, run_length: int = _RUN_LENGTH
) -> Iterator[NormalizedName]:
    """The names in ascending order, each once.

    ``names`` is read to its end before the first name is given back. No more than ``run_length``
    names are held as they are; the others wait sorted and compressed, at a few bytes each.
    """
    runs: list[list[bytes]] = []
    waiting: set[NormalizedName] = set()
    for name in names:
        waiting.add(name)
        if len(waiting) >= run_length:
            runs.append(_packed(sorted(waiting)))
            waiting.clear()
    return unique_names(heapq.merge(sorted(waiting), *map(_unpacked, runs)))


def unique_names(ordered: Iterable[NormalizedName]) -> Iterator[NormalizedName]:
    """Each name of an ascending sequence once."""
    last = None
    for name in ordered:
        if name != last:
            yield name
            last = name


def _packed(names: list[NormalizedName]) -> list[bytes]:
    """Pieces that can be unpacked one at a time."""
    return [
        zlib.compress("\n".join(names[at : at + _NAMES_PER_PIECE]).encode(), _LEVEL)
        for at in range(0, len(names), _NAMES_PER_PIECE)
    ]


def _unpacked(pieces: list[bytes]) -> Iterator[NormalizedName]:
    for piece in pieces:
        # only normalised names were packed
        yield from cast("list[NormalizedName]", zlib.decompress(piece).decode().split("\n"))
