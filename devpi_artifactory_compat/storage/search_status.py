"""What there is to tell of the search database."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.errors import SearchTooLong
from devpi_artifactory_compat.errors import SearchUnavailable
from devpi_artifactory_compat.search.building import is_alive
from devpi_artifactory_compat.search.faults import shown
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.search.generations import active_of
from devpi_artifactory_compat.search.generations import all_generations
from devpi_artifactory_compat.search.generations import building_of
from devpi_artifactory_compat.search.generations import now
from devpi_artifactory_compat.storage.search_feed import newest_serial
from devpi_artifactory_compat.storage.search_service import SearchService
from devpi_server.keyfs import KeyFS
from sqlalchemy import func
from sqlalchemy import select


@dataclass(frozen=True, kw_only=True)
class SearchStatus:
    """``url`` is without its password, ``size`` in bytes and None for what is no file.

    ``items`` is how many files and folders answer searches; None when that cannot be told now.
    ``problem`` is why the database cannot be used, in the words of the log; "" when it can.
    """

    kind: str
    url: str
    size: int | None
    server_serial: int
    active: Generation | None = None
    items: int | None = None
    building: Generation | None = None
    problem: str = ""


def search_status(service: SearchService, keyfs: KeyFS) -> SearchStatus:
    """Never fails for what is wrong with the database."""
    found: list[Generation] = []
    items, problem, moment = None, "", 0
    try:
        with service.faults_told():
            service.state.open()
            with service.database.looking() as connection:
                found, moment = all_generations(connection), now(connection)
            items = _count(service) if active_of(found) else None
    except (SearchUnavailable, SearchTooLong) as exc:
        problem = service.state.problem or str(exc)
    builder = building_of(found)
    return SearchStatus(
        kind=service.database.url.get_backend_name(),
        url=shown(service.database.url),
        size=service.state.file.size(),
        server_serial=newest_serial(keyfs),
        active=active_of(found),
        items=items,
        building=builder if builder is not None and is_alive(builder, moment) else None,
        problem=problem,
    )


def _count(service: SearchService) -> int:
    with service.database.reading() as reading:
        return (
            reading.connection.scalar(select(func.count()).select_from(reading.tables.items)) or 0
        )
