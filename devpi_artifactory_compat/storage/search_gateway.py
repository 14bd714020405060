"""Searches in the running transaction: they see what was written before it began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.storage.search_service import SearchService
from devpi_server.main import XOM
from pathlib import Path
from sqlalchemy import URL
from typing import cast


#: in the directory of the server
FILE_NAME = "artifactory-search.sqlite"

_PLACE = "+artifactory"
_NAME = "search"


def start_search(xom: XOM, *, url: URL | None, timeout: float) -> SearchService:
    """Set the service up, once; nothing is opened yet. ``timeout`` is that of one search."""
    path = Path(xom.config.server_path) / FILE_NAME
    database = SearchDatabase(
        URL.create("sqlite", database=str(path)) if url is None else url, timeout=timeout
    )
    service = SearchService(xom, database)
    xom.set_singleton(_PLACE, _NAME, service)
    return service


def search_service(xom: XOM) -> SearchService:
    return cast("SearchService", xom.get_singleton(_PLACE, _NAME))


@contextmanager
def searching(xom: XOM) -> Iterator[Reading]:
    """A reading of the search database in which is all that was written before now.

    The transaction may read anew by this. Raises SearchUnavailable when there is no such reading
    within some seconds, and SearchTooLong when what is done in it takes too long.
    """
    catch_up(xom)
    with search_service(xom).searching(xom.keyfs.tx.at_serial) as reading:
        yield reading
