"""What the rows of a query show."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Included
from devpi_artifactory_compat.search.aql.query import IncludedProperty
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import WholeDomain


#: compared as the beginning of time, and no time to show
_NEVER = Field(Domain.STATS, "remote_downloaded")

#: what is kept of a property when it is included whole
_WHOLE = ("key", "value")


@dataclass(frozen=True)
class PropertyList:
    """The properties of an item: which parts, and of which keys (None for all)."""

    members: tuple[str, ...]
    keys: frozenset[str] | None


@dataclass(frozen=True)
class Shown:
    """Fields in the order in which they are shown.

    ``own`` are those of the query's domain; ``item`` are those of the item that a property or
    statistics belong to, ``stats`` and ``properties`` what belongs to an item.
    """

    own: tuple[Field, ...]
    item: tuple[Field, ...] = ()
    stats: tuple[Field, ...] = ()
    properties: PropertyList | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Those that are one value each."""
        return (*self.own, *self.item, *self.stats)


def shown(query: Query) -> Shown:
    """What names nothing of the query's domain comes beside its default fields."""
    domain = query.domain
    own = _of(domain, query.include) or _defaults(domain)
    return Shown(
        own=own,
        item=() if domain is Domain.ITEMS else _of(Domain.ITEMS, query.include),
        stats=() if domain is Domain.STATS else _of(Domain.STATS, query.include),
        properties=None if domain is Domain.PROPERTIES else _property_list(query.include),
    )


def _defaults(domain: Domain) -> tuple[Field, ...]:
    return _select(domain, lambda name: FIELDS[domain][name].is_default)


def _of(domain: Domain, include: Iterable[Included]) -> tuple[Field, ...]:
    included = set(include)
    whole = WholeDomain(domain) in included
    return _select(domain, lambda name: whole or Field(domain, name) in included)


def _select(domain: Domain, wanted: Callable[[str], bool]) -> tuple[Field, ...]:
    found = (Field(domain, name) for name in FIELDS[domain] if wanted(name))
    return tuple(each for each in found if each != _NEVER)


def _property_list(include: Iterable[Included]) -> PropertyList | None:
    whole = any(each == WholeDomain(Domain.PROPERTIES) for each in include)
    members = tuple(each.name for each in _of(Domain.PROPERTIES, include))
    keys = {each.key for each in include if isinstance(each, IncludedProperty)}
    if not members and not keys:
        return None
    is_all = whole or not keys or "*" in keys
    return PropertyList(_WHOLE if keys else members, None if is_all else frozenset(keys))
