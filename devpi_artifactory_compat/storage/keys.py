"""Our own keys in devpi's key file system; devpi replicates them like its own."""

from __future__ import annotations

from devpi_artifactory_compat.model import NormalizedName
from devpi_server.keyfs_types import PTypedKey
from devpi_server.keyfs_types import TypedKey
from devpi_server.main import XOM
from typing import Any
from typing import cast
import hashlib


RECORD = "ARTIFACTORY_RECORD"
PROJECT = "ARTIFACTORY_PROJECT"
PAGE = "ARTIFACTORY_PAGE"
SECRETS = "ARTIFACTORY_SECRETS"
STATE = "ARTIFACTORY_STATE"
FOLDER = "ARTIFACTORY_FOLDER"
WAITING = "ARTIFACTORY_WAITING"
DIGEST = "ARTIFACTORY_DIGEST"
TRASH = "ARTIFACTORY_TRASH"
TRASH_FOLDER = "ARTIFACTORY_TRASH_FOLDER"
STATISTICS = "ARTIFACTORY_STATISTICS"

#: one key per artifact; one per project with all that its page needs; one per upstream page; one
#: per index for what must not stand in the index configuration, which everybody may read, and one
#: for what is no configuration; one per folder; one per index for what waits to be indexed; one
#: per artifact that was downloaded, apart from its record because it changes so often; one per
#: deleted artifact that is kept for a while, and per folder of those
_PATTERNS = {
    RECORD: "{user}/{index}/+artifactory/record/{digest}",
    PROJECT: "{user}/{index}/+artifactory/project/{project}",
    PAGE: "{user}/{index}/+artifactory/page/{project}",
    SECRETS: "{user}/{index}/+artifactory/secrets",
    STATE: "{user}/{index}/+artifactory/state",
    FOLDER: "{user}/{index}/+artifactory/folder/{digest}",
    WAITING: "{user}/{index}/+artifactory/waiting",
    TRASH: "{user}/{index}/+artifactory/trash/{digest}",
    TRASH_FOLDER: "{user}/{index}/+artifactory/trash-folder/{digest}",
    STATISTICS: "{user}/{index}/+artifactory/statistics/{digest}",
}

#: where on the whole server the files of a checksum lie; no user's name begins with a plus sign
_DIGEST_PATTERN = "+artifactory/digest/{digest}"


def register_keys(xom: XOM) -> None:
    """To be called once, before the server's notifier starts."""
    for name, pattern in _PATTERNS.items():
        xom.keyfs.add_key(name, pattern, dict)
    xom.keyfs.add_key(DIGEST, _DIGEST_PATTERN, dict)


def all_keys(xom: XOM) -> list[PTypedKey[dict[str, Any]]]:
    """Those of indexes."""
    return [getattr(xom.keyfs, name) for name in _PATTERNS]


def path_digest(path: str) -> str:
    """A path as the parameter of a key, which may hold no slash."""
    return hashlib.sha256(path.encode()).hexdigest()


def record_key(xom: XOM, user: str, index: str, path: str) -> TypedKey[dict[str, Any]]:
    return record_key_at(xom, user, index, path_digest(path))


def record_key_at(xom: XOM, user: str, index: str, digest: str) -> TypedKey[dict[str, Any]]:
    """Of the artifact whose path has that digest."""
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, RECORD))
    return key(user=user, index=index, digest=digest)


def project_key(
    xom: XOM, user: str, index: str, project: NormalizedName
) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, PROJECT))
    return key(user=user, index=index, project=project)


def page_key(xom: XOM, user: str, index: str, project: str) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, PAGE))
    return key(user=user, index=index, project=project)


def secrets_key(xom: XOM, user: str, index: str) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, SECRETS))
    return key(user=user, index=index)


def state_key(xom: XOM, user: str, index: str) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, STATE))
    return key(user=user, index=index)


def folder_key(xom: XOM, user: str, index: str, digest: str) -> TypedKey[dict[str, Any]]:
    """Of the folder whose path has that digest, or of a part of it."""
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, FOLDER))
    return key(user=user, index=index, digest=digest)


def trash_key(xom: XOM, user: str, index: str, digest: str) -> TypedKey[dict[str, Any]]:
    """Of the deleted artifact whose path had that digest."""
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, TRASH))
    return key(user=user, index=index, digest=digest)


def trash_folder_key(xom: XOM, user: str, index: str, digest: str) -> TypedKey[dict[str, Any]]:
    """As ``folder_key``, of the trash can."""
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, TRASH_FOLDER))
    return key(user=user, index=index, digest=digest)


def waiting_key(xom: XOM, user: str, index: str) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, WAITING))
    return key(user=user, index=index)


def statistics_key(xom: XOM, user: str, index: str, path: str) -> TypedKey[dict[str, Any]]:
    """Of the artifact at a path."""
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, STATISTICS))
    return key(user=user, index=index, digest=path_digest(path))


def digest_key(xom: XOM, digest: str) -> TypedKey[dict[str, Any]]:
    """``digest`` is one of a file's content, in hex."""
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, DIGEST))
    return key(digest=digest)
