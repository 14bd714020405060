"""Projects by what their summaries say."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.generated_properties import SUMMARY
from devpi_artifactory_compat.search.database import Reading
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select


def projects_with_summary(
    reading: Reading, index: str, terms: Collection[str]
) -> Iterator[NormalizedName]:
    """The projects of an index with a file whose summary holds one of the terms, in any case.

    Each once, by name.
    """
    items, places, properties = (
        reading.tables.items,
        reading.tables.places,
        reading.tables.properties,
    )
    folded = func.lower(properties.c.value)
    statement = (
        select(items.c.project)
        .distinct()
        .join(places, places.c.id == items.c.place_id)
        .join(properties, properties.c.item_id == items.c.id)
        .where(
            places.c.name == index,
            items.c.project.is_not(None),
            properties.c.key == SUMMARY,
            or_(*(folded.contains(term.lower(), autoescape=True) for term in terms)),
        )
        .order_by(items.c.project)
    )
    for (project,) in reading.rows(statement):
        yield NormalizedName(project)
