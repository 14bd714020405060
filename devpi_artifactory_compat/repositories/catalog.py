"""From a repository key to the repository, for one reader."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.generic import GenericVirtualRepository
from devpi_artifactory_compat.repositories.restricted import restricted
from devpi_artifactory_compat.repositories.scopes import is_scope
from devpi_artifactory_compat.repositories.scopes import takes_scopes
from devpi_artifactory_compat.repositories.virtual import MemberFilter
from devpi_artifactory_compat.repositories.virtual import VirtualRepository
from devpi_artifactory_compat.repositories.virtual import all_members


@dataclass(frozen=True, kw_only=True)
class Base:
    """One index in a stage's resolution order, with what devpi allows past it."""

    index: str
    mirror_whitelist: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A repository and the index that it is a view of.

    ``bases`` is empty but for a stage with bases: then it is the stage's whole resolution order,
    itself first, and ``union`` says how devpi combines the whitelists.
    """

    config: RepositoryConfig
    index: str
    bases: tuple[Base, ...] = ()
    union: bool = False


#: makes the repository of one index, or of one scope of it
Builder = Callable[[RepositoryConfig, str, str], Repository]


class Catalog:
    """Every repository of the server.

    ``build`` makes the repository of one index of type stage or mirror; ``may_read`` says whether
    the reader may read an index, and members that they may not read take no part in a virtual.
    """

    def __init__(
        self,
        entries: Mapping[RepositoryKey, Entry],
        *,
        build: Builder,
        may_read: Callable[[str], bool],
        config_of: Callable[[str], RepositoryConfig | None],
    ) -> None:
        self._entries = entries
        self._unrestricted = build
        self._may_read = may_read
        self._config_of = config_of

    def _build(self, config: RepositoryConfig, index: str, scope: str = "") -> Repository:
        return restricted(self._unrestricted(config, index, scope), by=config)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    @property
    def configs(self) -> Mapping[RepositoryKey, RepositoryConfig]:
        return {key: entry.config for key, entry in self._entries.items()}

    def entry(self, key: str) -> Entry:
        """Raises RepositoryNotFound."""
        try:
            return self._entries[RepositoryKey(key)]
        except KeyError:
            raise RepositoryNotFound(key) from None

    def repository(self, key: str) -> Repository:
        """Raises RepositoryNotFound; whether the reader may read it is for the caller to ask."""
        return self._repository(self.entry(key))

    def scope(self, key: str, scope: str) -> Repository | None:
        """One scope of a remote with a custom registry suffix; None when there is no such thing.

        Raises RepositoryNotFound.
        """
        entry = self.entry(key)
        if not takes_scopes(entry.config) or not is_scope(scope):
            return None
        return self._build(entry.config, entry.index, scope)

    def _repository(self, entry: Entry) -> Repository:
        if entry.config.rclass is not RepositoryClass.VIRTUAL:
            return self._build(entry.config, entry.index)
        if entry.bases:
            return self._stage_with_bases(entry)
        members = self._members(entry, {entry.config.key})
        is_generic = entry.config.package_type is PackageType.GENERIC
        kind = GenericVirtualRepository if is_generic else VirtualRepository
        return restricted(kind(entry.config, members, target=self._target(entry)), by=entry.config)

    def _members(self, entry: Entry, seen: set[RepositoryKey]) -> Iterator[Repository]:
        """Locals and remotes in the listed order, each once, nested virtuals in their place."""
        for key in entry.config.get_list("repositories"):
            member = self._entries.get(RepositoryKey(key))
            if member is None or member.config.key in seen or not self._may_read(member.index):
                continue
            seen.add(member.config.key)
            if member.bases:
                for part in self._plain(member):
                    if self._may_read(part.index):
                        yield self._build(part.config, part.index)
            elif member.config.rclass is RepositoryClass.VIRTUAL:
                for nested in self._members(member, seen):
                    yield restricted(nested, by=member.config)
            else:
                yield self._build(member.config, member.index)

    def _plain(self, entry: Entry) -> Iterator[Entry]:
        """The indexes of a stage with bases, each as a repository of its own."""
        for base in entry.bases:
            config = self._config_of(base.index)
            if config is not None:
                yield Entry(config=config, index=base.index)

    def _target(self, entry: Entry) -> Repository | None:
        key = entry.config.get_str("defaultDeploymentRepo")
        target = self._entries.get(RepositoryKey(key)) if key else None
        if target is None:
            return None
        if target.bases:
            target = next(self._plain(target))
        return self._build(target.config, target.index)

    def target_of(self, key: str) -> Entry | None:
        """Where an upload to a repository ends; None for a virtual without a target.

        A stage with bases is a local repository there.
        """
        found: Entry | None = self.entry(key)
        if found is not None and found.config.rclass is RepositoryClass.VIRTUAL and not found.bases:
            target = found.config.get_str("defaultDeploymentRepo")
            found = self._entries.get(RepositoryKey(target)) if target else None
        if found is not None and found.bases:
            return next(self._plain(found), None)
        return found

    def _stage_with_bases(self, entry: Entry) -> Repository:
        parts = [part for part in self._plain(entry) if self._may_read(part.index)]
        members = [self._build(part.config, part.index) for part in parts]
        indexes = {id(member): part.index for member, part in zip(members, parts, strict=True)}
        own = next((m for m in members if indexes[id(m)] == entry.index), None)
        return VirtualRepository(
            entry.config,
            members,
            target=own,
            select=devpi_member_filter(entry, lambda member: indexes[id(member)]),
        )


def devpi_member_filter(entry: Entry, index_of: Callable[[Repository], str]) -> MemberFilter:
    """devpi's own rule: a project in a private stage hides the mirrors, unless whitelisted."""
    if not entry.bases:
        return all_members
    whitelists = {base.index: base.mirror_whitelist for base in entry.bases}

    def select(members: Sequence[Repository], project: NormalizedName) -> Sequence[Repository]:
        stages = [m for m in members if m.config.rclass is not RepositoryClass.REMOTE]
        allowed: frozenset[str] | None = None
        whitelisted = private = False
        for member in stages:
            own = whitelists.get(index_of(member), frozenset())
            if allowed is not None:
                own = allowed | own if entry.union else allowed & own
            allowed = own
            if allowed & {"*", project}:
                whitelisted = True
            elif member.has_project(project):
                private = True
        return stages if private and not whitelisted else members

    return select
