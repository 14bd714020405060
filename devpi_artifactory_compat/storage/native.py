"""Our options on indexes that devpi's own routes make and change: the same rules as over REST."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import check_members
from devpi_artifactory_compat.repositories.config import parse_option
from devpi_artifactory_compat.repositories.config import registry_page_url
from devpi_artifactory_compat.repositories.keys import check_repository_key
from devpi_artifactory_compat.repositories.keys import same_key
from devpi_artifactory_compat.storage.indexes import ACL_READ_OPTION
from devpi_artifactory_compat.storage.indexes import KEY_OPTION
from devpi_artifactory_compat.storage.indexes import OPTIONS
from devpi_artifactory_compat.storage.indexes import default_registry
from devpi_artifactory_compat.storage.indexes import entries
from devpi_artifactory_compat.storage.indexes import entry_of
from devpi_artifactory_compat.storage.indexes import is_remote
from devpi_artifactory_compat.storage.indexes import keys_of
from devpi_artifactory_compat.storage.indexes import member_configs
from devpi_artifactory_compat.storage.indexes import plain_config
from devpi_artifactory_compat.storage.package_types import check_package_type
from devpi_artifactory_compat.storage.package_types import is_generic
from devpi_server.main import XOM
from devpi_server.model import BaseStage
from devpi_server.model import ensure_acl_list
from typing import Any


_FILES_OPTION = "artifactory_url"
_PAGE_OPTIONS = ("artifactory_pypi_registry_url", "artifactory_pypi_repository_suffix")


def restore_options(stage: BaseStage, old: Mapping[str, Any], changes: object) -> None:
    """Put back what a partial change did not name.

    devpi resets the options of plugins to their defaults when a change is a JSON object that
    leaves them out; a private index would become public by that.
    """
    if not isinstance(changes, dict):
        return
    lost = {
        name: old[name]
        for name in OPTIONS
        if name in old and name not in stage.ixconfig and name not in changes
    }
    _write(stage, lost)


def check_index(xom: XOM, stage: BaseStage, old: Mapping[str, Any]) -> None:
    """Bring the options into their types and hold them to the rules of repositories.

    Raises:
        InvalidConfiguration: naming every fault; the caller dooms the transaction.
    """
    present = {name: stage.ixconfig[name] for name in OPTIONS if name in stage.ixconfig}
    if not present:
        return
    _write(stage, _normalized(present))
    check_package_type(stage, old)
    if KEY_OPTION in present:
        _check_key(xom, stage)
    if is_remote(stage):
        _follow_page_options(xom, stage, old)
    if KEY_OPTION in present:
        _check_entry(xom, stage)


def _normalized(present: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in present.items():
        if name == ACL_READ_OPTION:
            result[name] = ensure_acl_list(value)
            continue
        try:
            result[name] = parse_option(name, value)
        except InvalidConfiguration as exc:
            faults.extend(exc.faults)
    if faults:
        raise InvalidConfiguration(faults)
    return result


def _check_key(xom: XOM, stage: BaseStage) -> None:
    key = check_repository_key(stage.ixconfig[KEY_OPTION])
    for index, other in keys_of(xom).items():
        if index != stage.name and same_key(other, key):
            raise InvalidConfiguration(
                [f"Case insensitive repository key already exists: index {index} has '{other}'"]
            )


def _follow_page_options(xom: XOM, stage: BaseStage, old: Mapping[str, Any]) -> None:
    """Artifactory's fields were changed: devpi's ``mirror_url`` follows them."""
    names: tuple[str, ...] = _PAGE_OPTIONS
    if is_generic(stage):
        names = (_FILES_OPTION,)
        # devpi would ask for the list of projects
        _write(stage, {"mirror_no_project_list": True})
    if all(stage.ixconfig.get(name) == old.get(name) for name in names):
        return
    config = plain_config(xom, stage.name, own_options_only=True)
    if config is not None:
        url = registry_page_url(config, default_registry=default_registry())
        _write(stage, {"mirror_url": url})


def _check_entry(xom: XOM, stage: BaseStage) -> None:
    keys = keys_of(xom)
    unnamed = [base for base in stage.ixconfig.get("bases") or () if base not in keys]
    if stage.ixconfig["type"] == "virtual" and unnamed:
        raise InvalidConfiguration(
            f"Index {base} cannot be a member: it has no {KEY_OPTION}." for base in unnamed
        )
    entry = entry_of(stage, RepositoryKey(stage.ixconfig[KEY_OPTION]), keys)
    if not entry.bases:
        known = member_configs(entries(xom))
        check_members(entry.config, known={**known, entry.config.key: entry.config})


def _write(stage: BaseStage, options: Mapping[str, Any]) -> None:
    changed = {name: value for name, value in options.items() if stage.ixconfig.get(name) != value}
    if not changed:
        return
    with stage.user.key.update() as userconfig:
        ixconfig = userconfig["indexes"][stage.index]
        ixconfig.update(changed)
        stage.ixconfig = ixconfig
