"""The table of contents of an export; an export without one is not complete."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from importlib.metadata import version
from pathlib import Path
from typing import Any
import hashlib
import json
import re


FORMAT = 1

#: in devpi's export, beside the directories of its users: no user's name begins with a plus sign
FOLDER_NAME = "+artifactory"
MANIFEST_NAME = "manifest.json"

#: of a manifest; it lists a few files
MAX_BYTES = 1_000_000

_KIND_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class KindFile:
    """``sha256`` is that of the file."""

    lines: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """``kinds`` by name; ``mirrored_files`` tells whether cached files of remotes are included."""

    kinds: Mapping[str, KindFile]
    content_files: int
    content_bytes: int
    mirrored_files: bool
    format: int = FORMAT
    plugin: str = ""

    def lines(self, kind: str) -> int:
        return self.kinds[kind].lines if kind in self.kinds else 0


def folder_of(directory: Path) -> Path:
    return directory / FOLDER_NAME


def kind_path(folder: Path, kind: str) -> Path:
    return folder / f"{kind}.jsonl"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    data = {**asdict(manifest), "plugin": version("devpi-artifactory-compat")}
    (folder / MANIFEST_NAME).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def read_manifest(directory: Path, *, known_kinds: Collection[str]) -> Manifest | None:
    """The manifest of an export, with every file that it lists checked; None for devpi's alone.

    Raises TransferFailed for what cannot be imported.
    """
    folder = folder_of(directory)
    if not folder.exists():
        return None
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise TransferFailed(f"{path} is missing: the export did not finish.")
    manifest = _parse(path, _load(path))
    for kind, file in manifest.kinds.items():
        if kind not in known_kinds:
            raise TransferFailed(
                f"{path} lists '{kind}', which this version does not know: "
                f"it was written by version {manifest.plugin}."
            )
        _check(kind_path(folder, kind), file)
    return manifest


def _load(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise TransferFailed(f"{path} is broken: it is too long.")
    try:
        loaded = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise TransferFailed(f"{path} is broken: {exc}") from exc
    if not isinstance(loaded, dict):
        raise TransferFailed(f"{path} is broken: it is no JSON object.")
    return loaded


def _parse(path: Path, data: Mapping[str, Any]) -> Manifest:
    if data.get("format") != FORMAT:
        raise TransferFailed(
            f"{path} has format {data.get('format')!r}; this version reads format {FORMAT}."
        )
    try:
        kinds = {_kind_name(kind): KindFile(**file) for kind, file in data["kinds"].items()}
        manifest = Manifest(**{**data, "kinds": kinds})
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise TransferFailed(f"{path} is broken: {exc}") from exc
    numbers = [manifest.content_files, manifest.content_bytes]
    numbers += [file.lines for file in kinds.values()]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise TransferFailed(f"{path} is broken: a count is no number.")
    return manifest


def _kind_name(name: str) -> str:
    if not _KIND_NAME.fullmatch(name):
        raise ValueError(f"'{name}' is no name of a kind.")
    return name


def _check(path: Path, file: KindFile) -> None:
    try:
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as exc:
        raise TransferFailed(f"{path} cannot be read: {exc.strerror}.") from exc
    if digest != file.sha256:
        raise TransferFailed(f"{path} was changed: its checksum is not that of the manifest.")
