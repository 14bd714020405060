"""The configuration of one repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories._json import JSON
from devpi_artifactory_compat.repositories._json import freeze
from devpi_artifactory_compat.repositories.fields import FIELDS
from types import MappingProxyType


@dataclass(frozen=True)
class RepositoryConfig:
    """What somebody has set of a repository; ``values`` holds nothing else.

    The accessors give the value of a documented field of any class, or its default. The default
    of ``pyPIRegistryUrl`` is empty and stands for the server's default registry.
    """

    key: RepositoryKey
    rclass: RepositoryClass
    values: Mapping[str, JSON]
    package_type: PackageType = PackageType.PYPI

    def __post_init__(self) -> None:
        frozen = {name: freeze(value) for name, value in self.values.items()}
        object.__setattr__(self, "values", MappingProxyType(frozen))

    def _value(self, name: str) -> JSON:
        return self.values.get(name, FIELDS[name].default)

    def get_bool(self, name: str) -> bool:
        value = self._value(name)
        assert isinstance(value, bool)
        return value

    def get_int(self, name: str) -> int:
        value = self._value(name)
        assert isinstance(value, int)
        return value

    def get_str(self, name: str) -> str:
        value = self._value(name)
        assert isinstance(value, str)
        return value

    def get_list(self, name: str) -> tuple[str, ...]:
        value = self._value(name)
        assert isinstance(value, tuple)
        return value
