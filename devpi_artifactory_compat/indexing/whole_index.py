"""One look at everything in an index: what was asked for by a reindex call."""

from __future__ import annotations

from collections import Counter
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from devpi_artifactory_compat.indexing.batches import MAX_FILES
from devpi_artifactory_compat.indexing.batches import Batches
from devpi_artifactory_compat.indexing.batches import LogException
from devpi_artifactory_compat.indexing.examining import Outcome
from devpi_artifactory_compat.indexing.examining import is_candidate
from devpi_artifactory_compat.indexing.ports import Indexes
from devpi_artifactory_compat.indexing.ports import OpenIndex
from devpi_artifactory_compat.indexing.ports import RunResult
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from enum import Enum


#: how many things are looked at in one transaction
STEP = 200

#: how often progress is written down
PROGRESS_EVERY_SECS = 1.0


class _Kind(Enum):
    PATH = "path"
    PLACE = "place"
    OWN_FILE = "own file"


@dataclass(frozen=True)
class _Thing:
    """Something still to be looked at."""

    kind: _Kind
    name: str


class WholeIndex:
    """Goes through an index step by step, so that others have their turn between.

    Nothing is lost when it is never ended: it begins again from the start.
    """

    def __init__(
        self,
        index: str,
        indexes: Indexes,
        batches: Batches,
        *,
        asked: int,
        clock: Callable[[], float],
        log_exception: LogException,
    ) -> None:
        self._index = index
        self._indexes = indexes
        self._batches = batches
        self._asked = asked
        self._clock = clock
        self._log_exception = log_exception
        self._left: deque[_Thing] | None = None
        self._done = 0
        self._total = 0
        self._counts: Counter[str] = Counter()
        self._told = clock()

    def step(self) -> bool:
        """Do a part of it; True when all is done."""
        candidates: list[str] = []
        own: list[str] = []
        with self._indexes.reading(self._index) as opened:
            if opened is None:
                return True
            if self._left is None:
                self._begin(opened)
            assert self._left is not None
            for _ in range(STEP):
                if not self._left or len(candidates) + len(own) >= MAX_FILES:
                    break
                self._look(opened, self._left.popleft(), candidates, own)
        self._index_all(candidates)
        for handle in own:
            self._record(handle)
        if self._left:
            self._tell()
            return False
        return self._finish()

    def _begin(self, opened: OpenIndex) -> None:
        self._left = deque()
        self._add(_Kind.PATH, "")
        for place in opened.own_files.places():
            self._add(_Kind.PLACE, place)

    def _add(self, kind: _Kind, name: str) -> None:
        assert self._left is not None
        self._left.append(_Thing(kind, name))
        self._total += 1

    def _look(
        self, opened: OpenIndex, thing: _Thing, candidates: list[str], own: list[str]
    ) -> None:
        self._done += 1
        if thing.kind is _Kind.OWN_FILE:
            own.append(thing.name)
            return
        if thing.kind is _Kind.PLACE:
            for handle in opened.own_files.unrecorded(thing.name):
                self._add(_Kind.OWN_FILE, handle)
            return
        item = opened.artifacts.item(thing.name)
        if isinstance(item, Folder):
            for child in item.children:
                self._add(_Kind.PATH, f"{item.path}/{child.name}".lstrip("/"))
        elif isinstance(item, Artifact):
            self._counts["looked_at"] += 1
            if is_candidate(item):
                candidates.append(item.path)

    def _index_all(self, paths: list[str]) -> None:
        while paths:
            outcomes = self._batches.index(self._index, paths)
            for outcome in outcomes.values():
                self._count(outcome)
            paths = [path for path in paths if path not in outcomes]

    def _count(self, outcome: Outcome) -> None:
        name = {
            Outcome.INDEXED: "indexed",
            Outcome.FAILED: "failed",
            Outcome.ERROR: "errors",
        }.get(outcome)
        if name is not None:
            self._counts[name] += 1

    def _record(self, handle: str) -> None:
        self._counts["looked_at"] += 1
        try:
            if self._recorded(handle):
                self._counts["recorded"] += 1
        except Exception:  # noqa: BLE001 - whatever it is, the others are looked at
            self._log_exception("The file %s of %s could not be recorded", handle, self._index)
            self._counts["errors"] += 1

    def _recorded(self, handle: str) -> bool:
        with self._indexes.reading(self._index) as opened:
            found = None if opened is None else opened.own_files.look(handle)
        if found is None:
            return False
        with self._indexes.writing(self._index) as opened:
            return opened is not None and opened.own_files.keep(found)

    def _tell(self) -> None:
        if self._clock() - self._told < PROGRESS_EVERY_SECS:
            return
        self._told = self._clock()
        with self._indexes.writing(self._index) as opened:
            if opened is not None:
                opened.queue.progress(done=self._done, total=self._total)

    def _finish(self) -> bool:
        result = RunResult(asked=self._asked, finished=self._clock(), **self._counts)
        with self._indexes.writing(self._index) as opened:
            if opened is None or opened.queue.finish(result):
                return True
            run = opened.queue.files().run
        # somebody has asked again meanwhile: what came since is looked at as well
        self._asked = self._asked if run is None else run.asked
        self._left = None
        self._done = self._total = 0
        return False
