"""Whether one stored file can be resolved: read it, and settle it when it is still the same."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.indexing.ports import OpenIndex
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.packages.generated_properties import INDEXING_ERROR
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.packages.identification import identify
from devpi_artifactory_compat.packages.identification import looks_like_distribution
from devpi_artifactory_compat.repositories.ports import ArtifactStore
from devpi_artifactory_compat.repositories.preparing import said_name
from devpi_artifactory_compat.repositories.preparing import said_version
from enum import Enum
from typing import BinaryIO
from typing import cast
import os


class Outcome(Enum):
    """What became of one file."""

    INDEXED = "indexed"
    FAILED = "failed"
    #: it is gone, another one, or has nothing to be done
    NOTHING = "nothing"
    #: the server failed, not the file
    ERROR = "error"


class FileMissing(Exception):
    """A file that is recorded is not there: a fault of the server, not of the file."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was read of the file with that content: what it is, or the reason why it cannot be."""

    path: str
    sha256: str
    identified: Identified | None = None
    reason: str = ""

    @property
    def memory(self) -> int:
        """Bytes that keeping it takes, about."""
        metadata = None if self.identified is None else self.identified.metadata
        return 1_000 + (0 if metadata is None else 2 * len(metadata.raw))


def is_candidate(artifact: Artifact) -> bool:
    """Whether a look inside may make the file resolvable."""
    return artifact.state is ArtifactState.PENDING or (
        artifact.state is ArtifactState.GENERIC and looks_like_distribution(artifact.filename)
    )


def examine(artifacts: ArtifactStore, path: str) -> Finding | None:
    """Read the file at a path; None when it is not one to be indexed.

    Raises:
        FileMissing: it is recorded and not there.
        OSError: it cannot be read.
    """
    artifact = artifacts.item(path)
    if not isinstance(artifact, Artifact) or not is_candidate(artifact):
        return None
    content = artifacts.content(path)
    if content is None or content.open is None:
        raise FileMissing(path)
    sha256 = artifact.checksums.sha256
    with content.open() as opened:
        file = _Watched(opened)
        try:
            identified = identify(
                cast("BinaryIO", file),
                artifact.filename,
                name=said_name(artifact.properties),
                version=said_version(artifact.properties),
            )
        except InvalidUpload as exc:
            # an archive that cannot be read is not the same as one that is broken
            if file.failure is not None:
                raise file.failure from exc
            return Finding(path=path, sha256=sha256, reason=str(exc))
    return Finding(path=path, sha256=sha256, identified=identified)


def settle(opened: OpenIndex, finding: Finding) -> Outcome:
    """Make the file resolvable or a plain artifact that says why, in a transaction that writes.

    Raises InvalidUpload when devpi does not take it; then nothing of it may be written.
    """
    artifact = opened.artifacts.item(finding.path)
    if (
        opened.deployment is None
        or not isinstance(artifact, Artifact)
        or artifact.checksums.sha256 != finding.sha256
        or not is_candidate(artifact)
    ):
        return Outcome.NOTHING
    if finding.identified is not None:
        done = opened.deployment.index(finding.path, finding.identified)
        return Outcome.INDEXED if done else Outcome.FAILED
    if not _is_said(artifact, finding.reason):
        opened.deployment.fail(finding.path, finding.reason)
    return Outcome.FAILED


def _is_said(artifact: Artifact, reason: str) -> bool:
    said = artifact.properties.get(INDEXING_ERROR)
    return artifact.state is ArtifactState.GENERIC and said == (reason,)


class _Watched:
    """A file that remembers that reading failed, whoever has caught that."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._file.read(size)
        except OSError as exc:
            self.failure = exc
            raise

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # archives send readers to places that no file has: that is their fault
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True
