"""What goes with a stored file to another place, beside its bytes and its properties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from devpi_artifactory_compat.model import Artifact


@dataclass(frozen=True, kw_only=True)
class History:
    """Who brought a file and who changed it last."""

    created: datetime
    created_by: str
    modified: datetime
    modified_by: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Of a file that was stored before.

    ``history`` is None where it begins anew; the others belong to a distribution.
    """

    history: History | None = None
    signature: bytes | None = None
    attestations: bytes | None = None


NO_ORIGIN = Origin()


def history_of(artifact: Artifact) -> History:
    return History(
        created=artifact.created,
        created_by=artifact.created_by,
        modified=artifact.modified,
        modified_by=artifact.modified_by,
    )
