"""One download under way, and those who follow it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Hashable
from devpi_artifactory_compat.errors import ArtifactoryError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from typing import BinaryIO
from typing import Self
import threading
import time


#: what no reader gets before all has arrived and is known to be right, in bytes: nobody takes a
#: broken file for a complete one, and a failure of a smaller file can still become an answer
HELD_BACK = 64 * 1024

#: the most that a reader is given at once, in bytes
PIECE_SIZE = 128 * 1024

#: what readers wait beyond the upstream's own timeout, for the file to be kept, in seconds
SLACK_SECS = 60.0


class Download:
    """One file on its way; methods that say so are called with the lock held."""

    def __init__(
        self,
        key: Hashable,
        fetch: Fetch,
        file: ArrivingFile,
        *,
        changed: threading.Condition,
        held_back: int,
        patience: float,
    ) -> None:
        self.key = key
        self.fetch = fetch
        self.file = file
        self._changed = changed
        self._held_back = held_back
        self._patience = patience
        self._turn_by: float | None = None
        self._give_up: Callable[[Download], None] | None = None
        self._begun = False
        self._size: int | None = None
        self._received = 0
        self._complete = False
        self._failure: ArtifactoryError | None = None

    # for who fetches

    def begin(self, size: int | None) -> None:
        """The upstream answers, and may have said how much it will send."""
        with self._changed:
            self._begun, self._size = True, size
            self._changed.notify_all()

    def write(self, data: bytes) -> None:
        self.file.write(data)
        with self._changed:
            self._received += len(data)
            self._changed.notify_all()

    # for the downloads, with the lock held

    def wait_for_turn(self, timeout: float, give_up: Callable[[Download], None]) -> None:
        self._turn_by = time.monotonic() + timeout
        self._give_up = give_up

    def take_turn(self) -> None:
        self._turn_by = None
        self._changed.notify_all()

    def finish(self, failure: ArtifactoryError | None) -> None:
        self._failure = failure
        self._complete = failure is None
        self._changed.notify_all()

    def reader(self) -> Reader:
        return Reader(self, self.file.open())

    # for readers

    def size(self) -> int | None:
        """Waits for the upstream's answer."""
        with self._changed:
            self._wait_until(lambda: self._begun)
            return self._size

    def readable_beyond(self, position: int) -> int:
        """How much can be read, as soon as that is more than ``position`` or all there is."""
        with self._changed:
            self._wait_until(lambda: self._complete or self._readable > position)
            return self._readable

    def wait(self) -> None:
        """Waits for the end."""
        with self._changed:
            self._wait_until(lambda: self._complete)

    @property
    def _readable(self) -> int:
        return self._received if self._complete else max(self._received - self._held_back, 0)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        while True:
            if self._failure is not None:
                raise self._failure.with_traceback(None)
            if ready():
                return
            self._await_change()

    def _await_change(self) -> None:
        if self._turn_by is not None and self._give_up is not None:
            left = self._turn_by - time.monotonic()
            if left > 0:
                self._changed.wait(left)
            else:
                self._give_up(self)
        elif not self._changed.wait(self._patience):
            raise UpstreamTimeout(f"Nothing more came from the upstream in {self._patience:g} s.")


#: fetches, checks and keeps the file of a download
Fetch = Callable[[Download], None]


class Reader:
    """One reader's place in a download, and an iterator over its pieces.

    Everything that waits raises what the fetch raised, or UpstreamTimeout. Closed by its end, by a
    failure or by its owner.
    """

    def __init__(self, download: Download, file: BinaryIO) -> None:
        self._download = download
        self._file = file
        self._position = 0

    def size(self) -> int | None:
        """What the upstream says that it will send; waits for its answer."""
        try:
            return self._download.size()
        except ArtifactoryError:
            self.close()
            raise

    def wait(self) -> None:
        """Returns when the file is complete and kept; nothing can be read afterwards."""
        try:
            self._download.wait()
        finally:
            self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._file.closed:
            raise StopIteration
        try:
            end = self._download.readable_beyond(self._position)
            piece = self._file.read(min(end - self._position, PIECE_SIZE))
        except BaseException:
            self.close()
            raise
        self._position += len(piece)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._file.close()
