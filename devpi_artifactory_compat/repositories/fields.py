"""Every documented configuration field of a repository: its type, default, classes, package types.

A default is what a repository answers for a field that nobody has sent. Sources disagree about
some of them; then the default of JFrog's Terraform provider counts. The provider sends all its
values and compares what it reads with them, so it sees a default of ours only for a repository
that somebody else has made and that is imported afterwards: there any other default would show
as a change to make. No other client compares a value that it has not sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories._constants import CONSTANTS
from devpi_artifactory_compat.repositories._constants import constants_of
from devpi_artifactory_compat.repositories._json import JSON
from devpi_artifactory_compat.repositories._json import freeze
from enum import StrEnum
from itertools import product
from types import MappingProxyType
import re


__all__ = [
    "CONSTANTS",
    "FIELDS",
    "JSON",
    "Field",
    "FieldType",
    "fields_of",
    "option_name",
]

LARGEST_INT = 2**31 - 1
MAX_TEXT = 10_000
MAX_LONG_TEXT = 100_000
MAX_URL = 2_048

OPTION_PREFIX = "artifactory_"


ANY_TYPE = frozenset(PackageType)
PYPI = frozenset({PackageType.PYPI})
GENERIC = frozenset({PackageType.GENERIC})


class FieldType(StrEnum):
    """What a field holds; the value completes the sentence "must be ..."."""

    BOOL = "a boolean"
    INT = f"an integer between 0 and {LARGEST_INT}"
    STR = "a string"
    LIST = "a list of strings"
    OBJECT = "an object"


@dataclass(frozen=True)
class Field:
    """One configuration field.

    ``default`` is None for a field that is not answered until it was sent; the default of an
    object is its whole shape. ``acts`` tells the fields that change what the server does from
    those that are only kept. ``limit`` is the largest length of a string; only ``multiline``
    strings may have line breaks. A field that is not ``kept`` is checked and then forgotten.
    Repositories of other than its ``package_types`` do not have it.
    """

    name: str
    type: FieldType
    default: JSON
    acts: bool
    classes: frozenset[RepositoryClass]
    limit: int = MAX_TEXT
    multiline: bool = False
    kept: bool = True
    package_types: frozenset[PackageType] = ANY_TYPE


ALL = frozenset(RepositoryClass)
LOCAL = frozenset({RepositoryClass.LOCAL})
REMOTE = frozenset({RepositoryClass.REMOTE})
VIRTUAL = frozenset({RepositoryClass.VIRTUAL})


def _flag(
    name: str,
    classes: frozenset[RepositoryClass],
    *,
    default: bool = False,
    acts: bool = False,
    kept: bool = True,
    package_types: frozenset[PackageType] = ANY_TYPE,
) -> Field:
    return Field(
        name, FieldType.BOOL, default, acts, classes, kept=kept, package_types=package_types
    )


def _number(name: str, default: int, *, acts: bool = False) -> Field:
    return Field(name, FieldType.INT, default, acts, REMOTE)


def _text(
    name: str,
    classes: frozenset[RepositoryClass],
    default: str | None = "",
    *,
    acts: bool = False,
    limit: int = MAX_TEXT,
    multiline: bool = False,
    package_types: frozenset[PackageType] = ANY_TYPE,
) -> Field:
    return Field(
        name,
        FieldType.STR,
        default,
        acts,
        classes,
        limit,
        multiline,
        package_types=package_types,
    )


def _names(name: str, classes: frozenset[RepositoryClass], *, acts: bool = False) -> Field:
    return Field(name, FieldType.LIST, (), acts, classes)


def _ours(name: str, kind: FieldType) -> Field:
    return Field(name, kind, None, acts=True, classes=LOCAL, package_types=PYPI)


def _by_name(fields: Iterable[Field]) -> Mapping[str, Field]:
    return MappingProxyType({field.name: field for field in fields})


CONTENT_SYNCHRONISATION = freeze(
    {
        "enabled": False,
        "statistics": {"enabled": False},
        "properties": {"enabled": False},
        "source": {"originAbsenceDetection": False},
    }
)

#: every documented field by its name, in the order in which fields are answered
FIELDS: Mapping[str, Field] = _by_name(
    [
        _text("projectKey", ALL),
        _names("environments", ALL),
        _text("description", ALL, acts=True, limit=MAX_LONG_TEXT, multiline=True),
        _text("notes", ALL, limit=MAX_LONG_TEXT, multiline=True),
        _text("includesPattern", ALL, "**/*", acts=True),
        _text("excludesPattern", ALL, acts=True),
        # Artifactory's API says maven-2-default when nothing was sent; its UI and the provider
        # say simple-default, the only layout of PyPI repositories
        _text("repoLayoutRef", ALL, "simple-default"),
        _names("repositories", VIRTUAL, acts=True),
        _text("defaultDeploymentRepo", VIRTUAL, acts=True),
        _flag("artifactoryRequestsCanRetrieveRemoteArtifacts", VIRTUAL, acts=True),
        _text("url", REMOTE, acts=True, limit=MAX_URL),
        # an empty registry URL stands for the server's default registry
        _text("pyPIRegistryUrl", REMOTE, acts=True, limit=MAX_URL, package_types=PYPI),
        _text(
            "pyPIRepositorySuffix", REMOTE, "simple", acts=True, limit=MAX_URL, package_types=PYPI
        ),
        _text("username", REMOTE, acts=True),
        _text("password", REMOTE, acts=True),
        _text("proxy", REMOTE, acts=True),
        _flag("disableProxy", REMOTE, acts=True),
        _text("remoteRepoLayoutRef", REMOTE),
        _text("queryParams", REMOTE, acts=True),
        _flag("propagateQueryParams", REMOTE, acts=True),
        # ours: what Artifactory has as properties of the whole system, or fixed
        _ours("quietPeriod", FieldType.INT),
        _ours("enforceLayout", FieldType.BOOL),
        _ours("enforceNamingNormalization", FieldType.BOOL),
        _flag("blackedOut", LOCAL | REMOTE, acts=True),
        _flag("priorityResolution", LOCAL | REMOTE, acts=True),
        _flag("hardFail", REMOTE, acts=True),
        _flag("offline", REMOTE, acts=True),
        _flag("storeArtifactsLocally", REMOTE, default=True, acts=True),
        _number("socketTimeoutMillis", 15_000, acts=True),
        _text("localAddress", REMOTE),
        _number("retrievalCachePeriodSecs", 7_200, acts=True),
        _number("missedRetrievalCachePeriodSecs", 1_800, acts=True),
        _number("metadataRetrievalTimeoutSecs", 60, acts=True),
        _number("assumedOfflinePeriodSecs", 300, acts=True),
        _number("unusedArtifactsCleanupPeriodHours", 0, acts=True),
        _flag("allowAnyHostAuth", REMOTE, acts=True),
        _flag("enableCookieManagement", REMOTE),
        _flag("bypassHeadRequests", REMOTE, acts=True),
        # not answered until it was sent: the provider takes an empty string for a certificate
        # that nobody asked for, and Artifactory leaves it out as well
        _text("clientTlsCertificate", REMOTE, None),
        _flag("shareConfiguration", REMOTE),
        _flag("synchronizeProperties", REMOTE),
        Field(
            name="contentSynchronisation",
            type=FieldType.OBJECT,
            default=CONTENT_SYNCHRONISATION,
            acts=False,
            classes=REMOTE,
        ),
        # true in the provider and in Artifactory's UI, false when its API was sent nothing
        _flag("blockMismatchingMimeTypes", REMOTE, default=True),
        _text("mismatchingMimeTypesOverrideList", REMOTE),
        # false in the provider, true in one dump of an old Artifactory
        _flag("listRemoteFolderItems", REMOTE),
        _flag("disableUrlNormalization", REMOTE),
        _flag("retrieveSha256FromServer", REMOTE, package_types=GENERIC),
        _flag("curated", REMOTE),
        _flag("passThrough", REMOTE),
        _flag("xrayIndex", LOCAL | REMOTE),
        _names("propertySets", LOCAL | REMOTE),
        _flag("archiveBrowsingEnabled", LOCAL | REMOTE),
        # kept as sent, as the provider expects. jfrog-client-go expects false from a server
        # whose licence is not Enterprise Plus; files are never redirected either way
        _flag("downloadRedirect", LOCAL | REMOTE),
        # false whatever was sent, as a self-hosted Artifactory answers and the provider expects
        _flag("cdnRedirect", LOCAL | REMOTE, kept=False),
    ]
)


def _constant(name: str, default: JSON, rclass: RepositoryClass) -> Field:
    types = {bool: FieldType.BOOL, int: FieldType.INT, str: FieldType.STR}
    return Field(name, types[type(default)], default, acts=False, classes=frozenset({rclass}))


def _answered(rclass: RepositoryClass, package_type: PackageType) -> Mapping[str, Field]:
    documented = [
        field
        for field in FIELDS.values()
        if rclass in field.classes and package_type in field.package_types
    ]
    constants = constants_of(rclass, package_type).items()
    return _by_name([*documented, *(_constant(name, value, rclass) for name, value in constants)])


_ANSWERED = MappingProxyType(
    {(c, t): _answered(c, t) for c, t in product(RepositoryClass, PackageType)}
)


def fields_of(
    rclass: RepositoryClass, package_type: PackageType = PackageType.PYPI
) -> Mapping[str, Field]:
    """By name, what a repository takes and answers: its fields, then its constants."""
    return _ANSWERED[rclass, package_type]


def option_name(field: Field | str) -> str:
    """The devpi index option that keeps an acting field, given as itself or by its name."""
    name = field if isinstance(field, str) else field.name
    # the one name whose capitals are no word boundaries
    name = name.replace("pyPI", "pypi")
    return OPTION_PREFIX + re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name)
