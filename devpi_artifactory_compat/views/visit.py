"""One request's look at the repositories: what there is, and what its sender may do."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.errors import NotAuthenticated
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.errors import WrongPackageType
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.errors import ScopeNotFound
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.catalog import Catalog
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.item_store import ItemStore
from devpi_artifactory_compat.repositories.paths import CACHE_SUFFIX
from devpi_artifactory_compat.storage.gateway import artifact_store
from devpi_artifactory_compat.storage.gateway import open_catalog
from devpi_artifactory_compat.storage.reading import may_read
from devpi_artifactory_compat.views.rights import is_admin
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from functools import cached_property
from functools import lru_cache
from pyramid.request import Request
from typing import cast


@dataclass(frozen=True)
class Place:
    """A key in a URL and the repository behind it."""

    key: str
    entry: Entry
    is_cache: bool = False

    @property
    def holds_artifacts(self) -> bool:
        """Whether artifacts can be changed under this key; a remote's are in its cache."""
        return self.is_cache or self.entry.config.rclass is RepositoryClass.LOCAL


class Visit:
    """Rights are devpi's; ``query`` is what remotes that propagate it ask for a file with."""

    def __init__(self, request: Request, *, query: str = "") -> None:
        self.request = request
        self._query = query
        self._may_read = lru_cache(maxsize=None)(self._ask_may_read)

    @property
    def xom(self) -> XOM:
        return cast("XOM", self.request.registry["xom"])

    @cached_property
    def catalog(self) -> Catalog:
        return open_catalog(self.xom, may_read=self._may_read, query=self._query)

    @property
    def user(self) -> str | None:
        return cast("str | None", self.request.authenticated_userid)

    @property
    def is_admin(self) -> bool:
        return is_admin(self.request)

    def may_read(self, entry: Entry) -> bool:
        return self._may_read(entry.index)

    def may_read_index(self, index: str) -> bool:
        return self._may_read(index)

    def artifacts(self, entry: Entry) -> ItemStore:
        """The artifacts behind a local repository, or in the cache of a remote one."""
        return artifact_store(self.xom, entry)

    def _ask_may_read(self, index: str) -> bool:
        stage = self.xom.model.getstage(index)
        return stage is not None and may_read(self.request, stage)

    def may_upload(self, entry: Entry) -> bool:
        stage = self.xom.model.getstage(entry.index)
        if stage is None:
            return False
        return bool(self.request.has_permission("upload", context=stage)) or self.is_admin

    def mirror(self, entry: Entry) -> MirrorStage:
        """devpi's index behind a remote repository."""
        return cast("MirrorStage", self.xom.model.getstage(entry.index))

    def may_delete(self, entry: Entry) -> bool:
        """Administrators and the owner of the index: not everybody who may upload."""
        return self.user is not None and (
            self.is_admin or self.user == entry.index.partition("/")[0]
        )

    def may_annotate(self, entry: Entry) -> bool:
        """Who may upload, and who may delete: of a remote's cache those alone."""
        return self.may_delete(entry) or (
            entry.config.rclass is RepositoryClass.LOCAL and self.may_upload(entry)
        )

    def place(self, key: str) -> Place:
        """What a key in a URL names: a repository, or what a remote has cached.

        Raises RepositoryNotFound.
        """
        remote = key.removesuffix(CACHE_SUFFIX)
        if key not in self.catalog and remote != key and remote in self.catalog:
            entry = self.catalog.entry(remote)
            if entry.config.rclass is RepositoryClass.REMOTE:
                return Place(key, entry, is_cache=True)
            raise RepositoryNotFound(key)
        return Place(key, self.catalog.entry(key))

    def readable_place(self, key: str) -> Place:
        """As ``place``, once it is known that it may be read.

        Raises NotAuthenticated or Forbidden otherwise.
        """
        place = self.place(key)
        self.require(self.may_read(place.entry), f"read repository '{key}'")
        return place

    def require_pypi(self, key: str) -> None:
        """Raises WrongPackageType for a repository without PyPI endpoints, and RepositoryNotFound.

        Raises NotAuthenticated or Forbidden instead where that is nobody's business.
        """
        place = self.place(key)
        if place.entry.config.package_type is not PackageType.PYPI:
            self.require(self.may_read(place.entry), f"read repository '{key}'")
            raise WrongPackageType(key, place.entry.config.package_type)

    def require(self, allowed: bool, what: str) -> None:  # noqa: FBT001 - reads well at the call
        """Raises NotAuthenticated or Forbidden unless the right is there."""
        if allowed:
            return
        if self.user is not None:
            raise Forbidden(f"User '{self.user}' may not {what}.")
        if self.request.authorization is not None:
            raise NotAuthenticated("Bad credentials")
        raise NotAuthenticated("Authentication is required")

    def require_admin(self) -> None:
        self.require(self.is_admin, "administer repositories")

    def readable(self, key: str, scope: str = "") -> Repository:
        """The repository of a key, or one scope of it.

        Raises RepositoryNotFound, ScopeNotFound for what takes no such scope, and
        NotAuthenticated or Forbidden when it may not be read.
        """
        entry = self.catalog.entry(key)
        self.require(self.may_read(entry), f"read repository '{key}'")
        if not scope:
            return self.catalog.repository(key)
        repository = self.catalog.scope(key, scope)
        if repository is None:
            raise ScopeNotFound(key, scope)
        return repository
