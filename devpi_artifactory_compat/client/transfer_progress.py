"""What ``export`` and ``import`` show while they run: on a terminal alone, and on stderr."""

from __future__ import annotations

import click
import sys
import time


#: a terminal is not written to more often
_EVERY_SECS = 0.1


class TerminalProgress:
    """One line that counts; implements ``storage.transfer.progress.Progress``."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._label = ""
        self._total: int | None = None
        self._count = 0
        self._written_at = 0.0

    def begin(self, label: str, total: int | None = None) -> None:
        self.end()
        self._label, self._total, self._count = label, total, 0
        self._write()

    def step(self) -> None:
        self._count += 1
        if time.monotonic() - self._written_at >= _EVERY_SECS:
            self._write()

    def end(self) -> None:
        """Leave the line as it is."""
        if self._label and self._shown:
            self._write()
            click.echo(err=True)
        self._label = ""

    def _write(self) -> None:
        if self._shown:
            total = "" if self._total is None else f" of {self._total:,}"
            click.echo(f"\r{self._label}: {self._count:,}{total}", nl=False, err=True)
            self._written_at = time.monotonic()


class DevpiWriter:
    """Stands where devpi-server writes a line for every file: only its warnings are shown."""

    def __init__(self, progress: TerminalProgress) -> None:
        self._progress = progress

    def line(self, message: str = "", **markup: bool) -> None:
        self._progress.step()
        if markup.get("yellow"):
            click.echo(f"Warning: {' '.join(message.split())}", err=True)
