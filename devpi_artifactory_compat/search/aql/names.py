"""What the names in a query stand for: fields, properties, and paths to other domains.

::

    name     = field | link "." name | [link "."] "@" property key
    included = name | link | [link "."] "*"
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Included
from devpi_artifactory_compat.search.aql.query import IncludedProperty
from devpi_artifactory_compat.search.aql.query import WholeDomain
from difflib import get_close_matches
from types import MappingProxyType
import re


class UnknownName(Exception):
    """``str()`` says what is wrong with it and what there is."""


@dataclass(frozen=True)
class PropertyKey:
    """``@key``; ``of_item`` is false where the rows are properties themselves."""

    key: str
    of_item: bool = True


#: domains that a path leads to from items
LINKS: Mapping[str, Domain] = MappingProxyType(
    {
        "property": Domain.PROPERTIES,
        "stat": Domain.STATS,
        "info": Domain.ITEM_INFOS,
        "artifact": Domain.ARTIFACTS,
        "dependency": Domain.DEPENDENCIES,
        "module": Domain.MODULES,
        "build": Domain.BUILDS,
        "release": Domain.RELEASES,
        "release_artifact": Domain.RELEASE_ARTIFACTS,
        "item": Domain.ITEMS,
    }
)

#: how the links are written as well
_PLURALS = {
    "properties": "property",
    "stats": "stat",
    "infos": "info",
    "artifacts": "artifact",
    "dependencies": "dependency",
    "modules": "module",
    "builds": "build",
    "releases": "release",
    "release_artifacts": "release_artifact",
    "items": "item",
}

_STEP = r"[A-Za-z_][A-Za-z0-9_]*"
_PATH = re.compile(rf"(?:{_STEP}\.)*(?:{_STEP}|\*|@.+)", re.DOTALL)

_ARCHIVES = ("archive", "archives", "entry", "entries")
_NO_ARCHIVES = "the archive domain was removed from AQL: entries of archives cannot be searched"


def closest(word: str, known: Iterable[str], others: Iterable[str] = ()) -> str:
    """The end of a sentence about a word that is unknown: the nearest one, and all ``known``.

    ``others`` may be what was meant and are not listed.
    """
    names = list(known)
    near = get_close_matches(word[:100].lower(), [*names, *others], n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return f"{guess}there are {', '.join(names)}"


def resolve(domain: Domain, name: str) -> Field | PropertyKey:
    """What ``name`` stands for in a criterion of a query for ``domain``."""
    steps, key = _split(name)
    if domain not in DOMAINS_WITH_ROWS:
        return PropertyKey(key) if key and not steps else _anything(domain, name)
    links = steps if key else steps[:-1]
    here, rest = _walk(domain, links)
    if here not in DOMAINS_WITH_ROWS:
        return _anything(here, _join(rest, steps, key))
    if not key:
        return Field(here, _known(here, steps[-1], is_bare=not links))
    if here is Domain.PROPERTIES and domain is not Domain.PROPERTIES:
        raise UnknownName("a property has a key and a value; write @key without property before it")
    return PropertyKey(key, of_item=here is not Domain.PROPERTIES)


def resolve_included(domain: Domain, name: str) -> Included:
    """What ``name`` stands for in the include of a query for ``domain``."""
    whole = name.removesuffix(".*") if name.endswith(".*") else name
    if name == "*":
        return WholeDomain(domain)
    if whole != name or (name not in FIELDS[domain] and "@" not in name):
        linked = _domain_at(domain, whole)
        if linked:
            return WholeDomain(linked)
    target = resolve(domain, name)
    if isinstance(target, Field):
        return target
    if domain is Domain.PROPERTIES:
        raise UnknownName("the rows are properties themselves: include key, value and item fields")
    return IncludedProperty(target.key)


def _split(name: str) -> tuple[list[str], str]:
    """The steps of a path and the key of a property at its end, which may hold dots."""
    if name.startswith("@"):
        before, key = "", name[1:]
    else:
        before, at, key = name.partition(".@")
        if not at:
            return name.split("."), ""
    if not key:
        raise UnknownName("after @ stands the key of a property, or * for any")
    return before.split(".") if before else [], key


def _walk(domain: Domain, links: list[str]) -> tuple[Domain, list[str]]:
    """Where the links lead: the first domain without rows, with the links that are left there."""
    here = domain
    for number, link in enumerate(links):
        target = _linked(here, link)
        if target is domain and number:
            raise UnknownName(
                f"the path goes back to {domain.value}, where it began; it may be left out"
            )
        here = target
        if here not in DOMAINS_WITH_ROWS:
            return here, links[number + 1 :]
    return here, []


def _linked(here: Domain, link: str) -> Domain:
    if link in _ARCHIVES:
        raise UnknownName(_NO_ARCHIVES)
    target = LINKS.get(_PLURALS.get(link, link))
    reachable = LINKS if here is Domain.ITEMS else {"item": Domain.ITEMS}
    if target and (target is here or target in reachable.values()):
        return target
    raise UnknownName(
        f"nothing called {link[:100]!r} belongs to {here.value}; {closest(link, reachable)}"
    )


def _domain_at(domain: Domain, path: str) -> Domain | None:
    """The domain that a whole path of links leads to, None for a path that is none."""
    if domain not in DOMAINS_WITH_ROWS:
        return None
    links = path.split(".")
    if LINKS.get(_PLURALS.get(links[-1], links[-1])) is None:
        return None
    here, rest = _walk(domain, links)
    return None if rest else here


def path_to(domain: Domain, target: Domain) -> str:
    """What stands before a field of ``target`` in a query for ``domain``: "" or "item.stat."."""
    if target is domain:
        return ""
    link = next(link for link, linked in LINKS.items() if linked is target)
    via_item = domain is not Domain.ITEMS and target is not Domain.ITEMS
    return f"item.{link}." if via_item else f"{link}."


def _join(rest: list[str], steps: list[str], key: str) -> str:
    return ".".join([*rest, f"@{key}" if key else steps[-1]])


def _known(domain: Domain, name: str, *, is_bare: bool) -> str:
    if name in FIELDS[domain]:
        return name
    if domain is Domain.ITEMS and name in _ARCHIVES:
        raise UnknownName(_NO_ARCHIVES)
    guess = closest(name, FIELDS[domain], _elsewhere(domain) if is_bare else ())
    raise UnknownName(f"{domain.value} have no such field; {guess}")


def _elsewhere(domain: Domain) -> list[str]:
    """The fields of all other domains with rows, by the paths to them."""
    others = [each for each in Domain if each in DOMAINS_WITH_ROWS and each is not domain]
    return [path_to(domain, other) + name for other in others for name in FIELDS[other]]


def _anything(domain: Domain, name: str) -> Field:
    if not _PATH.fullmatch(name):
        raise UnknownName(f"this is no field of {domain.value}; {closest(name, FIELDS[domain])}")
    return Field(domain, name)
