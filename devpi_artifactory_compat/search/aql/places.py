"""The repositories that a query may look into, and which of them its criteria name."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.tables import Tables
from devpi_artifactory_compat.search.visible import Visible
from functools import cached_property
from sqlalchemy import Connection
from sqlalchemy import select
import operator
import re


#: comparisons times keys of one query; they take about a second
_MAX_COMPARED = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Places:
    """``keys`` are the repositories of one reader by the numbers of their places.

    ``are_all`` says that there are no other places in the database.
    """

    visible: Visible
    keys: Mapping[int, str]
    are_all: bool

    @classmethod
    def read(cls, connection: Connection, tables: Tables, visible: Visible) -> Places:
        """Those of ``visible`` that anything is known of."""
        key_of = {place: key for key, place in visible.repositories.items()}
        rows = connection.execute(select(tables.places.c.id, tables.places.c.name)).all()
        keys = {number: key_of[place] for number, place in rows if place in key_of}
        return cls(visible=visible, keys=keys, are_all=len(keys) == len(rows))

    @cached_property
    def numbers(self) -> frozenset[int]:
        return frozenset(self.keys)

    @cached_property
    def _number_of(self) -> Mapping[str, int]:
        return {key: number for number, key in self.keys.items()}

    def chosen(self, comparator: Comparator, value: str | None) -> frozenset[int]:
        """The places whose repository's key fits; of $eq those that a key stands for.

        Raises BadRequest when so many comparisons look at so many keys that it takes long.
        """
        if value is None:
            return self.numbers if comparator is Comparator.NOT_EQUALS else frozenset()
        if comparator is Comparator.EQUALS:
            return self._of(self.visible.named(value))
        wanted = (comparator, value)
        if wanted not in self._chosen:
            if len(self._chosen) * len(self.keys) > _MAX_COMPARED:
                raise BadRequest(
                    "The query compares the repository too often. Name repositories by $eq."
                )
            fits = _fitting(comparator, value)
            self._chosen[wanted] = self._of(key for key in self.keys.values() if fits(key))
        return self._chosen[wanted]

    @cached_property
    def _chosen(self) -> dict[tuple[Comparator, str], frozenset[int]]:
        """What was asked for before: a query asks for the same more than once."""
        return {}

    def _of(self, keys: Iterable[str]) -> frozenset[int]:
        return frozenset(self._number_of[key] for key in keys if key in self._number_of)

    @cached_property
    def virtual_repos(self) -> Mapping[str, tuple[str, ...]]:
        """Of each repository the virtual ones that show it, by name."""
        found: dict[str, list[str]] = {}
        for virtual in sorted(self.visible.virtual):
            for key in self.visible.named(virtual):
                found.setdefault(key, []).append(virtual)
        return {key: tuple(names) for key, names in found.items()}


_ORDERS: Mapping[Comparator, Callable[[str, str], bool]] = {
    Comparator.NOT_EQUALS: operator.ne,
    Comparator.GREATER: operator.gt,
    Comparator.GREATER_OR_EQUAL: operator.ge,
    Comparator.LESS: operator.lt,
    Comparator.LESS_OR_EQUAL: operator.le,
}


def _fitting(comparator: Comparator, value: str) -> Callable[[str], bool]:
    if comparator in _ORDERS:
        compare = _ORDERS[comparator]
        return lambda key: compare(key, value)
    if comparator is Comparator.EQUALS_IGNORING_CASE:
        return lambda key: key.lower() == value.lower()
    if comparator is Comparator.MATCHES_IGNORING_CASE:
        ignoring = _pattern(value.lower())
        return lambda key: ignoring.fullmatch(key.lower()) is not None
    pattern = _pattern(value)
    wanted = comparator is Comparator.MATCHES
    return lambda key: (pattern.fullmatch(key) is not None) is wanted


def _pattern(wildcards: str) -> re.Pattern[str]:
    # atomic: what comes after a star is found at its first place or not at all, so that
    # no pattern makes a search long
    first, *others = [_literally(part) for part in re.split(r"\*+", wildcards)]
    if not others:
        return re.compile(first, re.DOTALL)
    *between, last = others
    found = "".join(f"(?>.*?{part})" for part in between)
    return re.compile(f"{first}{found}.*{last}", re.DOTALL)


def _literally(part: str) -> str:
    return "".join("." if char == "?" else re.escape(char) for char in part)
