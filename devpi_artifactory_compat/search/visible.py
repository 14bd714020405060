"""What one reader may see of the search database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True, kw_only=True)
class Visible:
    """``repositories`` are the keys that artifacts are shown under, with the index of each.

    ``groups`` are keys that stand for others: a virtual repository for those of its members, a
    remote for its cache. A stage with bases is among both. What the reader may not read is in
    neither. ``virtual`` are the groups that are virtual repositories.
    """

    repositories: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    virtual: frozenset[str] = frozenset()

    def named(self, key: str) -> tuple[str, ...]:
        """The repositories that a key stands for, itself for one that holds artifacts."""
        if key in self.groups:
            return self.groups[key]
        return (key,) if key in self.repositories else ()
