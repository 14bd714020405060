"""What an export or an import tells of itself while it runs."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    def begin(self, label: str, total: int | None = None) -> None:
        """A part of the work begins, of ``total`` steps if that is known."""

    def step(self) -> None:
        """One more is done."""
