"""Files of JSON lines, never held in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from pathlib import Path
from typing import Any
import hashlib
import json
import os


PRIVATE_MODE = 0o600
PUBLIC_MODE = 0o644


def write_lines(
    path: Path, lines: Iterable[Mapping[str, Any]], *, private: bool
) -> tuple[int, str]:
    """Write a new file; how many lines it has, and its sha256.

    A ``private`` one can be read by its owner alone from the moment on when it is there.
    """
    digest = hashlib.sha256()
    count = 0
    mode = PRIVATE_MODE if private else PUBLIC_MODE
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        for count, line in enumerate(lines, 1):  # noqa: B007 - the last number is the count
            data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
            digest.update(data)
            file.write(data)
    return count, digest.hexdigest()


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and content of every line. Raises TransferFailed for one that is no object."""
    with path.open("rb") as file:
        for number, data in enumerate(file, 1):
            try:
                line = json.loads(data)
            except ValueError as exc:
                raise TransferFailed(f"{path}, line {number} is no JSON: {exc}") from exc
            if not isinstance(line, dict):
                raise TransferFailed(f"{path}, line {number} is no JSON object.")
            yield number, line
