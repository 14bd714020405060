"""Stored files that are read after the transaction of their request."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_server.main import XOM
from typing import BinaryIO


def open_later(xom: XOM, index: str, artifact: Artifact) -> Callable[[], BinaryIO]:
    """Opens an artifact of an index in a transaction of its own, which ends at once.

    It raises ArtifactNotFound when the artifact is gone, or has other content now.
    """
    user, _, name = index.partition("/")

    def open_now() -> BinaryIO:
        with xom.keyfs.read_transaction():
            record = Records(xom, user, name).record(artifact.path)
            if record is not None and record.sha256 == artifact.checksums.sha256:
                entry = stored_entry(xom, record.entry)
                if entry is not None:
                    return opener(entry)()
        raise ArtifactNotFound(artifact.repository, artifact.path)

    return open_now
