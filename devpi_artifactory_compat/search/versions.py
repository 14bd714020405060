"""Which versions there are of a project, or of what has a property ``version``."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.generated_properties import VERSION
from devpi_artifactory_compat.search.constructs import Unindexed
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.tables import FILE
from devpi_artifactory_compat.search.tables import Tables
from sqlalchemy import ColumnElement
from sqlalchemy import Select
from sqlalchemy import select
from typing import Any


#: by which "Artifact Latest Version Search Based on Properties" compares
VERSION_PROPERTY = "version"


def project_versions(
    reading: Reading, indexes: Collection[str], project: NormalizedName, *, limit: int
) -> list[str]:
    """The versions of indexed distributions, each once, in no order; not more than ``limit``."""
    tables = reading.tables
    items, properties = tables.items.c, tables.properties.c
    statement = _values(tables, indexes).where(
        items.place_id == tables.places.c.id,
        items.project == project,
        Unindexed(properties.key) == VERSION,
    )
    return list(_scalars(reading, statement.limit(limit)))


def property_versions(
    reading: Reading, indexes: Collection[str], conditions: Sequence[Condition]
) -> Iterator[str]:
    """The values of the property ``version`` of files, each once, in no order."""
    tables = reading.tables
    place_id: ColumnElement[int] = tables.items.c.place_id
    key: ColumnElement[str] = tables.properties.c.key
    if all(condition.finds_items for condition in conditions):
        place_id = Unindexed(place_id)
    else:
        key = Unindexed(key)
    statement = _values(tables, indexes).where(
        place_id == tables.places.c.id,
        key == VERSION_PROPERTY,
        *(condition.of(tables) for condition in conditions),
    )
    yield from _scalars(reading, statement)


def _values(tables: Tables, indexes: Collection[str]) -> Select[Any]:
    """The values of properties of the files of some indexes, each once."""
    items, places, properties = tables.items.c, tables.places.c, tables.properties.c
    return (
        select(properties.value)
        .distinct()
        .where(
            properties.item_id == items.id,
            items.type == FILE,
            places.name.in_(sorted(indexes)),
        )
    )


def _scalars(reading: Reading, statement: Select[Any]) -> Iterator[str]:
    for (value,) in reading.rows(statement):
        yield value
