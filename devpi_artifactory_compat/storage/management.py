"""Creating, changing and deleting repositories, which are indexes of devpi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import RepositoryNotFound
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import check_members
from devpi_artifactory_compat.repositories.config import registry_page_url
from devpi_artifactory_compat.repositories.config import to_options
from devpi_artifactory_compat.repositories.keys import same_key
from devpi_artifactory_compat.storage.indexes import ACL_READ_OPTION
from devpi_artifactory_compat.storage.indexes import KEY_OPTION
from devpi_artifactory_compat.storage.indexes import OPTIONS
from devpi_artifactory_compat.storage.indexes import TYPE_OF_CLASS
from devpi_artifactory_compat.storage.indexes import default_registry
from devpi_artifactory_compat.storage.indexes import entries
from devpi_artifactory_compat.storage.indexes import member_configs
from devpi_artifactory_compat.storage.keys import PROJECT
from devpi_artifactory_compat.storage.keys import RECORD
from devpi_artifactory_compat.storage.keys import TRASH
from devpi_artifactory_compat.storage.keys import all_keys
from devpi_artifactory_compat.storage.keys import secrets_key
from devpi_artifactory_compat.storage.list_files import remove_lists
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import Shelf
from devpi_artifactory_compat.storage.records import delete_entry
from devpi_artifactory_compat.storage.trash import TrashRecord
from devpi_server.main import XOM
from devpi_server.model import BaseStage
from devpi_server.model import InvalidIndex
from devpi_server.model import InvalidIndexconfig
from devpi_server.model import RemoveValue
from devpi_server.readonly import get_mutable_deepcopy
from typing import Any


#: who may upload to a repository that was made over REST, until its administrator says more
DEFAULT_UPLOADERS = ("root",)


def create_repository(xom: XOM, config: RepositoryConfig, *, owner: str) -> None:
    """Make the index of a repository, and its owner if there is none yet.

    Raises:
        InvalidConfiguration: the key is taken, or the members do not fit.
    """
    known = entries(xom)
    for other in known:
        if same_key(other, config.key):
            raise InvalidConfiguration(["Case insensitive repository key already exists"])
    _check_members(config, known)
    user = xom.model.get_user(owner)
    if user is None:
        user = xom.model.create_user(owner, password=None)
    options = _index_options(config, known)
    if config.rclass is not RepositoryClass.REMOTE:
        options["acl_upload"] = list(DEFAULT_UPLOADERS)
    try:
        user.create_stage(config.key, type=TYPE_OF_CLASS[config.rclass], volatile=True, **options)
    except InvalidIndex as exc:
        raise InvalidConfiguration([str(exc)]) from exc
    except InvalidIndexconfig as exc:
        raise InvalidConfiguration(exc.messages) from exc
    _save_secrets(xom, owner, config.key, config)


def update_repository(xom: XOM, entry: Entry, config: RepositoryConfig) -> None:
    """Give a repository another configuration.

    Raises:
        InvalidConfiguration: the members do not fit.
        NotAllowed: the repository is a stage with bases.
    """
    if entry.bases:
        raise NotAllowed(
            f"Repository '{config.key}' is the devpi index {entry.index} with bases: "
            "change it with devpi."
        )
    known = entries(xom)
    _check_members(config, known)
    stage = _stage(xom, entry)
    options = _index_options(config, known)
    ours = OPTIONS - {ACL_READ_OPTION}
    removed = {name: RemoveValue for name in ours if name in stage.ixconfig}
    present = {key: value for key, value in stage.ixconfig.items() if key != "type"}
    try:
        stage.modify(**{**present, **removed, **options})
    except InvalidIndexconfig as exc:
        raise InvalidConfiguration(exc.messages) from exc
    _save_secrets(xom, stage.username, stage.index, config)


def delete_repository(xom: XOM, entry: Entry) -> None:
    """Delete a repository with all that it holds, and take it out of the virtuals that list it."""
    for other in entries(xom).values():
        if other.config.rclass is RepositoryClass.VIRTUAL and not other.bases:
            _drop_member(xom, other, entry)
    stage = _stage(xom, entry)
    stage.delete()
    purge(xom, stage.username, stage.index)


def _drop_member(xom: XOM, virtual: Entry, gone: Entry) -> None:
    members = virtual.config.get_list("repositories")
    if gone.config.key not in members:
        return
    values = dict(virtual.config.values)
    values["repositories"] = [key for key in members if key != gone.config.key]
    if values.get("defaultDeploymentRepo") == gone.config.key:
        values["defaultDeploymentRepo"] = ""
    update_repository(xom, virtual, replace(virtual.config, values=values))


def purge(xom: XOM, user: str, index: str, *, until: int | None = None) -> None:
    """Forget everything of ours that belongs to an index that is gone.

    With ``until`` what was written after that serial stays: it is of a new index of that name.
    """
    remove_lists(xom, f"{user}/{index}")
    tx = xom.keyfs.tx
    prefix = f"{user}/{index}/+artifactory/"
    old: list[Any] = []
    new: list[Any] = []
    for info in tx.iter_relpaths_at(all_keys(xom), tx.at_serial):
        if info.value is not None and info.relpath.startswith(prefix):
            (old if until is None or info.serial <= until else new).append(info)
    used = {entry for info in new for entry in _entries(info, of_devpi=True)}
    for info in old:
        for entry in _entries(info, of_devpi=False):
            if entry not in used:
                delete_entry(xom, entry)
        if info.keyname == RECORD:
            Records(xom, user, index).forget_outside(Record(**get_mutable_deepcopy(info.value)))
        xom.keyfs.get_key_instance(info.keyname, info.relpath).delete()


def _entries(info: Any, *, of_devpi: bool) -> list[str]:
    """The files that a key is about; those of indexed distributions are devpi's to delete."""
    if info.keyname == PROJECT:
        return [sidecar.entry for sidecar in Shelf(info.value).sidecars.values()]
    if info.keyname == RECORD:
        record = Record(**get_mutable_deepcopy(info.value))
        return [record.entry] if of_devpi or not record.is_indexed else []
    return TrashRecord.of(info.value).entries() if info.keyname == TRASH else []


def _stage(xom: XOM, entry: Entry) -> BaseStage:
    stage = xom.model.getstage(entry.index)
    if stage is None:
        raise RepositoryNotFound(entry.config.key)
    return stage


def _check_members(config: RepositoryConfig, known: Mapping[RepositoryKey, Entry]) -> None:
    check_members(config, known={**member_configs(known), config.key: config})


def _index_options(
    config: RepositoryConfig, known: Mapping[RepositoryKey, Entry]
) -> dict[str, Any]:
    options: dict[str, Any] = {KEY_OPTION: str(config.key), **to_options(config)}
    # everybody may read an index configuration, and devpi logs it
    options.pop("artifactory_password", None)
    if config.rclass is RepositoryClass.REMOTE:
        options["mirror_url"] = registry_page_url(config, default_registry=default_registry())
        if config.package_type is PackageType.GENERIC:
            # devpi would ask for the list of projects
            options["mirror_no_project_list"] = True
    if config.rclass is RepositoryClass.VIRTUAL:
        members = config.get_list("repositories")
        options["bases"] = [known[RepositoryKey(key)].index for key in members]
    return options


def _save_secrets(xom: XOM, user: str, index: str, config: RepositoryConfig) -> None:
    if "password" not in config.values:
        return
    secrets_key(xom, user, index).set({"password": config.get_str("password")})
