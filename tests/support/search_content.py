"""All that a search database holds, in a form that two of them can be compared in."""

from __future__ import annotations

from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.storage.search_gateway import search_service
from devpi_artifactory_compat.storage.search_gateway import searching
from sqlalchemy import select
from support.app import Artifactory
from typing import Any
import time


BUILT_WITHIN = 60


def content(app: Artifactory) -> dict[Any, Any]:
    """What a search finds now: by index, type and path all that is known of an item."""
    with app.xom.keyfs.read_transaction(), searching(app.xom) as reading:
        return content_of(reading)


def content_of(reading: Reading) -> dict[Any, Any]:
    """Ids are left out: they tell in which order the items came."""
    tables = reading.tables
    places = {row.id: row.name for row in reading.rows(select(tables.places))}
    properties: dict[int, list[tuple[str, str]]] = {}
    ordered = select(tables.properties).order_by(tables.properties.c.position)
    for row in reading.rows(ordered):
        properties.setdefault(row.item_id, []).append((row.key, row.value))
    counts = {row.item_id: tuple(row[1:]) for row in reading.rows(select(tables.statistics))}
    found = {}
    ids = set()
    for row in reading.rows(select(tables.items)):
        ids.add(row.id)
        columns = {k: v for k, v in row._asdict().items() if k not in {"id", "place_id"}}
        known = (columns, properties.get(row.id, []), counts.get(row.id))
        found[places[row.place_id], row.type, row.path, row.name] = known
    # nothing is left of items that are gone
    assert set(properties) <= ids
    assert set(counts) <= ids
    return found


def generation(app: Artifactory) -> str | None:
    """Who has built what answers."""
    active = search_service(app.xom).active()
    return None if active is None else active.builder


def work(app: Artifactory) -> None:
    """What the thread in the background does, once; tests have no such thread."""
    search_service(app.xom).work(lambda: None)


def rebuild(app: Artifactory) -> None:
    """Returns when what is built answers."""
    asked = search_service(app.xom).ask_for_rebuild()
    deadline = time.monotonic() + BUILT_WITHIN
    while generation(app) != asked.builder:
        assert time.monotonic() < deadline
        # where the thread in the background runs, it may have taken the work
        work(app)
