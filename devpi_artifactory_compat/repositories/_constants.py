"""What Artifactory also answers although it means nothing to a repository of our package types."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories._json import JSON
from types import MappingProxyType


_SUPPORT_FLAGS: Mapping[str, JSON] = {
    f"enable{name}Support": name == "Pypi"
    for name in (
        "Bower",
        "Chef",
        "CocoaPods",
        "Composer",
        "Conan",
        "Debian",
        "DistRepo",
        "Docker",
        "Gems",
        "GitLfs",
        "Npm",
        "NuGet",
        "Puppet",
        "Pypi",
        "Vagrant",
    )
}

_COMMON_CONSTANTS: Mapping[str, JSON] = {
    **_SUPPORT_FLAGS,
    "blockPushingSchema1": True,
    "cargoAnonymousAccess": False,
    "ddebSupported": False,
    "debianTrivialLayout": False,
    "dockerApiVersion": "V2",
    "forceNugetAuthentication": False,
    "signedUrlTtl": 90,
}

#: by class, what Artifactory also answers although it means nothing to a PyPI repository; a
#: client that sends such a field gets back what it sent
CONSTANTS: Mapping[RepositoryClass, Mapping[str, JSON]] = MappingProxyType(
    {
        RepositoryClass.LOCAL: MappingProxyType(
            {
                **_COMMON_CONSTANTS,
                "calculateYumMetadata": False,
                "checksumPolicyType": "client-checksums",
                "dockerTagRetention": 1,
                "enableComposerV1Indexing": False,
                "enableFileListsIndexing": False,
                "handleReleases": True,
                "handleSnapshots": True,
                "maxUniqueSnapshots": 0,
                "maxUniqueTags": 0,
                "snapshotVersionBehavior": "unique",
                "suppressPomConsistencyChecks": True,
                "xrayDataTtl": 90,
                "yumRootDepth": 0,
            }
        ),
        RepositoryClass.REMOTE: MappingProxyType(
            {
                **_COMMON_CONSTANTS,
                "enableTokenAuthentication": False,
                "externalDependenciesEnabled": False,
                "fetchJarsEagerly": False,
                "fetchSourcesEagerly": False,
                "forceConanAuthentication": False,
                "handleReleases": True,
                "handleSnapshots": True,
                "maxUniqueSnapshots": 0,
                "maxUniqueTags": 0,
                "rejectInvalidJars": False,
                "remoteRepoChecksumPolicyType": "generate-if-absent",
                "suppressPomConsistencyChecks": False,
                "xrayDataTtl": 90,
            }
        ),
        RepositoryClass.VIRTUAL: MappingProxyType(
            {
                **_COMMON_CONSTANTS,
                "externalDependenciesEnabled": False,
                "forceMavenAuthentication": False,
                "keyPair": "",
                "pomRepositoryReferencesCleanupPolicy": "discard_active_reference",
                "priorityResolution": False,
                "virtualRetrievalCachePeriodSecs": 600,
            }
        ),
    }
)


def constants_of(rclass: RepositoryClass, package_type: PackageType) -> Mapping[str, JSON]:
    """Those of a class; a repository supports its own package type."""
    supports_pypi = package_type is PackageType.PYPI
    return {**CONSTANTS[rclass], "enablePypiSupport": supports_pypi}
