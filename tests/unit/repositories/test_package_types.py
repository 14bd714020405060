"""Repositories of package type generic: their fields, options and members, and clients' bodies."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import check_members
from devpi_artifactory_compat.repositories.config import from_options
from devpi_artifactory_compat.repositories.config import list_entry
from devpi_artifactory_compat.repositories.config import merge_update
from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.repositories.config import parse_option
from devpi_artifactory_compat.repositories.config import registry_page_url
from devpi_artifactory_compat.repositories.config import to_json
from devpi_artifactory_compat.repositories.config import to_options
from devpi_artifactory_compat.repositories.fields import fields_of
from devpi_artifactory_compat.repositories.scopes import takes_scopes
import json
import pytest


REGISTRY = "https://index.example"
UPSTREAM = "https://files.example/pub"

#: jfrog-client-go's own test of a local repository
CLIENT_GO_LOCAL: dict[str, object] = {
    "rclass": "local",
    "key": "go-generic",
    "packageType": "generic",
    "description": "Generic Repo for jfrog-client-go local-repository-test",
    "notes": "Repo has been created",
    "includesPattern": "*",
    "excludesPattern": "NoExcludes",
    "repoLayoutRef": "simple-default",
    "projectKey": "",
    "environments": [],
    "blackedOut": False,
    "xrayIndex": True,
    "propertySets": ["artifactory"],
    "downloadRedirect": True,
    "priorityResolution": True,
    "archiveBrowsingEnabled": True,
}

#: JFrog's Terraform provider
TERRAFORM_REMOTE: dict[str, object] = {
    "key": "tf-generic",
    "rclass": "remote",
    "packageType": "generic",
    "description": "files",
    "notes": "",
    "includesPattern": "**/*",
    "excludesPattern": "",
    "repoLayoutRef": "simple-default",
    "url": UPSTREAM,
    "username": "",
    "proxy": "",
    "disableProxy": False,
    "hardFail": False,
    "offline": False,
    "storeArtifactsLocally": True,
    "socketTimeoutMillis": 15000,
    "retrievalCachePeriodSecs": 7200,
    "missedRetrievalCachePeriodSecs": 1800,
    "metadataRetrievalTimeoutSecs": 60,
    "assumedOfflinePeriodSecs": 300,
    "blockMismatchingMimeTypes": True,
    "allowAnyHostAuth": False,
    "bypassHeadRequests": True,
    "queryParams": "a=b",
    "listRemoteFolderItems": True,
    "propagateQueryParams": True,
    "retrieveSha256FromServer": True,
}

#: dohq-artifactory, which sends the fields of every package type
DOHQ_LOCAL: dict[str, object] = {
    "rclass": "local",
    "key": "dohq-generic",
    "description": "",
    "packageType": "generic",
    "notes": "",
    "includesPattern": "**/*",
    "excludesPattern": "",
    "repoLayoutRef": "maven-2-default",
    "dockerApiVersion": "V1",
    "checksumPolicyType": "client-checksums",
    "handleReleases": True,
    "handleSnapshots": True,
    "maxUniqueSnapshots": 0,
    "snapshotVersionBehavior": "unique",
    "suppressPomConsistencyChecks": True,
    "blackedOut": False,
    "propertySets": [],
    "archiveBrowsingEnabled": False,
    "yumRootDepth": 0,
    "debianTrivialLayout": False,
    "maxUniqueTags": 0,
    "xrayIndex": False,
    "calculateYumMetadata": False,
    "enableFileListsIndexing": False,
    "downloadRedirect": False,
}

#: pyartifactory, whose null stands for nothing
PYARTIFACTORY_REMOTE: dict[str, object] = {
    "key": "py-generic",
    "projectKey": None,
    "rclass": "remote",
    "packageType": "generic",
    "description": None,
    "includesPattern": "**/*",
    "repoLayoutRef": "maven-2-default",
    "url": UPSTREAM,
    "username": None,
    "password": None,
    "remoteRepoChecksumPolicyType": "generate-if-absent",
    "retrievalCachePeriodSecs": 43200,
    "fetchJarsEagerly": False,
    "propertySets": None,
    "pyPIRegistryUrl": None,
}

VIRTUAL: dict[str, object] = {
    "key": "v",
    "rclass": "virtual",
    "packageType": "generic",
    "description": "",
    "includesPattern": "**/*",
    "excludesPattern": "",
    "repoLayoutRef": "simple-default",
    "repositories": ["go-generic", "tf-generic"],
    "defaultDeploymentRepo": "go-generic",
    "artifactoryRequestsCanRetrieveRemoteArtifacts": False,
}

BODIES = [CLIENT_GO_LOCAL, TERRAFORM_REMOTE, DOHQ_LOCAL, PYARTIFACTORY_REMOTE, VIRTUAL]


def create(body: Mapping[str, object]) -> RepositoryConfig:
    return parse_new(str(body.get("key", "r")), body, default_registry=REGISTRY)


def read(config: RepositoryConfig) -> dict[str, object]:
    return to_json(config, default_registry=REGISTRY)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body["key"]))
def test_clients_read_what_they_sent(body: dict[str, object]) -> None:
    answer = read(create(body))

    assert {name: answer.get(name) for name, value in body.items() if value is not None} == {
        name: value for name, value in body.items() if value is not None
    }
    assert answer["packageType"] == "generic"
    assert answer["enablePypiSupport"] is False
    assert not [name for name in answer if name.startswith(("pyPI", "password"))]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body["key"]))
def test_options_of_an_index_keep_the_whole_configuration(body: dict[str, object]) -> None:
    config = create(body)
    options = json.loads(json.dumps(to_options(config)))
    members = config.get_list("repositories") if "repositories" in config.values else None

    assert options["artifactory_package_type"] == "generic"
    kept = from_options(options, key=config.key, rclass=config.rclass, repositories=members)
    assert kept == config


@pytest.mark.parametrize("spelling", ["generic", "Generic", "GENERIC"])
def test_package_type_is_read_in_any_case(spelling: str) -> None:
    config = create({"rclass": "local", "packageType": spelling})

    assert config.package_type is PackageType.GENERIC
    assert parse_option("artifactory_package_type", spelling) == "generic"


def test_index_that_says_nothing_is_of_pypi() -> None:
    config = from_options({}, key=RepositoryKey("r"), rclass=RepositoryClass.LOCAL)

    assert config.package_type is PackageType.PYPI
    assert "artifactory_package_type" not in to_options(config)


@pytest.mark.parametrize(
    ("value", "fault"),
    [("npm", "Package type 'npm' is not supported"), (1, "must be a string"), ("", "supported")],
)
def test_other_package_type_of_an_index_is_refused(value: object, fault: str) -> None:
    with pytest.raises(InvalidConfiguration, match=fault):
        parse_option("artifactory_package_type", value)
    with pytest.raises(InvalidConfiguration, match=fault):
        from_options(
            {"artifactory_package_type": value},
            key=RepositoryKey("r"),
            rclass=RepositoryClass.LOCAL,
        )


def test_list_spells_the_package_type_with_a_capital() -> None:
    entry = list_entry(create(TERRAFORM_REMOTE), base_url="https://us.example/artifactory")

    assert (entry["packageType"], entry["url"]) == ("Generic", UPSTREAM)


def test_package_type_cannot_change() -> None:
    for old, new in (("generic", "pypi"), ("pypi", "generic")):
        config = create({"rclass": "local", "packageType": old})
        with pytest.raises(InvalidConfiguration) as caught:
            merge_update(config, {"packageType": new}, default_registry=REGISTRY)
        assert caught.value.faults == (
            f"Field 'packageType' must be '{old}': the package type of a repository cannot change.",
        )


def test_update_keeps_the_package_type() -> None:
    config = merge_update(create(TERRAFORM_REMOTE), {"notes": "n"}, default_registry=REGISTRY)

    assert config.package_type is PackageType.GENERIC
    assert read(config)["notes"] == "n"


def test_fields_of_the_other_package_type_are_ignored() -> None:
    body = {**TERRAFORM_REMOTE, "pyPIRegistryUrl": 5, "pyPIRepositorySuffix": "x"}
    assert create(body).values == create(TERRAFORM_REMOTE).values
    pypi = create({"rclass": "remote", "url": UPSTREAM, "retrieveSha256FromServer": 5})
    assert "retrieveSha256FromServer" not in pypi.values
    local = fields_of(RepositoryClass.LOCAL, PackageType.GENERIC)
    assert not {"quietPeriod", "enforceLayout", "enforceNamingNormalization"} & set(local)


def test_remote_needs_a_url() -> None:
    with pytest.raises(InvalidConfiguration, match="'url' is required"):
        create({"rclass": "remote", "packageType": "generic"})


def test_reader_of_a_remote_sees_where_it_leads() -> None:
    shown = to_json(create(TERRAFORM_REMOTE), default_registry=REGISTRY, complete=False)

    assert shown == {
        "key": "tf-generic",
        "rclass": "remote",
        "packageType": "generic",
        "description": "files",
        "url": UPSTREAM,
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (UPSTREAM, f"{UPSTREAM}/"),
        (f"{UPSTREAM}/", f"{UPSTREAM}/"),
        ("https://files.example?a=b", "https://files.example/?a=b"),
    ],
)
def test_upstream_of_a_remote_is_its_url(url: str, expected: str) -> None:
    config = create({**TERRAFORM_REMOTE, "url": url})

    assert registry_page_url(config, default_registry=REGISTRY) == expected
    assert not takes_scopes(config)


def repository(
    key: str, rclass: RepositoryClass, package_type: PackageType, **values: object
) -> RepositoryConfig:
    return RepositoryConfig(RepositoryKey(key), rclass, values, package_type)  # type: ignore[arg-type]


def test_members_are_of_the_virtuals_own_package_type() -> None:
    virtual, local = RepositoryClass.VIRTUAL, RepositoryClass.LOCAL
    generic, pypi = PackageType.GENERIC, PackageType.PYPI
    known = {
        config.key: config
        for config in (repository("g", local, generic), repository("p", local, pypi))
    }
    members = {"repositories": ("g", "p"), "defaultDeploymentRepo": "p"}

    with pytest.raises(InvalidConfiguration) as caught:
        check_members(repository("v", virtual, generic, **members), known=known)
    assert caught.value.faults == (
        "Member 'p' of virtual repository 'v' is of package type 'pypi', not 'generic'.",
        "Field 'defaultDeploymentRepo' names 'p', which is of package type 'pypi'.",
    )
    with pytest.raises(InvalidConfiguration, match=r"'g' .* is of package type 'generic'"):
        check_members(repository("v", virtual, pypi, **members), known=known)
    check_members(repository("v", virtual, generic, repositories=("g",)), known=known)
