"""Projects by what their summaries say."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.generated_properties import SUMMARY
from devpi_artifactory_compat.search.constructs import Folded
from devpi_artifactory_compat.search.constructs import Unindexed
from devpi_artifactory_compat.search.database import Reading
from sqlalchemy import or_
from sqlalchemy import select


def projects_with_summary(
    reading: Reading, index: str, terms: Collection[str]
) -> Iterator[NormalizedName]:
    """The projects of an index with a file whose summary holds one of the terms, in any case.

    Each once, by name.
    """
    tables = reading.tables
    items, places, properties = tables.items.c, tables.places.c, tables.properties.c
    folded = Folded(properties.value)
    statement = (
        select(items.project)
        .distinct()
        .where(
            places.name == index,
            items.place_id == places.id,
            items.project.is_not(None),
            properties.item_id == items.id,
            Unindexed(properties.key) == SUMMARY,
            or_(*(folded.contains(term.lower(), autoescape=True) for term in terms)),
        )
        .order_by(items.project)
    )
    for (project,) in reading.rows(statement):
        yield NormalizedName(project)
