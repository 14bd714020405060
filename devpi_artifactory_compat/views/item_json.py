"""Artifacts and folders as Artifactory's JSON shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.packages.filenames import content_type
from pyramid.request import Request
from typing import Any
from urllib.parse import quote


_STORAGE = "application/vnd.org.jfrog.artifactory.storage"
FILE_INFO = f"{_STORAGE}.FileInfo+json"
FOLDER_INFO = f"{_STORAGE}.FolderInfo+json"
ITEM_CREATED = f"{_STORAGE}.ItemCreated+json"
ITEM_PROPERTIES = f"{_STORAGE}.ItemProperties+json"
ITEM_LAST_MODIFIED = f"{_STORAGE}.ItemLastModified+json"
ITEM_PERMISSIONS = f"{_STORAGE}.ItemPermissions+json"
STATS_INFO = f"{_STORAGE}.StatsInfo+json"
FILE_LIST = f"{_STORAGE}.FileList+json"

_SAFE = "/+@:!$&'()*,=~"


def iso(time: datetime) -> str:
    """ISO 8601 with milliseconds, in UTC."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def base_url(request: Request) -> str:
    return f"{request.application_url}/artifactory"


def download_url(request: Request, key: str, path: str) -> str:
    return f"{base_url(request)}/{key}{_tail(path)}"


def storage_url(request: Request, key: str, path: str) -> str:
    return f"{base_url(request)}/api/storage/{key}{_tail(path)}"


def _tail(path: str) -> str:
    return f"/{quote(path, safe=_SAFE)}" if path else ""


def _checksums(checksums: Checksums) -> dict[str, str]:
    return {"sha1": checksums.sha1, "md5": checksums.md5, "sha256": checksums.sha256}


def _who_and_when(item: Artifact | Folder) -> dict[str, str]:
    return {
        "created": iso(item.created),
        "createdBy": item.created_by,
        "lastModified": iso(item.modified),
        "modifiedBy": item.modified_by,
        "lastUpdated": iso(item.modified),
    }


def file_info(request: Request, artifact: Artifact, *, key: str) -> dict[str, Any]:
    """Artifactory's "Get File Info"; ``key`` was asked. ``size`` is a string."""
    shown = {
        "repo": artifact.repository,
        "path": f"/{artifact.path}",
        **_who_and_when(artifact),
        "downloadUri": download_url(request, key, artifact.path),
        "mimeType": content_type(artifact.filename),
        "size": str(artifact.size),
        "checksums": _checksums(artifact.checksums),
        "originalChecksums": _checksums(artifact.checksums),
        "uri": storage_url(request, key, artifact.path),
    }
    if artifact.remote_url is not None:
        shown["remoteUrl"] = artifact.remote_url
    return shown


def folder_info(request: Request, folder: Folder, *, key: str) -> dict[str, Any]:
    """Artifactory's "Get Folder Info"; there are ``children`` always, and never a size."""
    return {
        "repo": folder.repository,
        "path": f"/{folder.path}",
        **_who_and_when(folder),
        "children": [
            {"uri": f"/{child.name}", "folder": child.is_folder} for child in folder.children
        ],
        "uri": storage_url(request, key, folder.path),
    }


def item_created(request: Request, item: Artifact | Folder) -> dict[str, Any]:
    """The answer to "Deploy Artifact", and to making a folder."""
    url = download_url(request, item.repository, item.path)
    shown: dict[str, Any] = {
        "repo": item.repository,
        "path": f"/{item.path}",
        "created": iso(item.created),
        "createdBy": item.created_by,
    }
    if isinstance(item, Folder):
        return {**shown, "path": f"/{item.path}/", "uri": f"{url}/"}
    return {
        **shown,
        "downloadUri": url,
        "mimeType": content_type(item.filename),
        "size": str(item.size),
        "checksums": _checksums(item.checksums),
        "originalChecksums": _checksums(item.checksums),
        "uri": url,
    }


def property_lists(properties: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {key: list(values) for key, values in properties.items()}
