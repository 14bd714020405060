"""Several files of one index at once: read without the writer, then written in one go."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import replace
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.indexing.examining import Finding
from devpi_artifactory_compat.indexing.examining import Outcome
from devpi_artifactory_compat.indexing.examining import examine
from devpi_artifactory_compat.indexing.examining import settle
from devpi_artifactory_compat.indexing.ports import Indexes
from devpi_artifactory_compat.indexing.ports import OpenIndex
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState


#: so that uploads wait for a short time only, and memory stays bounded
MAX_FILES = 16
MAX_MEMORY = 8 * 1024 * 1024

#: as ``logging.Logger.exception``
LogException = Callable[..., None]


class Batches:
    """Indexes files; one that the server fails at holds up no other."""

    def __init__(self, indexes: Indexes, log_exception: LogException) -> None:
        self._indexes = indexes
        self._log_exception = log_exception

    def index(self, index: str, paths: Sequence[str]) -> Mapping[str, Outcome]:
        """What became of the first of these files, of as many as fit into a batch."""
        outcomes: dict[str, Outcome] = {}
        findings: list[Finding] = []
        with self._indexes.reading(index) as opened:
            for path in paths[:MAX_FILES]:
                found = self._examined(index, opened, path)
                if isinstance(found, Finding):
                    findings.append(found)
                else:
                    outcomes[path] = found
                if sum(finding.memory for finding in findings) > MAX_MEMORY:
                    break
            stale = () if opened is None else _stale(opened, outcomes)
        if stale:
            self._forget(index, stale)
        return {**outcomes, **self._written(index, findings)}

    def _examined(self, index: str, opened: OpenIndex | None, path: str) -> Finding | Outcome:
        if opened is None:
            return Outcome.NOTHING
        try:
            return examine(opened.artifacts, path) or Outcome.NOTHING
        except Exception:  # noqa: BLE001 - whatever it is, the file is tried again later
            self._log_exception("%s:%s could not be read to be indexed", index, path)
            return Outcome.ERROR

    def _written(self, index: str, findings: Sequence[Finding]) -> Mapping[str, Outcome]:
        if not findings:
            return {}
        try:
            return self._write(index, findings)
        except Exception as exc:  # noqa: BLE001 - as above
            if len(findings) > 1:
                # one of them spoils it for all: nothing is written yet
                alone = [self._written(index, [finding]) for finding in findings]
                return {path: outcome for each in alone for path, outcome in each.items()}
            (finding,) = findings
            if isinstance(exc, InvalidUpload) and finding.identified is not None:
                return self._written(index, [replace(finding, identified=None, reason=str(exc))])
            self._log_exception("%s:%s could not be indexed", index, finding.path)
            return {finding.path: Outcome.ERROR}

    def _write(self, index: str, findings: Sequence[Finding]) -> Mapping[str, Outcome]:
        with self._indexes.writing(index) as opened:
            if opened is None:
                return {finding.path: Outcome.NOTHING for finding in findings}
            return {finding.path: settle(opened, finding) for finding in findings}

    def _forget(self, index: str, paths: Sequence[str]) -> None:
        with self._indexes.writing(index) as opened:
            if opened is not None:
                for path in _stale(opened, paths):
                    opened.queue.forget(path)


def _stale(opened: OpenIndex, paths: Mapping[str, Outcome] | Sequence[str]) -> Sequence[str]:
    """Those that wait although nothing is to be done with them any more."""
    waiting = opened.queue.files().paths
    return [path for path in paths if path in waiting and not _is_pending(opened, path)]


def _is_pending(opened: OpenIndex, path: str) -> bool:
    artifact = opened.artifacts.item(path)
    return isinstance(artifact, Artifact) and artifact.state is ArtifactState.PENDING
