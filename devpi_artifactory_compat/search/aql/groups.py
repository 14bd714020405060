"""Many conditions as one, in a shape that SQLite can read.

SQLite reads a chain of 1,000 conditions as a tree 1,000 deep, which it refuses, and keeps three
entries of its parser's 100 for a parenthesis that stands behind an operator, one for a
parenthesis that stands before it. So what is deepest goes first, and long chains are divided.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.texts import Condition
from devpi_artifactory_compat.search.constructs import Enclosed
from sqlalchemy import and_
from sqlalchemy import false
from sqlalchemy import or_
from sqlalchemy import true
from sqlalchemy.sql.elements import False_
from sqlalchemy.sql.elements import True_


#: conditions side by side
_CHAIN = 8


@dataclass(frozen=True)
class Part:
    """``depth`` is how many groups are within one another in it."""

    condition: Condition
    depth: int = 0

    @property
    def is_true(self) -> bool:
        return isinstance(self.condition, True_)

    @property
    def is_false(self) -> bool:
        return isinstance(self.condition, False_)


TRUE = Part(true())
FALSE = Part(false())


def all_of(parts: Iterable[Part]) -> Part:
    kept = [each for each in parts if not each.is_true]
    if any(each.is_false for each in kept):
        return FALSE
    return _joined(and_, kept) if kept else TRUE


def any_of(parts: Iterable[Part]) -> Part:
    kept = [each for each in parts if not each.is_false]
    if any(each.is_true for each in kept):
        return TRUE
    return _joined(or_, kept) if kept else FALSE


def _joined(join: Callable[..., Condition], parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    deepest_first = sorted(parts, key=lambda each: -each.depth)
    return Part(_chain(join, deepest_first), deepest_first[0].depth + 1)


def _chain(join: Callable[..., Condition], parts: Sequence[Part]) -> Condition:
    if len(parts) <= _CHAIN:
        return Enclosed(join(*(each.condition for each in parts)))
    first, others = parts[0], parts[1:]
    size = -(-len(others) // (_CHAIN - 1))
    pieces = [others[start : start + size] for start in range(0, len(others), size)]
    return Enclosed(join(first.condition, *(_chain(join, each) for each in pieces)))
