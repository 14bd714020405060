"""What indexing asks of the storage; fakes in tests implement the same."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.repositories.deploying import Deployment
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Run:
    """A look at everything in an index that was asked for and has not ended.

    ``asked`` counts the calls so far: a run of theirs ends only when it began after the last of
    them. ``total`` grows while folders are opened.
    """

    asked: int
    since: float
    done: int = 0
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What the last run did; ``asked`` is the last call that it served.

    ``indexed``: files that have become resolvable, ``failed``: that cannot be; ``recorded``: of
    devpi's own, known to the storage API from now on; ``errors``: not looked at for a fault of the
    server, which its log tells.
    """

    asked: int
    finished: float
    looked_at: int = 0
    indexed: int = 0
    failed: int = 0
    recorded: int = 0
    errors: int = 0


@dataclass(frozen=True, kw_only=True)
class WaitingFiles:
    """``paths`` with the time of their deployment, ``failed`` with the reason, by path.

    Times are seconds since the epoch; ``last_upload`` is that of any file to the repository since
    the first of them waits.
    """

    paths: Mapping[str, float] = field(default_factory=dict)
    last_upload: float = 0.0
    failed: Mapping[str, str] = field(default_factory=dict)
    run: Run | None = None
    last_run: RunResult | None = None


class Queue(Protocol):
    """What one index has to do; changes want a transaction that writes."""

    def files(self) -> WaitingFiles: ...

    def forget(self, path: str) -> None:
        """The file was indexed, or is gone."""
        ...

    def progress(self, *, done: int, total: int) -> None: ...

    def finish(self, result: RunResult) -> bool:
        """The run has ended; False when somebody has asked for another one meanwhile."""
        ...


class OwnFiles(Protocol):
    """The distributions that came by devpi's own routes and that nothing is recorded of yet."""

    def places(self) -> Iterable[str]:
        """Where such files may be: names that ``unrecorded`` takes."""
        ...

    def unrecorded(self, place: str) -> Sequence[str]:
        """Handles of those in one place."""
        ...

    def look(self, handle: str) -> object | None:
        """Read a file; None when there is nothing to record (any more)."""
        ...

    def keep(self, found: object) -> bool:
        """Record what ``look`` has found, unless it was replaced or recorded meanwhile.

        Wants a transaction that writes.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class OpenIndex:
    """One index in a transaction; ``deployment`` is None where nothing can be deployed."""

    artifacts: ArtifactStore
    deployment: Deployment | None
    queue: Queue
    own_files: OwnFiles
    period: float


class Indexes(Protocol):
    """Every index of the server, in transactions of their own; None for one that is gone."""

    def busy(self) -> Sequence[str]:
        """Those that have something to do."""
        ...

    def reading(self, index: str) -> AbstractContextManager[OpenIndex | None]: ...

    def writing(self, index: str) -> AbstractContextManager[OpenIndex | None]: ...
