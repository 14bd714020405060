"""A server directory from the beginning to the end of an import into it."""

from __future__ import annotations

from devpi_artifactory_compat.client.claim import Claim
from devpi_artifactory_compat.client.failure import CannotTransfer
from pathlib import Path


MARKER_NAME = ".devpi-artifactory-import"


class ImportClaim(Claim):
    """What ends an import before its end leaves a directory that no server starts from."""

    marker_name = MARKER_NAME

    def begin(self) -> None:
        """Raises CannotTransfer for a directory that is not new."""
        if is_half_imported(self._serverdir):
            raise CannotTransfer(how_to_import_again(self._serverdir))
        if self._serverdir.exists() and any(self._serverdir.iterdir()):
            raise CannotTransfer(
                f"{self._serverdir} is not empty: an import needs a new server directory."
            )
        super().begin()


def is_half_imported(serverdir: Path) -> bool:
    return (serverdir / MARKER_NAME).exists()


def how_to_import_again(serverdir: Path) -> str:
    return f"The import into {serverdir} is not complete: delete that directory and import again."
