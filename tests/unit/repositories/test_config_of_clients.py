"""What clients send comes back as they expect it; the bodies are theirs, the hosts are not."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import list_entry
from devpi_artifactory_compat.repositories.config import merge_update
from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.repositories.config import to_json
import json
import pytest


REGISTRY = "https://index.example"

TERRAFORM_LOCAL: dict[str, object] = {
    "key": "pypi-local",
    "projectKey": "",
    "environments": [],
    "rclass": "local",
    "packageType": "pypi",
    "description": "our own",
    "notes": "ask the platform team\nfirst",
    "includesPattern": "**/*",
    "excludesPattern": "",
    "repoLayoutRef": "simple-default",
    "blackedOut": False,
    "xrayIndex": True,
    "propertySets": ["artifactory"],
    "archiveBrowsingEnabled": True,
    "downloadRedirect": True,
    "priorityResolution": True,
    "cdnRedirect": False,
}

TERRAFORM_REMOTE: dict[str, object] = {
    **TERRAFORM_LOCAL,
    "key": "pypi-remote",
    "rclass": "remote",
    "includesPattern": "**/*.js",
    "excludesPattern": "**/*.jsx",
    "repoLayoutRef": "npm-default",
    "blackedOut": True,
    "url": "https://upstream.example/",
    "username": "user",
    "password": "secret",
    "proxy": "corporate",
    "disableProxy": False,
    "remoteRepoLayoutRef": "",
    "hardFail": True,
    "offline": True,
    "queryParams": "a=b&c=d",
    "storeArtifactsLocally": True,
    "socketTimeoutMillis": 25000,
    "localAddress": "",
    "retrievalCachePeriodSecs": 70,
    "missedRetrievalCachePeriodSecs": 2500,
    "metadataRetrievalTimeoutSecs": 60,
    "unusedArtifactsCleanupPeriodHours": 96,
    "assumedOfflinePeriodSecs": 96,
    "synchronizeProperties": True,
    "blockMismatchingMimeTypes": False,
    "allowAnyHostAuth": True,
    "enableCookieManagement": True,
    "bypassHeadRequests": True,
    "clientTlsCertificate": "our-certificate",
    "contentSynchronisation": {
        "enabled": True,
        "statistics": {"enabled": True},
        "properties": {"enabled": False},
        "source": {"originAbsenceDetection": True},
    },
    "mismatchingMimeTypesOverrideList": "text/html,text/csv",
    "listRemoteFolderItems": True,
    "disableUrlNormalization": True,
    "curated": False,
    "passThrough": False,
    "pyPIRegistryUrl": "https://custom.PYPI.registry.url",
    "pyPIRepositorySuffix": "+simple",
}

TERRAFORM_VIRTUAL: dict[str, object] = {
    "key": "pypi",
    "projectKey": "",
    "environments": ["DEV"],
    "rclass": "virtual",
    "packageType": "pypi",
    "description": "all of it",
    "notes": "",
    "includesPattern": "**/*",
    "excludesPattern": "dir/*",
    "repoLayoutRef": "simple-default",
    "repositories": ["pypi-remote", "pypi-local"],
    "artifactoryRequestsCanRetrieveRemoteArtifacts": True,
    "defaultDeploymentRepo": "pypi-local",
}

#: dohq-artifactory, whose local repositories always have these
DOHQ_LOCAL: dict[str, object] = {
    "rclass": "local",
    "key": "pypi-local",
    "description": "",
    "packageType": "pypi",
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
    "optionalIndexCompressionFormats": ["bz2", "lzma", "xz"],
    "downloadRedirect": False,
}

#: pyartifactory, which sends every field of its model
PYARTIFACTORY_REMOTE: dict[str, object] = {
    "key": "pypi-remote",
    "projectKey": None,
    "rclass": "remote",
    "packageType": "pypi",
    "description": None,
    "notes": None,
    "includesPattern": "**/*",
    "excludesPattern": "",
    "repoLayoutRef": "maven-2-default",
    "url": "https://upstream.example",
    "username": None,
    "password": None,
    "proxy": None,
    "remoteRepoChecksumPolicyType": "generate-if-absent",
    "handleReleases": False,
    "localAddress": None,
    "retrievalCachePeriodSecs": 43200,
    "failedRetrievalCachePeriodSecs": 30,
    "unusedArtifactsCleanupEnabled": False,
    "fetchJarsEagerly": False,
    "blockMismatchingMimeTypes": True,
    "propertySets": None,
    "vcsType": "GIT",
    "vcsGitProvider": "GITHUB",
    "externalDependenciesPatterns": ["**/*microsoft*/**", "**/*github*/**"],
    "contentSynchronisation": {
        "enabled": False,
        "statistics": {"enabled": False},
        "properties": {"enabled": False},
        "source": {"originAbsenceDetection": False},
    },
    "pyPIRegistryUrl": "https://upstream.example",
    "cargoInternalIndex": False,
}


def create(body: Mapping[str, object]) -> RepositoryConfig:
    return parse_new(str(body["key"]), body, default_registry=REGISTRY)


def update(config: RepositoryConfig, body: Mapping[str, object]) -> RepositoryConfig:
    return merge_update(config, body, default_registry=REGISTRY)


def read(config: RepositoryConfig) -> dict[str, object]:
    answer = to_json(config, default_registry=REGISTRY)
    assert json.loads(json.dumps(answer)) == answer
    return answer


def sent_part(answer: Mapping[str, object], body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name in body}


def without_password(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "password"}


TERRAFORM = pytest.mark.parametrize(
    "body",
    [TERRAFORM_LOCAL, TERRAFORM_REMOTE, TERRAFORM_VIRTUAL],
    ids=["local", "remote", "virtual"],
)


class TestTerraform:
    """JFrog's provider: PUT, GET compared with what was sent, POST, GET."""

    @TERRAFORM
    def test_read_equals_what_was_sent_but_for_the_password(self, body: dict[str, object]) -> None:
        assert sent_part(read(create(body)), body) == without_password(body)

    @TERRAFORM
    def test_empty_strings_and_lists_overwrite(self, body: dict[str, object]) -> None:
        cleared = {
            **body,
            "description": "",
            "notes": "",
            "excludesPattern": "",
            "environments": [],
        }
        assert sent_part(read(update(create(body), cleared)), body) == without_password(cleared)

    @TERRAFORM
    def test_second_create_of_what_was_read_is_the_same(self, body: dict[str, object]) -> None:
        answer = read(create(body))
        assert read(create(answer)) == answer

    def test_content_synchronisation_comes_back_whole(self) -> None:
        """The provider leaves out what is false."""
        sent = {"enabled": True, "statistics": {}, "properties": {"enabled": True}, "source": {}}
        config = create({**TERRAFORM_REMOTE, "contentSynchronisation": sent})
        assert read(config)["contentSynchronisation"] == {
            "enabled": True,
            "statistics": {"enabled": False},
            "properties": {"enabled": True},
            "source": {"originAbsenceDetection": False},
        }

    def test_content_synchronisation_that_is_sent_replaces_the_old_one(self) -> None:
        config = update(create(TERRAFORM_REMOTE), {"contentSynchronisation": {"enabled": True}})
        assert read(config)["contentSynchronisation"] == {
            "enabled": True,
            "statistics": {"enabled": False},
            "properties": {"enabled": False},
            "source": {"originAbsenceDetection": False},
        }

    def test_cdn_redirect_is_false_whatever_was_sent(self) -> None:
        assert read(create({**TERRAFORM_REMOTE, "cdnRedirect": True}))["cdnRedirect"] is False

    def test_booleans_that_must_not_be_null_are_always_answered(self) -> None:
        minimal = {"key": "r", "rclass": "remote", "url": "https://upstream.example"}
        answer = read(create(minimal))
        expected = {
            "hardFail": False,
            "offline": False,
            "storeArtifactsLocally": True,
            "shareConfiguration": False,
            "synchronizeProperties": False,
            "blockMismatchingMimeTypes": True,
            "allowAnyHostAuth": False,
            "enableCookieManagement": False,
            "bypassHeadRequests": False,
        }
        assert sent_part(answer, expected) == expected

    def test_certificate_that_nobody_sent_is_not_answered(self) -> None:
        minimal = {"key": "r", "rclass": "remote", "url": "https://upstream.example"}
        assert "clientTlsCertificate" not in read(create(minimal))
        assert read(create({**minimal, "clientTlsCertificate": ""}))["clientTlsCertificate"] == ""

    def test_deployment_target_is_taken_back_with_a_name_that_does_not_exist(self) -> None:
        config = merge_update(
            create(TERRAFORM_VIRTUAL),
            {"defaultDeploymentRepo": "non-existant-value-42"},
            default_registry=REGISTRY,
            known_keys={"pypi", "pypi-local", "pypi-remote"},
        )
        assert read(config)["defaultDeploymentRepo"] == ""

    def test_deployment_target_that_exists_in_any_case_is_kept_for_the_check_of_members(
        self,
    ) -> None:
        config = merge_update(
            create(TERRAFORM_VIRTUAL),
            {"defaultDeploymentRepo": "PyPI-local"},
            default_registry=REGISTRY,
            known_keys={"pypi", "pypi-local", "pypi-remote"},
        )
        assert config.get_str("defaultDeploymentRepo") == "PyPI-local"


class TestJfrogClientGo:
    """Absent fields keep their values; all that was sent is compared with what is read."""

    def test_update_keeps_what_is_not_sent(self) -> None:
        created = {
            "rclass": "remote",
            "key": "go-pypi",
            "packageType": "pypi",
            "description": "Pypi Repo",
            "repoLayoutRef": "simple-default",
            "url": "https://upstream.example",
            "assumedOfflinePeriodSecs": 6060,
            "storeArtifactsLocally": True,
            "shareConfiguration": True,
            "propertySets": ["artifactory"],
            "mismatchingMimeTypesOverrideList": "text/html,text/csv",
            "pyPIRegistryUrl": "https://registry.example",
            "pyPIRepositorySuffix": "test",
        }
        updated = {
            "rclass": "remote",
            "key": "go-pypi",
            "packageType": "pypi",
            "description": "Pypi Repo - Updated",
            "notes": "Repo been updated",
            "assumedOfflinePeriodSecs": 9090,
            "shareConfiguration": False,
            "storeArtifactsLocally": False,
        }
        first = create(created)
        second = update(first, updated)
        expected = {**created, **updated}
        assert sent_part(read(first), created) == created
        assert sent_part(read(second), expected) == expected

    def test_local_repository_has_no_url(self) -> None:
        assert "url" not in read(create(TERRAFORM_LOCAL))

    def test_list_shows_the_upstreams_url_and_the_capitalised_package_type(self) -> None:
        assert list_entry(create(TERRAFORM_REMOTE), base_url="https://us.example/artifactory") == {
            "key": "pypi-remote",
            "type": "REMOTE",
            "description": "our own",
            "url": "https://upstream.example/",
            "packageType": "Pypi",
        }

    @pytest.mark.parametrize(
        ("body", "rclass"), [(TERRAFORM_LOCAL, "LOCAL"), (TERRAFORM_VIRTUAL, "VIRTUAL")]
    )
    def test_list_shows_the_own_url_of_other_classes(
        self, body: dict[str, object], rclass: str
    ) -> None:
        entry = list_entry(create(body), base_url="https://us.example/artifactory/")
        assert entry["type"] == rclass
        assert entry["url"] == f"https://us.example/artifactory/{body['key']}"


def test_dohq_reads_back_the_fields_of_other_package_types() -> None:
    answer = read(create(DOHQ_LOCAL))
    known = {k: v for k, v in DOHQ_LOCAL.items() if k != "optionalIndexCompressionFormats"}
    assert sent_part(answer, DOHQ_LOCAL) == known
    assert answer["enablePypiSupport"] is True


def test_pyartifactory_may_send_null_and_unknown_fields() -> None:
    answer = read(create(PYARTIFACTORY_REMOTE))
    ignored = {
        "failedRetrievalCachePeriodSecs",
        "unusedArtifactsCleanupEnabled",
        "vcsType",
        "vcsGitProvider",
        "externalDependenciesPatterns",
        "cargoInternalIndex",
    }
    assert not ignored & set(answer)
    assert None not in answer.values()
    for name, value in PYARTIFACTORY_REMOTE.items():
        if value is not None and name not in ignored:
            assert answer[name] == value


def test_pyartifactory_updates_with_the_fields_that_it_has_set() -> None:
    config = update(create(PYARTIFACTORY_REMOTE), {"description": "new", "notes": None})
    assert read(config) == {**read(create(PYARTIFACTORY_REMOTE)), "description": "new"}
