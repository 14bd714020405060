"""The catalog of this server's repositories, for one reader, in the running transaction."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.catalog import Catalog
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import registry_page_url
from devpi_artifactory_compat.repositories.fields import FIELDS
from devpi_artifactory_compat.repositories.generic import GenericLocalRepository
from devpi_artifactory_compat.repositories.generic import GenericRemoteRepository
from devpi_artifactory_compat.repositories.local import LocalRepository
from devpi_artifactory_compat.repositories.paths import CACHE_SUFFIX
from devpi_artifactory_compat.repositories.remote import RemoteRepository
from devpi_artifactory_compat.repositories.scopes import scoped_config
from devpi_artifactory_compat.storage.artifacts import IndexArtifacts
from devpi_artifactory_compat.storage.indexes import default_registry
from devpi_artifactory_compat.storage.indexes import entries
from devpi_artifactory_compat.storage.indexes import plain_config
from devpi_artifactory_compat.storage.keys import secrets_key
from devpi_artifactory_compat.storage.local import StageStore
from devpi_artifactory_compat.storage.names import NamesFiles
from devpi_artifactory_compat.storage.outages import Outages
from devpi_artifactory_compat.storage.remote import MirrorCache
from devpi_artifactory_compat.storage.requester import Access
from devpi_artifactory_compat.storage.transport import upstream_client
from devpi_artifactory_compat.storage.upstream import HttpUpstream
from devpi_artifactory_compat.storage.urls import split_credentials
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from devpi_server.model import PrivateStage
from functools import partial
import time


def open_catalog(xom: XOM, *, may_read: Callable[[str], bool]) -> Catalog:
    """``may_read`` is asked with the name of an index."""
    return Catalog(
        entries(xom),
        build=lambda config, index, scope: build_repository(xom, config, index, scope=scope),
        may_read=may_read,
        config_of=lambda index: plain_config(xom, index),
    )


def artifact_store(xom: XOM, entry: Entry) -> IndexArtifacts:
    """The artifacts of the index behind a local or a remote repository.

    Raises RepositoryNotFound when the index is gone.
    """
    stage = xom.model.getstage(entry.index)
    if stage is None:
        raise RepositoryNotFound(entry.config.key)
    suffix = CACHE_SUFFIX if isinstance(stage, MirrorStage) else ""
    return IndexArtifacts(xom, stage, key=f"{entry.config.key}{suffix}")


def build_repository(
    xom: XOM, config: RepositoryConfig, index: str, *, scope: str = ""
) -> Repository:
    """The repository of one index of type stage or mirror, of a mirror also one scope."""
    stage = xom.model.getstage(index)
    if isinstance(stage, MirrorStage):
        cache = MirrorCache(
            xom,
            stage,
            source=upstream_access(xom, config, index).pages_url,
            scope=scope,
            lock_timeout=_limit(config, "metadataRetrievalTimeoutSecs"),
        )
        if config.package_type is PackageType.GENERIC:
            return GenericRemoteRepository(
                config,
                cache,
                _upstream(xom, config, index),
                artifacts=IndexArtifacts(xom, stage, key=f"{config.key}{CACHE_SUFFIX}"),
                clock=time.time,
            )
        if scope:
            registry = config.get_str("pyPIRegistryUrl") or default_registry()
            config = scoped_config(config, scope, registry=registry)
        upstream = _upstream(xom, config, index)
        source = split_credentials(upstream_access(xom, config, index).pages_url)[0]
        names = NamesFiles(xom, index, source=source, scope=scope)
        artifacts = IndexArtifacts(xom, stage, key=f"{config.key}{CACHE_SUFFIX}")
        return RemoteRepository(
            config, cache, upstream, names=names, artifacts=artifacts, clock=time.time
        )
    if isinstance(stage, PrivateStage):
        artifacts = IndexArtifacts(xom, stage, key=config.key)
        is_generic = config.package_type is PackageType.GENERIC
        kind = GenericLocalRepository if is_generic else LocalRepository
        return kind(config, StageStore(xom, stage), artifacts)
    raise RepositoryNotFound(config.key)


def _upstream(xom: XOM, config: RepositoryConfig, index: str) -> HttpUpstream:
    return HttpUpstream(
        upstream_access(xom, config, index),
        clients=partial(upstream_client, xom),
        outages=xom.setdefault_singleton(index, "artifactory-outages", factory=Outages),
    )


def upstream_access(xom: XOM, config: RepositoryConfig, index: str) -> Access:
    user, _, name = index.partition("/")
    password = config.get_str("password")
    pages_url = registry_page_url(config, default_registry=default_registry())
    registry_url = config.get_str("pyPIRegistryUrl") or default_registry()
    return Access(
        # the credentials for generic files are for nobody else
        registry_url=pages_url if config.package_type is PackageType.GENERIC else registry_url,
        pages_url=pages_url,
        files_url=config.get_str("url"),
        username=config.get_str("username"),
        password=password or secrets_key(xom, user, name).get().get("password", ""),
        timeout=_limit(config, "socketTimeoutMillis") / 1000,
        page_timeout=_limit(config, "metadataRetrievalTimeoutSecs"),
        offline_period=config.get_int("assumedOfflinePeriodSecs"),
        proxy=config.get_str("proxy"),
        disable_proxy=config.get_bool("disableProxy"),
        query_params=config.get_str("queryParams"),
        any_host_auth=config.get_bool("allowAnyHostAuth"),
    )


def _limit(config: RepositoryConfig, name: str) -> int:
    """A time limit; 0 stands for the default, because nothing may wait for ever."""
    default = FIELDS[name].default
    assert isinstance(default, int)
    return config.get_int(name) or default
