"""devpi's indexes as repositories: which there are, and how they are made and changed.

The one module that knows how devpi names the types of its indexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.catalog import Base
from devpi_artifactory_compat.repositories.catalog import Entry
from devpi_artifactory_compat.repositories.config import OPTION_NAMES
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import from_options
from devpi_artifactory_compat.repositories.config import registry_page_url
from devpi_artifactory_compat.repositories.config import split_mirror_url
from devpi_artifactory_compat.storage.urls import split_credentials
from devpi_server.log import threadlog
from devpi_server.main import XOM
from devpi_server.main import _pypi_ixconfig_default
from devpi_server.model import BaseStage
from devpi_server.model import normalize_whitelist_name
from typing import Any


TYPE_OF_CLASS = {
    RepositoryClass.LOCAL: "stage",
    RepositoryClass.REMOTE: "mirror",
    RepositoryClass.VIRTUAL: "virtual",
}
_CLASS_OF_TYPE = {
    "stage": RepositoryClass.LOCAL,
    "mirror": RepositoryClass.REMOTE,
    # devpi 7 names mirrors so
    "remote": RepositoryClass.REMOTE,
    "virtual": RepositoryClass.VIRTUAL,
}

KEY_OPTION = "artifactory_key"
PACKAGE_TYPE_OPTION = "artifactory_package_type"
ACL_READ_OPTION = "acl_read"

#: what ``devpi index`` can set beside devpi's own; a password would be visible to everybody there
OPTIONS = (OPTION_NAMES | {ACL_READ_OPTION}) - {"artifactory_password"}


def default_registry() -> str:
    """Where devpi's own ``root/pypi`` finds the public index, without the page suffix."""
    return split_mirror_url(str(_pypi_ixconfig_default["mirror_url"]))[0]


def entries(xom: XOM) -> dict[RepositoryKey, Entry]:
    """Every index that has a repository key, by that key."""
    keys = keys_of(xom)
    result: dict[RepositoryKey, Entry] = {}
    for index, key in keys.items():
        stage = xom.model.getstage(index)
        if stage is None or key in result:
            continue
        try:
            result[key] = entry_of(stage, key, keys)
        except InvalidConfiguration as exc:
            threadlog.error("Index %s is no usable repository: %s", index, exc)
    return result


def keys_of(xom: XOM) -> dict[str, RepositoryKey]:
    """The key of every index that has one, by the index's name."""
    return dict(_keys(xom))


def member_configs(known: Mapping[RepositoryKey, Entry]) -> dict[RepositoryKey, RepositoryConfig]:
    """Repositories as members of a virtual: a stage with bases counts as one local repository."""
    return {
        key: replace(entry.config, rclass=RepositoryClass.LOCAL) if entry.bases else entry.config
        for key, entry in known.items()
    }


def _keys(xom: XOM) -> Iterator[tuple[str, RepositoryKey]]:
    for user in sorted(xom.model.get_userlist(), key=lambda user: user.name):
        for index, ixconfig in sorted(user.key.get().get("indexes", {}).items()):
            key = ixconfig.get(KEY_OPTION)
            if isinstance(key, str) and key:
                yield f"{user.name}/{index}", RepositoryKey(key)


def entry_of(stage: BaseStage, key: RepositoryKey, keys: Mapping[str, RepositoryKey]) -> Entry:
    """Raises InvalidConfiguration when the index's options make no sense."""
    ixconfig = stage.ixconfig
    bases = tuple(ixconfig.get("bases") or ())
    if ixconfig["type"] == "virtual":
        members = [keys[base] for base in bases if base in keys]
        config = from_options(
            ixconfig, key=key, rclass=RepositoryClass.VIRTUAL, repositories=members
        )
        return Entry(config=config, index=stage.name)
    if bases:
        return _stage_with_bases(stage, key, keys)
    return Entry(config=_plain_config(stage, key), index=stage.name)


def _stage_with_bases(
    stage: BaseStage, key: RepositoryKey, keys: Mapping[str, RepositoryKey]
) -> Entry:
    """Shown as a virtual repository whose default deployment repository is the stage itself."""
    order = list(stage.sro())
    members = [key, *(keys[base.name] for base in order[1:] if base.name in keys)]
    config = from_options(
        {**stage.ixconfig, "artifactory_default_deployment_repo": key},
        key=key,
        rclass=RepositoryClass.VIRTUAL,
        repositories=members,
    )
    bases = tuple(
        Base(
            index=base.name,
            mirror_whitelist=frozenset(
                normalize_whitelist_name(name) for name in base.ixconfig.get("mirror_whitelist", ())
            ),
        )
        for base in order
    )
    union = stage.get_whitelist_inheritance() == "union"
    return Entry(config=config, index=stage.name, bases=bases, union=union)


def plain_config(
    xom: XOM, index: str, *, own_options_only: bool = False
) -> RepositoryConfig | None:
    """One index seen alone, without its bases; its key is its name when it has none.

    With ``own_options_only`` a remote's URLs are what our options say, whatever devpi's does.
    """
    stage = xom.model.getstage(index)
    if stage is None or stage.ixconfig["type"] not in _CLASS_OF_TYPE:
        return None
    key = RepositoryKey(stage.ixconfig.get(KEY_OPTION) or index)
    return _plain_config(stage, key, own_options_only=own_options_only)


def _plain_config(
    stage: BaseStage, key: RepositoryKey, *, own_options_only: bool = False
) -> RepositoryConfig:
    ixconfig = dict(stage.ixconfig)
    rclass = _CLASS_OF_TYPE.get(ixconfig["type"])
    if rclass is None:
        raise InvalidConfiguration([f"Indexes of type '{ixconfig['type']}' are no repositories."])
    if rclass is RepositoryClass.REMOTE and not own_options_only:
        ixconfig.update(_remote_options(ixconfig, key))
    return from_options(ixconfig, key=key, rclass=rclass, repositories=None)


def _remote_options(ixconfig: Mapping[str, Any], key: RepositoryKey) -> dict[str, Any]:
    """devpi's ``mirror_url`` is the truth; our spelling of it stands while the two agree."""
    mirror_url, username, password = split_credentials(mirror_url_of(ixconfig))
    own = from_options(ixconfig, key=key, rclass=RepositoryClass.REMOTE, repositories=None)
    options: dict[str, Any] = {}
    if own.package_type is PackageType.GENERIC:
        if not _same_page_url(own, mirror_url):
            options["artifactory_url"] = mirror_url
    elif not _same_page_url(own, mirror_url):
        registry, suffix = split_mirror_url(mirror_url)
        options["artifactory_pypi_registry_url"] = registry
        options["artifactory_pypi_repository_suffix"] = suffix
    if own.package_type is PackageType.PYPI and not own.get_str("url"):
        options["artifactory_url"] = split_mirror_url(mirror_url)[0]
    if username and not own.get_str("username"):
        options.update(artifactory_username=username, artifactory_password=password)
    return options


def _same_page_url(config: RepositoryConfig, mirror_url: str) -> bool:
    is_generic = config.package_type is PackageType.GENERIC
    said = {"url"} if is_generic else {"pyPIRegistryUrl", "pyPIRepositorySuffix"}
    if said.isdisjoint(config.values):
        return False
    expected = registry_page_url(config, default_registry=default_registry())
    return expected.rstrip("/") == mirror_url.rstrip("/")


def mirror_url_of(ixconfig: Mapping[str, Any]) -> str:
    # devpi 7 names the option remote_url
    return str(ixconfig.get("mirror_url") or ixconfig.get("remote_url") or "")


def is_remote(stage: BaseStage) -> bool:
    return _CLASS_OF_TYPE.get(stage.ixconfig["type"]) is RepositoryClass.REMOTE
