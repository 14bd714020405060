"""Artifactory's repository configuration JSON: read, updated, shown, and kept in devpi.

As with Artifactory, an unknown field is ignored and null means absent; what is wrong is refused
with its name, all faults at once.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories._answers import list_entry
from devpi_artifactory_compat.repositories._answers import to_json
from devpi_artifactory_compat.repositories._json import JSON
from devpi_artifactory_compat.repositories._members import check_members
from devpi_artifactory_compat.repositories._options import OPTION_NAMES
from devpi_artifactory_compat.repositories._options import from_options
from devpi_artifactory_compat.repositories._options import package_type_of
from devpi_artifactory_compat.repositories._options import parse_option
from devpi_artifactory_compat.repositories._options import parse_package_type
from devpi_artifactory_compat.repositories._options import to_options
from devpi_artifactory_compat.repositories._record import RepositoryConfig
from devpi_artifactory_compat.repositories._registry import registry_page_url
from devpi_artifactory_compat.repositories._registry import split_mirror_url
from devpi_artifactory_compat.repositories._values import check_value
from devpi_artifactory_compat.repositories.fields import fields_of
from devpi_artifactory_compat.repositories.keys import check_repository_key
from devpi_artifactory_compat.repositories.keys import same_key


__all__ = [
    "OPTION_NAMES",
    "RepositoryConfig",
    "check_members",
    "from_options",
    "list_entry",
    "merge_update",
    "package_type_of",
    "parse_new",
    "parse_option",
    "registry_page_url",
    "split_mirror_url",
    "to_json",
    "to_options",
]

_CLASSES = "local, remote or virtual"


def parse_new(key: str, body: object, *, default_registry: str) -> RepositoryConfig:
    """The configuration of a repository to be created under a key.

    ``rclass`` must be there, and ``url`` for a remote repository; an absent ``packageType`` means
    ``pypi``. Fields that the class, or the package type, does not have are ignored.

    Raises InvalidConfiguration with every fault.
    """
    sent = _sent(body)
    rclass, class_faults = _class_of(sent)
    package_type, type_faults = _package_type_of(sent)
    faults = [*_key_faults(key, rclass, sent), *class_faults, *type_faults]
    values: dict[str, JSON] = {}
    if rclass is not None:
        values, value_faults = _values(rclass, package_type, sent)
        faults += value_faults
    if rclass is RepositoryClass.REMOTE and sent.get("url", "") == "":
        faults.append(_url_required(default_registry))
    if rclass is None or faults:
        raise InvalidConfiguration(faults)
    return RepositoryConfig(RepositoryKey(key), rclass, values, package_type)


def merge_update(
    old: RepositoryConfig,
    body: object,
    *,
    default_registry: str,
    known_keys: Collection[str] | None = None,
) -> RepositoryConfig:
    """The configuration after an update: what was not sent or null keeps its value.

    Key, class and package type cannot change. With ``known_keys``, the keys of all repositories,
    a ``defaultDeploymentRepo`` that is none of them becomes empty: so clients take back a target,
    because Artifactory does not let them send an empty one.

    Raises InvalidConfiguration with every fault.
    """
    sent = _sent(body)
    values, value_faults = _values(old.rclass, old.package_type, sent)
    faults = [*_changed_identity_faults(old, sent), *value_faults]
    if values.get("url") == "":
        faults.append(_url_required(default_registry))
    if faults:
        raise InvalidConfiguration(faults)
    target = values.get("defaultDeploymentRepo")
    if isinstance(target, str) and known_keys is not None and not _is_known(target, known_keys):
        values["defaultDeploymentRepo"] = ""
    return replace(old, values={**old.values, **values})


def _sent(body: object) -> Mapping[str, object]:
    if not isinstance(body, Mapping):
        raise InvalidConfiguration(["The configuration of a repository must be a JSON object."])
    return {name: value for name, value in body.items() if value is not None}


def _values(
    rclass: RepositoryClass, package_type: PackageType, sent: Mapping[str, object]
) -> tuple[dict[str, JSON], list[str]]:
    """The values of the repository's fields, and what is wrong with others."""
    values: dict[str, JSON] = {}
    faults: list[str] = []
    for name, field in fields_of(rclass, package_type).items():
        if name not in sent:
            continue
        try:
            value = check_value(field, sent[name])
        except InvalidConfiguration as invalid:
            faults += invalid.faults
        else:
            if field.kept:
                values[name] = value
    return values, faults


def _class_of(sent: Mapping[str, object]) -> tuple[RepositoryClass | None, list[str]]:
    rclass = sent.get("rclass")
    if rclass is None:
        return None, [f"Field 'rclass' is required: {_CLASSES}."]
    if not isinstance(rclass, str):
        return None, ["Field 'rclass' must be a string."]
    if rclass.lower() == "federated":
        reason = "repositories are not synchronised between servers"
        return None, [f"Field 'rclass' must be {_CLASSES}, not 'federated': {reason}."]
    try:
        return RepositoryClass(rclass.lower()), []
    except ValueError:
        return None, [f"Field 'rclass' must be {_CLASSES}, not {rclass[:64]!a}."]


def _package_type_of(sent: Mapping[str, object]) -> tuple[PackageType, tuple[str, ...]]:
    """With faults, the type whose fields are looked at all the same."""
    try:
        return parse_package_type(sent.get("packageType"), "Field 'packageType'"), ()
    except InvalidConfiguration as invalid:
        return PackageType.PYPI, invalid.faults


def _key_faults(
    key: str, rclass: RepositoryClass | None, sent: Mapping[str, object]
) -> Iterator[str]:
    try:
        check_repository_key(key, rclass=rclass)
    except InvalidConfiguration as invalid:
        yield from invalid.faults
    if sent.get("key", key) != key:
        yield "Field 'key' must be the key in the URL, or absent."


def _changed_identity_faults(old: RepositoryConfig, sent: Mapping[str, object]) -> Iterator[str]:
    if sent.get("key", old.key) != old.key:
        yield f"Field 'key' must be '{old.key}': the key of a repository cannot change."
    if not _says(sent, "rclass", old.rclass):
        yield f"Field 'rclass' must be '{old.rclass}': the class of a repository cannot change."
    if not _says(sent, "packageType", old.package_type):
        yield (
            f"Field 'packageType' must be '{old.package_type}': the package type of a repository "
            "cannot change."
        )


def _says(sent: Mapping[str, object], name: str, expected: str) -> bool:
    value = sent.get(name, expected)
    return isinstance(value, str) and value.lower() == expected


def _url_required(default_registry: str) -> str:
    return f"Field 'url' is required for a remote repository, for example {default_registry}"


def _is_known(key: str, known_keys: Collection[str]) -> bool:
    return any(same_key(key, known) for known in known_keys)
