"""The columns behind the fields of AQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.tables import Tables
from sqlalchemy import case
from sqlalchemy.sql.expression import ColumnElement
from types import MappingProxyType
from typing import Any


REPO = Field(Domain.ITEMS, "repo")
TYPE = Field(Domain.ITEMS, "type")
KEY = Field(Domain.PROPERTIES, "key")
VALUE = Field(Domain.PROPERTIES, "value")

#: columns of ``items`` that fields are read from; what is not here has the name of its column
_ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "repo": "place_id",
        "virtual_repos": "place_id",
        # a change of properties alone has no time of its own
        "updated": "modified",
        "actual_md5": "md5",
        "actual_sha1": "sha1",
        # only what agrees with the content is stored
        "original_md5": "md5",
        "original_sha1": "sha1",
    }
)

#: fields of which the head alone is indexed
_WITH_HEAD = frozenset({Field(Domain.ITEMS, "path"), VALUE})

_COUNTED_HERE = frozenset({"downloads", "downloaded", "downloaded_by"})
_COUNTED_ELSEWHERE = frozenset({"remote_downloads", "remote_downloaded"})


@dataclass(frozen=True)
class Columns:
    """Those of one generation of tables."""

    tables: Tables

    def of(self, field: Field) -> ColumnElement[Any] | None:
        """None for what nothing is known of; of ``repo`` the number of the place."""
        if field.domain is Domain.ITEMS:
            return self.tables.items.c[column_name(field)]
        if field.domain is Domain.PROPERTIES:
            return self.tables.properties.c[field.name]
        if field.domain is Domain.STATS:
            return self._of_statistics(field.name)
        return None

    def _of_statistics(self, name: str) -> ColumnElement[Any] | None:
        statistics = self.tables.statistics
        if name in _COUNTED_HERE:
            return statistics.c[name]
        if name in _COUNTED_ELSEWHERE:
            # no other server tells us of its downloads: there were none, and the last was never
            return case((statistics.c.item_id.is_not(None), 0))
        return None

    def is_nullable(self, field: Field) -> bool:
        """Statistics are there for what was downloaded only."""
        if field.domain is Domain.STATS:
            return True
        column = self.of(field)
        return column is None or bool(getattr(column, "nullable", True))


def has_head(field: Field) -> bool:
    """Whether only the head of its text is indexed."""
    return field in _WITH_HEAD


def column_name(field: Field) -> str:
    """The name of the column of ``items`` behind a field."""
    return _ITEMS.get(field.name, field.name)
