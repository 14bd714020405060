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

#: one key per artifact; one per project with all that its page needs; one per upstream page; one
#: per index for what must not stand in the index configuration, which everybody may read
_PATTERNS = {
    RECORD: "{user}/{index}/+artifactory/record/{digest}",
    PROJECT: "{user}/{index}/+artifactory/project/{project}",
    PAGE: "{user}/{index}/+artifactory/page/{project}",
    SECRETS: "{user}/{index}/+artifactory/secrets",
}


def register_keys(xom: XOM) -> None:
    """To be called once, before the server's notifier starts."""
    for name, pattern in _PATTERNS.items():
        xom.keyfs.add_key(name, pattern, dict)


def all_keys(xom: XOM) -> list[PTypedKey[dict[str, Any]]]:
    return [getattr(xom.keyfs, name) for name in _PATTERNS]


def record_key(xom: XOM, user: str, index: str, path: str) -> TypedKey[dict[str, Any]]:
    digest = hashlib.sha256(path.encode()).hexdigest()
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, RECORD))
    return key(user=user, index=index, digest=digest)


def project_key(
    xom: XOM, user: str, index: str, project: NormalizedName
) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, PROJECT))
    return key(user=user, index=index, project=project)


def page_key(xom: XOM, user: str, index: str, project: NormalizedName) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, PAGE))
    return key(user=user, index=index, project=project)


def secrets_key(xom: XOM, user: str, index: str) -> TypedKey[dict[str, Any]]:
    key = cast("PTypedKey[dict[str, Any]]", getattr(xom.keyfs, SECRETS))
    return key(user=user, index=index)
