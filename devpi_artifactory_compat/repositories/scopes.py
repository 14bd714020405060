"""Scopes of a remote repository with a custom registry suffix.

A remote at the root of a devpi server with suffix ``+simple`` serves every index of that server:
clients put ``<user>/<index>`` between the repository key and ``simple`` (Artifactory, "Work with
PyPI Remote Repositories with the Custom Registry Suffix").
"""

from __future__ import annotations

from dataclasses import replace
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.config import RepositoryConfig
import re


DEFAULT_SUFFIX = "simple"

_MAX_LENGTH = 200
_MAX_SEGMENTS = 4
_SEGMENT = re.compile(r"[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*")


def has_custom_suffix(config: RepositoryConfig) -> bool:
    return config.get_str("pyPIRepositorySuffix") != DEFAULT_SUFFIX


def takes_scopes(config: RepositoryConfig) -> bool:
    return (
        config.rclass is RepositoryClass.REMOTE
        and config.package_type is PackageType.PYPI
        and has_custom_suffix(config)
    )


def is_scope(text: str) -> bool:
    """Whether a part of a URL may be a path below an upstream: it cannot lead anywhere else."""
    segments = text.split("/")
    return (
        len(text) <= _MAX_LENGTH
        and len(segments) <= _MAX_SEGMENTS
        and all(_SEGMENT.fullmatch(segment) for segment in segments)
    )


def scoped_config(config: RepositoryConfig, scope: str, *, registry: str) -> RepositoryConfig:
    """The configuration of one scope: its pages are below the registry's URL."""
    url = f"{registry.rstrip('/')}/{scope}"
    return replace(config, values={**config.values, "pyPIRegistryUrl": url})
