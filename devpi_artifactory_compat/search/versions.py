"""Which versions there are of a project, or of what has a property ``version``."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.generated_properties import VERSION
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.tables import FILE
from devpi_artifactory_compat.search.tables import Tables
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
    statement = _values(tables, indexes, VERSION).where(tables.items.c.project == project)
    return list(_scalars(reading, statement.limit(limit)))


def property_versions(
    reading: Reading, indexes: Collection[str], conditions: Sequence[Condition]
) -> Iterator[str]:
    """The values of the property ``version`` of files, each once, in no order."""
    tables = reading.tables
    statement = _values(tables, indexes, VERSION_PROPERTY)
    yield from _scalars(reading, statement.where(*(each(tables) for each in conditions)))


def _values(tables: Tables, indexes: Collection[str], key: str) -> Select[tuple[str]]:
    """The values of one property of the files of some indexes, each once."""
    items, places, properties = tables.items, tables.places, tables.properties
    statement: Select[Any] = (
        select(properties.c.value)
        .distinct()
        .join(items, items.c.id == properties.c.item_id)
        .join(places, places.c.id == items.c.place_id)
        .where(
            items.c.type == FILE,
            places.c.name.in_(sorted(indexes)),
            properties.c.key == key,
        )
    )
    return statement


def _scalars(reading: Reading, statement: Select[tuple[str]]) -> Iterator[str]:
    for (value,) in reading.rows(statement):
        yield value
