"""The catalog of this server's repositories, for one reader, in the running transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from devpi_artifactory_compat.errors import BadRequest
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
from devpi_artifactory_compat.repositories.remote_search import RemoteSearches
from devpi_artifactory_compat.repositories.scopes import has_custom_suffix
from devpi_artifactory_compat.repositories.scopes import scoped_config
from devpi_artifactory_compat.storage.artifacts import IndexArtifacts
from devpi_artifactory_compat.repositories.search_walk import CachedWalk
from devpi_artifactory_compat.repositories.search_walk import LocalWalk
from devpi_artifactory_compat.storage.indexes import default_registry
from devpi_artifactory_compat.storage.indexes import entries
from devpi_artifactory_compat.storage.indexes import plain_config
from devpi_artifactory_compat.storage.keys import secrets_key
from devpi_artifactory_compat.storage.local import StageStore
from devpi_artifactory_compat.storage.names import NamesFiles
from devpi_artifactory_compat.storage.outages import Outages
from devpi_artifactory_compat.storage.remote import MirrorCache
from devpi_artifactory_compat.storage.requester import Access
from devpi_artifactory_compat.storage.summaries import IndexSummaries
from devpi_artifactory_compat.storage.transport import upstream_client
from devpi_artifactory_compat.storage.trash import Trash
from devpi_artifactory_compat.storage.upstream import HttpUpstream
from devpi_artifactory_compat.storage.upstream_search import UpstreamSearch
from devpi_artifactory_compat.storage.urls import sendable_query
from devpi_artifactory_compat.storage.urls import split_credentials
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from devpi_server.model import PrivateStage
from functools import partial
from typing import cast
import time


#: the longest query string of a client that an upstream gets, in bytes
MAX_QUERY = 2000


def open_catalog(xom: XOM, *, may_read: Callable[[str], bool], query: str = "") -> Catalog:
    """``may_read`` is asked with the name of an index; ``query`` as for ``build_repository``."""
    return Catalog(
        entries(xom),
        build=lambda config, index, scope: build_repository(
            xom, config, index, scope=scope, query=query
        ),
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


def trash_store(xom: XOM, entry: Entry) -> Trash:
    """What was deleted from a local repository.

    Raises RepositoryNotFound when the index is gone, or is none of a local repository.
    """
    stage = xom.model.getstage(entry.index)
    if not isinstance(stage, PrivateStage):
        raise RepositoryNotFound(entry.config.key)
    return Trash(xom, stage, key=entry.config.key)


def build_repository(
    xom: XOM, config: RepositoryConfig, index: str, *, scope: str = "", query: str = ""
) -> Repository:
    """The repository of one index of type stage or mirror, of a mirror also one scope.

    ``query`` is the query string of a client that asks for a file, bytes as Latin-1; a remote that
    propagates it raises BadRequest when it is too long.
    """
    stage = xom.model.getstage(index)
    if isinstance(stage, MirrorStage):
        return _remote(xom, stage, config, scope=scope, query=query)
    if not isinstance(stage, PrivateStage):
        raise RepositoryNotFound(config.key)
    store = StageStore(xom, stage)
    artifacts = IndexArtifacts(xom, stage, key=config.key)
    if config.package_type is PackageType.GENERIC:
        return GenericLocalRepository(config, store, artifacts)
    return LocalRepository(
        config, store, artifacts, projects=LocalWalk(store, IndexSummaries(xom, index))
    )


def _remote(
    xom: XOM, stage: MirrorStage, config: RepositoryConfig, *, scope: str, query: str
) -> Repository:
    index = stage.name
    cache = MirrorCache(
        xom,
        stage,
        source=upstream_access(xom, config, index).pages_url,
        scope=scope,
        lock_timeout=_limit(config, "metadataRetrievalTimeoutSecs"),
    )
    if scope:
        registry = config.get_str("pyPIRegistryUrl") or default_registry()
        config = scoped_config(config, scope, registry=registry)
    access = replace(upstream_access(xom, config, index), client_query=_propagated(config, query))
    upstream = HttpUpstream(
        access,
        clients=partial(upstream_client, xom),
        outages=_outages(xom, index, "artifactory-outages"),
    )
    artifacts = IndexArtifacts(xom, stage, key=f"{config.key}{CACHE_SUFFIX}")
    if config.package_type is PackageType.GENERIC:
        return GenericRemoteRepository(
            config, cache, upstream, artifacts=artifacts, clock=time.time
        )
    source = split_credentials(access.pages_url)[0]
    return RemoteRepository(
        config,
        cache,
        upstream,
        names=NamesFiles(xom, index, source=source, scope=scope),
        artifacts=artifacts,
        searches=RemoteSearches(
            cache,
            cached=CachedWalk(cache, IndexSummaries(xom, index)),
            upstream=_upstream_search(xom, config, index, access=access),
        ),
        clock=time.time,
        scope=scope,
    )


def _outages(xom: XOM, index: str, name: str) -> Outages:
    return cast("Outages", xom.setdefault_singleton(index, name, factory=Outages))


def _upstream_search(
    xom: XOM, config: RepositoryConfig, index: str, *, access: Access
) -> UpstreamSearch:
    registry = access.registry_url.rstrip("/")
    return UpstreamSearch(
        access,
        # devpi's own URLs of indexes, which the suffix tells, have a slash at their end
        f"{registry}/" if has_custom_suffix(config) else registry,
        no_search_period=config.get_int("missedRetrievalCachePeriodSecs"),
        clients=partial(upstream_client, xom),
        outages=_outages(xom, index, "artifactory-outages"),
        search_outages=_outages(xom, index, "artifactory-search-outages"),
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


def _propagated(config: RepositoryConfig, query: str) -> str:
    """What of a client's query goes on to the upstream (``propagateQueryParams``)."""
    if not query or not config.get_bool("propagateQueryParams"):
        return ""
    if len(query) > MAX_QUERY:
        raise BadRequest(f"A query string of more than {MAX_QUERY} bytes is not passed on.")
    return sendable_query(query)


def _limit(config: RepositoryConfig, name: str) -> int:
    """A time limit; 0 stands for the default, because nothing may wait for ever."""
    default = FIELDS[name].default
    assert isinstance(default, int)
    return config.get_int(name) or default
