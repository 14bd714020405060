"""A repository's configuration as options of a devpi index.

A field that acts is an option of its own, so that ``devpi index`` can show and set it; the other
fields are kept together in one. The package type is an option when it is not PyPI's. The members
of a virtual repository are the index's bases, and the key is the index's own matter: neither is
among the options that are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories._json import JSON
from devpi_artifactory_compat.repositories._json import thaw
from devpi_artifactory_compat.repositories._record import RepositoryConfig
from devpi_artifactory_compat.repositories._values import check_value
from devpi_artifactory_compat.repositories.fields import FIELDS
from devpi_artifactory_compat.repositories.fields import Field
from devpi_artifactory_compat.repositories.fields import FieldType
from devpi_artifactory_compat.repositories.fields import fields_of
from devpi_artifactory_compat.repositories.fields import option_name
from devpi_artifactory_compat.repositories.keys import check_repository_key
from itertools import chain
import json
import re


KEY_OPTION = "artifactory_key"
FIELDS_OPTION = "artifactory_fields"
PACKAGE_TYPE_OPTION = "artifactory_package_type"

MAX_FIELDS_TEXT = 300_000

_MEMBERS = "repositories"

_OPTIONS: Mapping[str, Field] = {
    option_name(field): field for field in FIELDS.values() if field.acts and field.name != _MEMBERS
}

OPTION_NAMES = frozenset({KEY_OPTION, PACKAGE_TYPE_OPTION, FIELDS_OPTION, *_OPTIONS})

#: what has no option of its own, for classes that are not known yet
_OTHER_FIELDS: Mapping[str, Field] = {
    name: field
    for name, field in chain(FIELDS.items(), *(fields_of(c).items() for c in RepositoryClass))
    if field.kept and (name not in FIELDS or not FIELDS[name].acts)
}

_NUMBER = re.compile("[0-9]{1,10}")

_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def to_options(config: RepositoryConfig) -> dict[str, JSON]:
    """The options that keep what was set; what was not set has none."""
    options: dict[str, JSON] = {
        option: thaw(config.values[field.name])
        for option, field in _OPTIONS.items()
        if field.name in config.values
    }
    options[FIELDS_OPTION] = {
        name: thaw(value) for name, value in config.values.items() if name in _OTHER_FIELDS
    }
    if config.package_type is not PackageType.PYPI:
        options[PACKAGE_TYPE_OPTION] = config.package_type.value
    return options


def from_options(
    options: Mapping[str, object],
    *,
    key: RepositoryKey,
    rclass: RepositoryClass,
    repositories: Sequence[str] | None = None,
) -> RepositoryConfig:
    """The configuration that an index's options keep; other options are ignored.

    Values may be text, as devpi-client sends them. ``repositories`` are the members of a virtual
    repository.

    Raises InvalidConfiguration with every fault.
    """
    values: dict[str, JSON] = {}
    faults: list[str] = []
    package_type = package_type_of(options)
    mine = fields_of(rclass, package_type)
    for option, value in options.items():
        try:
            values |= _values_in(option, value, mine)
        except InvalidConfiguration as invalid:
            faults += invalid.faults
    if faults:
        raise InvalidConfiguration(faults)
    if repositories is not None:
        values[_MEMBERS] = tuple(repositories)
    kept = {name: value for name, value in values.items() if name in mine}
    return RepositoryConfig(key, rclass, kept, package_type)


def package_type_of(options: Mapping[str, object]) -> PackageType:
    """That of an index; one that does not say is PyPI's. Raises InvalidConfiguration."""
    return parse_package_type(options.get(PACKAGE_TYPE_OPTION), f"Option '{PACKAGE_TYPE_OPTION}'")


def parse_package_type(value: object, label: str) -> PackageType:
    """A package type in any case; None stands for PyPI's.

    Raises InvalidConfiguration that calls the value by its label.
    """
    if value is None:
        return PackageType.PYPI
    if not isinstance(value, str):
        raise InvalidConfiguration([f"{label} must be {FieldType.STR}."])
    try:
        return PackageType(value.lower())
    except ValueError:
        known = " and ".join(f"'{known}'" for known in PackageType)
        fault = (
            f"Package type {value[:64]!a} is not supported: this server has repositories of "
            f"package type {known} only."
        )
        raise InvalidConfiguration([fault]) from None


def _values_in(option: str, value: object, mine: Mapping[str, Field]) -> Mapping[str, JSON]:
    """The values that one option keeps, of these fields and maybe of others that do not act."""
    if value is None:
        return {}
    if option == FIELDS_OPTION:
        return _other_fields(value, f"Option '{option}'")
    field = _OPTIONS.get(option)
    if field is None or field.name not in mine:
        return {}
    return {field.name: parse_option(option, value)}


def parse_option(name: str, value: object) -> JSON:
    """The value of one option as it is to be kept, given as JSON or as text.

    Raises InvalidConfiguration for a value that makes no sense and for an unknown option.
    """
    label = f"Option '{name}'"
    if name == KEY_OPTION:
        if not isinstance(value, str):
            raise InvalidConfiguration([f"{label} must be {FieldType.STR}."])
        return check_repository_key(value)
    if name == PACKAGE_TYPE_OPTION:
        return parse_package_type(value, label).value
    if name == FIELDS_OPTION:
        return _other_fields(value, label)
    field = _OPTIONS.get(name)
    if field is None:
        raise InvalidConfiguration([f"Option {name[:64]!a} is not known."])
    return thaw(check_value(field, _from_text(field, value), label=label))


def _from_text(field: Field, value: object) -> object:
    """What a text stands for in a field of another type; anything else as it is."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if field.type is FieldType.BOOL:
        return _BOOLEANS.get(text, value)
    if field.type is FieldType.INT and _NUMBER.fullmatch(text):
        return int(text)
    return value


def _other_fields(value: object, label: str) -> dict[str, JSON]:
    if isinstance(value, str):
        value = _load(value, label)
    if not isinstance(value, Mapping):
        raise InvalidConfiguration([f"{label} must be {FieldType.OBJECT}."])
    faults: list[str] = []
    kept: dict[str, JSON] = {}
    for name, field in _OTHER_FIELDS.items():
        if value.get(name) is None:
            continue
        try:
            kept[name] = thaw(check_value(field, value[name], label=f"{label}: field '{name}'"))
        except InvalidConfiguration as invalid:
            faults += invalid.faults
    if faults:
        raise InvalidConfiguration(faults)
    return kept


def _load(text: str, label: str) -> object:
    if len(text) <= MAX_FIELDS_TEXT:
        try:
            loaded: object = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            return loaded
    raise InvalidConfiguration([f"{label} must be {FieldType.OBJECT}."])
