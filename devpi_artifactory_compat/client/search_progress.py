"""How far a build is: a bar on a terminal, a line now and then elsewhere; on stderr."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn
from typing import Self
import click


_LABEL = "Building the search database"

#: of the whole, between two lines
_STEP_PERCENT = 10


class BuildProgress:
    """A context."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn(_LABEL),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=console,
            )
            self._task = self._bar.add_task(_LABEL, total=None)
        self._told = -1

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, total: int) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)
            return
        step = 100 * done // max(total, 1) // _STEP_PERCENT
        if step > self._told:
            self._told = step
            click.echo(f"{_LABEL}: {done:,} of {total:,} changes", err=True)

    def finish(self) -> None:
        if self._bar is not None:
            total = self._bar.tasks[0].total
            self._bar.update(self._task, completed=total or 1, total=total or 1)
