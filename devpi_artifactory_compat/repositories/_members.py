"""Whether the members of a virtual repository make sense beside the other repositories."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories._record import RepositoryConfig


def check_members(
    config: RepositoryConfig, *, known: Mapping[RepositoryKey, RepositoryConfig]
) -> None:
    """Whether a virtual repository may be stored beside the known ones; others always may.

    ``known`` may hold an older configuration of the same repository, which does not count. The
    members must exist, be of the same package type and must not lead back to the repository;
    uploads go to a local repository among the members, direct or nested.

    Raises InvalidConfiguration with every fault.
    """
    if config.rclass is not RepositoryClass.VIRTUAL:
        return
    path_to = _paths(config, known)
    faults = (
        *_unknown_faults(config, known),
        *_package_type_faults(config, known),
        *_cycle_faults(config, known, path_to),
        *_target_faults(config, known, path_to),
    )
    if faults:
        raise InvalidConfiguration(faults)


_Paths = Mapping[str, tuple[str, ...]]


def _members(config: RepositoryConfig) -> tuple[str, ...]:
    return config.get_list("repositories")


def _paths(config: RepositoryConfig, known: Mapping[RepositoryKey, RepositoryConfig]) -> _Paths:
    """For every known repository below this one, one of the shortest ways to it."""
    paths: dict[str, tuple[str, ...]] = {config.key: (config.key,)}
    waiting = [config]
    for parent in waiting:
        for key in _members(parent):
            member = known.get(RepositoryKey(key))
            if member is not None and key not in paths:
                paths[key] = (*paths[parent.key], key)
                waiting.append(member)
    return paths


def _unknown_faults(
    config: RepositoryConfig, known: Mapping[RepositoryKey, RepositoryConfig]
) -> Iterator[str]:
    for key in _members(config):
        if key != config.key and key not in known:
            yield f"Member {key!a} of virtual repository '{config.key}' does not exist."


def _package_type_faults(
    config: RepositoryConfig, known: Mapping[RepositoryKey, RepositoryConfig]
) -> Iterator[str]:
    for key in _members(config):
        member = known.get(RepositoryKey(key))
        if member is not None and member.package_type is not config.package_type:
            yield (
                f"Member {key!a} of virtual repository '{config.key}' is of package type "
                f"'{member.package_type}', not '{config.package_type}'."
            )


def _cycle_faults(
    config: RepositoryConfig,
    known: Mapping[RepositoryKey, RepositoryConfig],
    path_to: _Paths,
) -> Iterator[str]:
    for key, path in path_to.items():
        parent = config if key == config.key else known[RepositoryKey(key)]
        if config.key in _members(parent):
            chain = " -> ".join((*path, config.key))
            yield f"Virtual repository '{config.key}' would contain itself: {chain}."


def _target_faults(
    config: RepositoryConfig,
    known: Mapping[RepositoryKey, RepositoryConfig],
    path_to: _Paths,
) -> Iterator[str]:
    key = config.get_str("defaultDeploymentRepo")
    if not key:
        return
    shown = ascii(key[:64])
    if key == config.key or key not in path_to:
        yield f"Field 'defaultDeploymentRepo' names {shown}, which is not a member."
    elif known[RepositoryKey(key)].rclass is not RepositoryClass.LOCAL:
        yield f"Field 'defaultDeploymentRepo' names {shown}, which is not a local repository."
    elif (found := known[RepositoryKey(key)].package_type) is not config.package_type:
        yield f"Field 'defaultDeploymentRepo' names {shown}, which is of package type '{found}'."
