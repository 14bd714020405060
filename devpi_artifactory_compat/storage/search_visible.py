"""What one reader may see of the search database, by the catalog of the running transaction."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.catalog import Catalog
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.paths import CACHE_SUFFIX
from devpi_artifactory_compat.search.visible import Visible


def visible_of(catalog: Catalog, may_read: Callable[[str], bool]) -> Visible:
    """``may_read`` is asked with the name of an index.

    A repository that is blacked out is not there, as for every other reader.
    """
    entries = [entry for entry in catalog if _is_there(entry, may_read)]
    readable = {entry.index: entry for entry in entries}
    repositories = {_shown_key(each): each.index for each in entries if _holds_artifacts(each)}
    groups: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if _holds_artifacts(entry) and not entry.bases and _shown_key(entry) == entry.config.key:
            continue
        members = dict.fromkeys(_members(catalog, entry, readable, set()))
        groups[entry.config.key] = tuple(key for key in members if key in repositories)
    virtual = frozenset(each.config.key for each in entries if _is_virtual(each))
    return Visible(repositories=repositories, groups=groups, virtual=virtual)


def _is_there(entry: Entry, may_read: Callable[[str], bool]) -> bool:
    return not entry.config.get_bool("blackedOut") and may_read(entry.index)


def _is_virtual(entry: Entry) -> bool:
    return entry.config.rclass is RepositoryClass.VIRTUAL


def _holds_artifacts(entry: Entry) -> bool:
    return bool(entry.bases) or not _is_virtual(entry)


def _shown_key(entry: Entry) -> str:
    """What the artifacts of an index are shown under."""
    remote = entry.config.rclass is RepositoryClass.REMOTE
    return f"{entry.config.key}{CACHE_SUFFIX}" if remote else entry.config.key


def _members(
    catalog: Catalog, entry: Entry, readable: dict[str, Entry], seen: set[str]
) -> Iterator[str]:
    """The keys that the artifacts behind a repository are shown under, in its order."""
    if entry.index in seen or entry.index not in readable:
        return
    seen.add(entry.index)
    if entry.bases:
        for base in entry.bases:
            if base.index in readable:
                yield _shown_key(readable[base.index])
        return
    if not _is_virtual(entry):
        yield _shown_key(entry)
        return
    for key in entry.config.get_list("repositories"):
        try:
            member = catalog.entry(key)
        except RepositoryNotFound:
            continue
        yield from _members(catalog, member, readable, seen)
