"""Reading all of a server at one moment, in memory that does not grow with what was read."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_server.keyfs import KeyFS
from typing import Self
from typing import TypeVar


T = TypeVar("T")

#: devpi's transactions remember every key that was read
LINES_OF_A_TRANSACTION = 500


class Snapshot:
    """A context with a transaction that reads at ``serial``, and with another one now and then."""

    def __init__(self, keyfs: KeyFS, serial: int) -> None:
        self._keyfs = keyfs
        self._serial = serial

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._keyfs.rollback_transaction_in_thread()

    def read(self, lines: Iterable[T]) -> Iterator[T]:
        """The same lines; what makes them must not keep a transaction from one to the next."""
        for number, line in enumerate(lines, 1):
            yield line
            if number % LINES_OF_A_TRANSACTION == 0:
                self._keyfs.rollback_transaction_in_thread()
                self._begin()

    def _begin(self) -> None:
        self._keyfs.begin_transaction_in_thread(at_serial=self._serial)
