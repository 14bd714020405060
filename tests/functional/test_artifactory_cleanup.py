"""Policies of artifactory-cleanup find and delete on a live server what they say.

Each policy is run with the tool's own command and configuration file.
"""

from __future__ import annotations

from clients import Client
from clients import client
from collections.abc import Callable
from pathlib import Path
from scene import Administrator
from server import LiveServer
from typing import Any
import json
import pytest
import requests


#: path below the repository and its properties
FILES = {
    "app/1.0/app-1.0.zip": {},
    "app/1.1/app-1.1.zip": {"keep": "1"},
    "app/1.2/app-1.2.zip": {"stage": "old"},
    "app/1.2/app-1.2.txt": {"stage": "new"},
    "top.zip": {"stage": "old", "keep": "1"},
}

Policy = Callable[..., set[str]]


@pytest.fixture
def repository(server: LiveServer, request: pytest.FixtureRequest) -> str:
    """A generic repository with ``FILES``, new for each test."""
    key = f"cleanup-{abs(hash(request.node.name)) % 10**8}"
    administrator = Administrator(server)
    administrator.create(key, "local", packageType="generic")
    for path, properties in FILES.items():
        matrix = "".join(f";{name}={value}" for name, value in properties.items())
        answer = requests.put(
            f"{server.api_url}/{key}/{path}{matrix}", data=path.encode(), auth=server.admin
        )
        assert answer.status_code == 201
    return key


@pytest.fixture(scope="module")
def tool() -> Client:
    return client("artifactory-cleanup", "artifactory-cleanup==1.0.18")


@pytest.fixture
def policy(server: LiveServer, repository: str, tool: Client, home: Path) -> Policy:
    """Runs the rules and gives the paths that they have found, without deleting them."""

    def run(*rules: dict[str, Any], repo: bool = True, options: tuple[str, ...] = ()) -> set[str]:
        first = [{"rule": "Repo", "name": repository}] if repo else []
        user, password = server.admin
        config = {
            "artifactory-cleanup": {
                "server": server.api_url,
                "user": user,
                "password": password,
                "policies": [{"name": "the policy", "rules": [*first, *rules]}],
            }
        }
        # JSON is YAML
        (home / "policy.yaml").write_text(json.dumps(config))
        tool.run(
            "artifactory-cleanup",
            *("--config", "policy.yaml", "--output", "found.json", "--output-format", "json"),
            *("--output-artifacts", *options),
            home=home,
        )
        found = json.loads((home / "found.json").read_text())["policies"][0]["removed_artifacts"]
        return {
            each["name"] if each["path"] == "." else f"{each['path']}/{each['name']}"
            for each in found
            if each["repo"] == repository
        }

    return run


def left(server: LiveServer, key: str) -> set[str]:
    answer = requests.get(f"{server.api_url}/api/storage/{key}?list&deep=1", auth=server.admin)
    return {each["uri"].lstrip("/") for each in answer.json()["files"]}


ALL = set(FILES)


def test_repository_by_its_name_and_by_a_mask(policy: Policy, repository: str) -> None:
    assert policy() == ALL
    assert policy({"rule": "RepoByMask", "mask": f"{repository[:-1]}*"}, repo=False) == ALL
    assert policy({"rule": "RepoList", "repos": [repository]}, repo=False) == ALL


def test_age(policy: Policy) -> None:
    old = {"rule": "DeleteOlderThan", "days": 30}

    assert policy(old) == set()
    assert policy(old, options=("--days-in-future", "31")) == ALL


def test_downloads(policy: Policy, server: LiveServer, repository: str) -> None:
    never = {"rule": "DeleteWithoutDownloads"}
    unused = {"rule": "DeleteNotUsedSince", "days": 30}
    both = {"rule": "DeleteOlderThanNDaysWithoutDownloads", "days": 30}
    in_a_month = ("--days-in-future", "31")

    assert policy(never) == ALL
    assert policy(unused) == set()
    assert policy(unused, options=in_a_month) == ALL
    assert policy(both) == set()
    assert policy(both, options=in_a_month) == ALL


def test_properties(policy: Policy) -> None:
    old = {"rule": "PropertyEq", "property_key": "stage", "property_value": "old"}
    kept = {"rule": "PropertyNeq", "property_key": "keep", "property_value": "1"}

    assert policy(old) == {"app/1.2/app-1.2.zip", "top.zip"}
    assert policy(kept) == ALL - {"app/1.1/app-1.1.zip", "top.zip"}
    assert policy(old, kept) == {"app/1.2/app-1.2.zip"}


def test_masks_of_paths_and_names(policy: Policy) -> None:
    assert policy({"rule": "IncludePath", "masks": "app/1.[01]"}) == set()
    assert policy({"rule": "IncludePath", "masks": ["app/1.0", "*/1.2"]}) == {
        "app/1.0/app-1.0.zip",
        "app/1.2/app-1.2.zip",
        "app/1.2/app-1.2.txt",
    }
    assert policy({"rule": "ExcludePath", "masks": "app/*"}) == {"top.zip"}
    assert policy({"rule": "IncludeFilename", "masks": "*.txt"}) == {"app/1.2/app-1.2.txt"}
    assert policy({"rule": "ExcludeFilename", "masks": ["*.txt", "app*"]}) == {"top.zip"}


def test_rules_that_look_at_what_was_found(policy: Policy) -> None:
    assert policy({"rule": "DeleteByRegexpName", "regex_pattern": r"^app-1\.[01]"}) == {
        "app/1.0/app-1.0.zip",
        "app/1.1/app-1.1.zip",
    }
    assert len(policy({"rule": "KeepLatestNFiles", "count": 2})) == len(ALL) - 2
    assert len(policy({"rule": "KeepLatestNFilesInFolder", "count": 1})) == 1
    assert len(policy({"rule": "DeleteLeastRecentlyUsedFiles", "keep": 3})) == len(ALL) - 3


def test_what_a_policy_has_found_is_deleted_on_request(
    policy: Policy, server: LiveServer, repository: str
) -> None:
    old = {"rule": "PropertyEq", "property_key": "stage", "property_value": "old"}

    found = policy(old, options=("--destroy",))

    assert found == {"app/1.2/app-1.2.zip", "top.zip"}
    assert left(server, repository) == ALL - found
    assert policy(old) == set()


def test_empty_folders_are_found_and_deleted(
    policy: Policy, server: LiveServer, repository: str
) -> None:
    for path in ("void/", "void/inner/"):
        made = requests.put(f"{server.api_url}/{repository}/{path}", auth=server.admin)
        assert made.status_code == 201

    policy({"rule": "DeleteEmptyFolders"}, options=("--destroy",))

    root = requests.get(f"{server.api_url}/api/storage/{repository}", auth=server.admin)
    assert [child["uri"] for child in root.json()["children"]] == ["/app", "/top.zip"]
