"""The JSON form of the simple repository API: PEP 691, 700, 708, 714, 740 and 792."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.page_links import API_VERSION
from devpi_artifactory_compat.packages.page_links import file_url
from devpi_artifactory_compat.packages.page_links import provenance_url
from devpi_artifactory_compat.packages.page_links import timestamp
from devpi_artifactory_compat.packages.releases import page_versions
from itertools import islice
import json


__all__ = ["render_project", "render_projects"]

_NAMES_PER_CHUNK = 1000
_FILES_PER_CHUNK = 100


def render_project(page: ProjectPage, *, prefix: str, last_serial: int | None = None) -> bytes:
    """The page of one project.

    ``prefix`` is the URL, absolute or relative, that a file's path is appended to. A size or an
    upload time that is not known is left out.
    """
    meta = _meta(last_serial)
    if page.tracks:
        meta["tracks"] = page.tracks
    data: dict[str, object] = {"meta": meta, "name": page.name}
    if page.alternate_locations:
        data["alternate-locations"] = page.alternate_locations
    if page.status is not None:
        status = {"status": page.status, "reason": page.status_reason}
        data["project-status"] = {k: v for k, v in status.items() if v is not None}
    data["versions"] = page_versions(page)
    files = b",".join(_file_chunks(page.files, prefix))
    return _encode(data)[:-1] + b',"files":[' + files + b"]}"


def _file_chunks(files: Sequence[ProjectFile], prefix: str) -> Iterator[bytes]:
    """Few at a time: the garbage collector need not look at ten thousand files again and again."""
    for start in range(0, len(files), _FILES_PER_CHUNK):
        chunk = files[start : start + _FILES_PER_CHUNK]
        yield _encode([_file(file, prefix) for file in chunk])[1:-1]


def render_projects(
    names: Iterable[str], *, prefix: str, last_serial: int | None = None
) -> Iterator[bytes]:
    """The list of all projects, in chunks.

    ``prefix`` is there for the sake of one signature with the HTML form: PEP 691 lists names
    without links.
    """
    del prefix
    yield b'{"meta":' + _encode(_meta(last_serial)) + b',"projects":['
    remaining = iter(names)
    separator = b""
    while chunk := list(islice(remaining, _NAMES_PER_CHUNK)):
        yield separator + _encode([{"name": name} for name in chunk])[1:-1]
        separator = b","
    yield b"]}"


def _meta(last_serial: int | None) -> dict[str, object]:
    meta: dict[str, object] = {"api-version": API_VERSION}
    if last_serial is not None:
        meta["_last-serial"] = last_serial
    return meta


def _file(file: ProjectFile, prefix: str) -> dict[str, object]:
    data: dict[str, object] = {
        "filename": file.filename,
        "url": file_url(prefix, file.path),
        "hashes": dict(file.hashes),
    }
    if file.requires_python is not None:
        data["requires-python"] = file.requires_python
    if file.size is not None:
        data["size"] = file.size
    if file.upload_time is not None:
        data["upload-time"] = timestamp(file.upload_time)
    data["yanked"] = False if file.yanked is None else file.yanked or True
    metadata = _metadata(file.core_metadata)
    data["core-metadata"] = data["dist-info-metadata"] = metadata
    if file.gpg_signature is not None:
        data["gpg-sig"] = file.gpg_signature
    if file.provenance is not None:
        data["provenance"] = provenance_url(prefix, file.provenance)
    return data


def _metadata(hashes: Mapping[str, str] | None) -> bool | dict[str, str]:
    if hashes is None:
        return False
    return dict(hashes) or True


def _encode(data: Mapping[str, object] | Sequence[Mapping[str, object]]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")
