from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.fields import CONSTANTS
from devpi_artifactory_compat.repositories.fields import FIELDS
from devpi_artifactory_compat.repositories.fields import Field
from devpi_artifactory_compat.repositories.fields import FieldType
from devpi_artifactory_compat.repositories.fields import fields_of
from devpi_artifactory_compat.repositories.fields import option_name
import pytest


ACTING = """
    url pyPIRegistryUrl pyPIRepositorySuffix username password proxy socketTimeoutMillis
    disableProxy retrievalCachePeriodSecs missedRetrievalCachePeriodSecs assumedOfflinePeriodSecs
    metadataRetrievalTimeoutSecs hardFail offline blackedOut storeArtifactsLocally
    unusedArtifactsCleanupPeriodHours includesPattern excludesPattern propagateQueryParams
    queryParams priorityResolution allowAnyHostAuth bypassHeadRequests defaultDeploymentRepo
    repositories artifactoryRequestsCanRetrieveRemoteArtifacts description
    quietPeriod enforceLayout enforceNamingNormalization
"""


def test_the_fields_that_act_are_these() -> None:
    assert {field.name for field in FIELDS.values() if field.acts} == set(ACTING.split())


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("includesPattern", "**/*"),
        ("repoLayoutRef", "simple-default"),
        ("storeArtifactsLocally", True),
        ("socketTimeoutMillis", 15000),
        ("retrievalCachePeriodSecs", 7200),
        ("missedRetrievalCachePeriodSecs", 1800),
        ("metadataRetrievalTimeoutSecs", 60),
        ("unusedArtifactsCleanupPeriodHours", 0),
        ("assumedOfflinePeriodSecs", 300),
        ("blockMismatchingMimeTypes", True),
        ("listRemoteFolderItems", False),
        ("shareConfiguration", False),
        ("pyPIRepositorySuffix", "simple"),
        ("artifactoryRequestsCanRetrieveRemoteArtifacts", False),
        ("propertySets", ()),
        ("clientTlsCertificate", None),
    ],
)
def test_defaults_are_those_of_the_terraform_provider(name: str, default: object) -> None:
    assert FIELDS[name].default == default


#: what Artifactory does not know is not answered until it was sent
OURS = {"quietPeriod", "enforceLayout", "enforceNamingNormalization"}

TYPES = {
    FieldType.BOOL: bool,
    FieldType.INT: int,
    FieldType.STR: str | None,
    FieldType.LIST: tuple,
}


@pytest.mark.parametrize("rclass", RepositoryClass)
def test_every_default_is_of_its_fields_type(rclass: RepositoryClass) -> None:
    for field in fields_of(rclass).values():
        if field.type is not FieldType.OBJECT:
            wanted = TYPES[field.type] | None if field.name in OURS else TYPES[field.type]
            assert isinstance(field.default, wanted), field.name
        if field.type is FieldType.INT:
            assert not isinstance(field.default, bool), field.name


def test_content_synchronisation_is_all_off_by_default() -> None:
    assert FIELDS["contentSynchronisation"].default == {
        "enabled": False,
        "statistics": {"enabled": False},
        "properties": {"enabled": False},
        "source": {"originAbsenceDetection": False},
    }


def test_each_class_has_only_its_fields() -> None:
    local = fields_of(RepositoryClass.LOCAL)
    remote = fields_of(RepositoryClass.REMOTE)
    virtual = fields_of(RepositoryClass.VIRTUAL)
    assert {"url", "password", "hardFail"} <= set(remote)
    assert not {"url", "password", "hardFail", "repositories"} & set(local)
    assert {"repositories", "defaultDeploymentRepo"} <= set(virtual)
    assert not {"url", "blackedOut", "propertySets", "snapshotVersionBehavior"} & set(virtual)


@pytest.mark.parametrize("rclass", RepositoryClass)
def test_a_pypi_repository_supports_pypi_and_nothing_else(rclass: RepositoryClass) -> None:
    flags = {k: v for k, v in CONSTANTS[rclass].items() if k.startswith("enable") and "Sup" in k}
    assert len(flags) == 15
    assert [name for name, value in flags.items() if value] == ["enablePypiSupport"]


@pytest.mark.parametrize("rclass", RepositoryClass)
def test_a_constant_is_no_field_of_the_same_class(rclass: RepositoryClass) -> None:
    documented = {field.name for field in FIELDS.values() if rclass in field.classes}
    assert not documented & set(CONSTANTS[rclass])


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("url", "artifactory_url"),
        ("hardFail", "artifactory_hard_fail"),
        ("pyPIRegistryUrl", "artifactory_pypi_registry_url"),
        ("pyPIRepositorySuffix", "artifactory_pypi_repository_suffix"),
        ("retrievalCachePeriodSecs", "artifactory_retrieval_cache_period_secs"),
        ("defaultDeploymentRepo", "artifactory_default_deployment_repo"),
    ],
)
def test_option_name_is_the_fields_name_in_snake_case(name: str, option: str) -> None:
    assert option_name(FIELDS[name]) == option
    assert option_name(name) == option


def test_a_field_says_what_it_must_be() -> None:
    assert Field("x", FieldType.INT, 0, acts=False, classes=frozenset()).type == (
        "an integer between 0 and 2147483647"
    )
