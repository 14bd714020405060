"""Every field of every domain of AQL, with its type and what it may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class FieldInfo:
    """``is_default``: shown when a query includes nothing; ``is_comparable``: may be compared and
    sorted by; ``meaning`` is what it holds, for people.
    """

    type: FieldType
    meaning: str
    is_default: bool = True
    is_comparable: bool = True


#: the domains that have rows; queries of all others are understood and find nothing
DOMAINS_WITH_ROWS = frozenset({Domain.ITEMS, Domain.PROPERTIES, Domain.STATS})


def _text(meaning: str, *, is_default: bool = True, is_comparable: bool = True) -> FieldInfo:
    return FieldInfo(
        type=FieldType.STRING,
        meaning=meaning,
        is_default=is_default,
        is_comparable=is_comparable,
    )


def _number(meaning: str, *, is_default: bool = True) -> FieldInfo:
    return FieldInfo(type=FieldType.NUMBER, meaning=meaning, is_default=is_default)


def _date(meaning: str) -> FieldInfo:
    return FieldInfo(type=FieldType.DATE, meaning=meaning)


_ITEMS = {
    "repo": _text("key of the repository, of a remote's cache `<key>-cache`"),
    "path": _text("the folder, `.` for the root of the repository"),
    "name": _text("the last part of the path"),
    "type": FieldInfo(type=FieldType.ITEM_TYPE, meaning="`file` or `folder`"),
    "size": _number("in bytes, of a folder 0"),
    "depth": _number("how many parts the whole path has"),
    "created": _date("when it was deployed first"),
    "created_by": _text("who deployed it first"),
    "modified": _date("when it or its properties changed last"),
    "modified_by": _text("who changed it last"),
    "updated": _date("when it or its properties changed last"),
    "actual_md5": _text("of the content", is_default=False),
    "actual_sha1": _text("of the content", is_default=False),
    "sha256": _text("of the content", is_default=False),
    "original_md5": _text("that the client stated", is_default=False),
    "original_sha1": _text("that the client stated", is_default=False),
    "virtual_repos": _text(
        "keys of the virtual repositories that show it; may be included only",
        is_default=False,
        is_comparable=False,
    ),
}

_PROPERTIES = {
    "key": _text("name of the property"),
    "value": _text("one of its values"),
}

_STATS = {
    "downloads": _number("how often it was downloaded"),
    "downloaded": _date("when it was downloaded last"),
    "downloaded_by": _text("who downloaded it last"),
    "remote_downloads": _number("downloads through other servers that mirror this one"),
    "remote_downloaded": _date("when the last of them was"),
    "remote_downloaded_by": _text("who made the last of them"),
    "remote_origin": _text("the server that it came through"),
    "remote_path": _text("its path there"),
}

_ITEM_INFOS = {
    "props_modified": _date("when its properties changed last"),
    "props_modified_by": _text("who changed them last"),
    "props_md5": _text("of its properties"),
}

_BUILDS = {
    "url": _text("where the build ran"),
    "name": _text("name of the build"),
    "number": _text("number of the build, a text"),
    "started": _date("when it began"),
    "created": _date("when it was published"),
    "created_by": _text("who published it"),
    "modified": _date("when it changed last"),
    "modified_by": _text("who changed it last"),
    "repo": _text("repository of the build's record", is_default=False),
}

_BUILD_PROMOTIONS = {
    "created": _date("when it was promoted"),
    "created_by": _text("who promoted it"),
    "status": _text("status that it was promoted to"),
    "repo": _text("repository that it was promoted to"),
    "comment": _text("comment of the promotion"),
    "user": _text("user named by the promotion"),
}

_MODULES = {"name": _text("name of the module")}

_ARTIFACTS = {
    "name": _text("name of the artifact that was built"),
    "type": _text("its type"),
    "sha1": _text("of its content"),
    "md5": _text("of its content"),
}

_DEPENDENCIES = {
    "name": _text("name of what the build used"),
    "scope": _text("its scope"),
    "type": _text("its type"),
    "sha1": _text("of its content"),
    "md5": _text("of its content"),
}

_RELEASES = {
    "name": _text("name of the release bundle"),
    "version": _text("its version"),
    "status": _text("its status"),
    "created": _date("when it was made"),
    "signature": _text("its signature"),
    "type": _text("`SOURCE` or `TARGET`"),
    "storing_repo": _text("repository that stores it"),
}

_RELEASE_ARTIFACTS = {"path": _text("repository and path of a file of the release bundle")}

FIELDS: Mapping[Domain, Mapping[str, FieldInfo]] = MappingProxyType(
    {
        Domain.ITEMS: MappingProxyType(_ITEMS),
        Domain.PROPERTIES: MappingProxyType(_PROPERTIES),
        Domain.STATS: MappingProxyType(_STATS),
        Domain.ITEM_INFOS: MappingProxyType(_ITEM_INFOS),
        Domain.BUILDS: MappingProxyType(_BUILDS),
        Domain.BUILD_PROPERTIES: MappingProxyType(_PROPERTIES),
        Domain.BUILD_PROMOTIONS: MappingProxyType(_BUILD_PROMOTIONS),
        Domain.MODULES: MappingProxyType(_MODULES),
        Domain.MODULE_PROPERTIES: MappingProxyType(_PROPERTIES),
        Domain.ARTIFACTS: MappingProxyType(_ARTIFACTS),
        Domain.DEPENDENCIES: MappingProxyType(_DEPENDENCIES),
        Domain.RELEASES: MappingProxyType(_RELEASES),
        Domain.RELEASE_ARTIFACTS: MappingProxyType(_RELEASE_ARTIFACTS),
    }
)

_UNKNOWN = _text("a field of a domain without rows", is_default=False)


def info(field: Field) -> FieldInfo:
    """What is known of a field of a parsed query.

    Fields of domains without rows may be any path (``Field(Domain.ARTIFACTS,
    "module.build.name")``); what is not in the table counts as a text.
    """
    return FIELDS[field.domain].get(field.name, _UNKNOWN)
