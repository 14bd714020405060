from __future__ import annotations

from collections.abc import Sequence
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import check_members
import pytest


def local(key: str) -> RepositoryConfig:
    return RepositoryConfig(RepositoryKey(key), RepositoryClass.LOCAL, {})


def remote(key: str) -> RepositoryConfig:
    return RepositoryConfig(RepositoryKey(key), RepositoryClass.REMOTE, {})


def virtual(key: str, members: Sequence[str], target: str = "") -> RepositoryConfig:
    values = {"repositories": tuple(members), "defaultDeploymentRepo": target}
    return RepositoryConfig(RepositoryKey(key), RepositoryClass.VIRTUAL, values)


def check(config: RepositoryConfig, *known: RepositoryConfig) -> None:
    check_members(config, known={other.key: other for other in known})


def faults_of(config: RepositoryConfig, *known: RepositoryConfig) -> tuple[str, ...]:
    with pytest.raises(InvalidConfiguration) as caught:
        check(config, *known)
    return caught.value.faults


@pytest.mark.parametrize("config", [local("a"), remote("a"), virtual("a", [])])
def test_repository_without_members_is_always_right(config: RepositoryConfig) -> None:
    check(config)


def test_members_of_every_class_are_right_and_uploads_go_to_a_local_one() -> None:
    check(virtual("v", ["a", "b", "w"], "a"), local("a"), remote("b"), virtual("w", ["b"]))


def test_uploads_may_go_to_a_local_repository_in_a_nested_virtual() -> None:
    check(virtual("v", ["w"], "a"), virtual("w", ["a"]), local("a"))


def test_the_same_member_by_two_ways_is_no_cycle() -> None:
    check(virtual("v", ["w", "x", "a"]), virtual("w", ["a"]), virtual("x", ["a"]), local("a"))


def test_unknown_members_are_named() -> None:
    assert faults_of(virtual("v", ["a", "b", "c"]), remote("b")) == (
        "Member 'a' of virtual repository 'v' does not exist.",
        "Member 'c' of virtual repository 'v' does not exist.",
    )


def test_a_virtual_cannot_be_its_own_member() -> None:
    assert faults_of(virtual("v", ["v"])) == (
        "Virtual repository 'v' would contain itself: v -> v.",
    )


def test_cycle_through_nested_virtuals_is_shown() -> None:
    config = virtual("a", ["x", "b"])
    nested = virtual("b", ["c"]), virtual("c", ["x", "a"])
    assert faults_of(config, remote("x"), *nested) == (
        "Virtual repository 'a' would contain itself: a -> b -> c -> a.",
    )


def test_every_member_that_leads_back_is_shown() -> None:
    assert faults_of(virtual("a", ["b", "c"]), virtual("b", ["a"]), virtual("c", ["a"])) == (
        "Virtual repository 'a' would contain itself: a -> b -> a.",
        "Virtual repository 'a' would contain itself: a -> c -> a.",
    )


def test_older_configuration_of_the_same_repository_does_not_count() -> None:
    check(virtual("a", []), virtual("a", ["b"]), virtual("b", ["a"]))


def test_cycle_among_others_is_not_this_repositorys_fault() -> None:
    check(virtual("a", ["b"]), virtual("b", ["c"]), virtual("c", ["b"]))


def test_long_chains_are_followed_to_their_end() -> None:
    chain = [virtual(f"v{n}", [f"v{n + 1}"]) for n in range(2000)]
    last = virtual("v2000", ["v0"])
    (fault,) = faults_of(chain[0], *chain, last)
    assert fault.startswith("Virtual repository 'v0' would contain itself: v0 -> v1 -> v2")
    assert fault.endswith("v2000 -> v0.")


@pytest.mark.parametrize("target", ["v", "b", "nothing", "x" * 65])
def test_target_of_uploads_must_be_a_member(target: str) -> None:
    assert faults_of(virtual("v", ["a"], target), local("a"), local("b")) == (
        f"Field 'defaultDeploymentRepo' names '{target[:64]}', which is not a member.",
    )


def test_target_of_uploads_must_be_local() -> None:
    assert faults_of(virtual("v", ["r", "w"], "r"), remote("r"), virtual("w", [])) == (
        "Field 'defaultDeploymentRepo' names 'r', which is not a local repository.",
    )
    assert faults_of(virtual("v", ["r", "w"], "w"), remote("r"), virtual("w", [])) == (
        "Field 'defaultDeploymentRepo' names 'w', which is not a local repository.",
    )
