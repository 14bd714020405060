"""Every field of every domain of AQL, with its type and what it may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class FieldInfo:
    """``is_default``: shown when a query includes nothing; ``is_comparable``: may be compared and
    sorted by; ``meaning`` is what it holds, for people.
    """

    type: FieldType
    meaning: str
    is_default: bool = True
    is_comparable: bool = True
