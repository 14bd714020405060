"""Whether what is in the database can answer searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.search.generations import active_of
from devpi_artifactory_compat.search.generations import all_generations
from devpi_artifactory_compat.search.generations import lock_all
from devpi_artifactory_compat.search.tables import LETTERS
from devpi_artifactory_compat.search.tables import SCHEMA
from devpi_artifactory_compat.search.tables import common
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from sqlalchemy import Connection
from sqlalchemy import MetaData
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import inspect
from sqlalchemy import select


@dataclass(frozen=True, kw_only=True)
class Server:
    """The server that a database is for.

    ``newest`` is asked for the serial of its last change, ``mark_of`` for the mark of one.
    """

    uuid: str
    newest: Callable[[], int]
    mark_of: Callable[[int], str]


def prepare(database: SearchDatabase) -> bool:
    """Let there be the table that says which generations there are; True when it was there."""
    with database.looking() as connection:
        if _is_complete(connection, common()):
            return True
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            # others may have come here as well
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(generations.name))))
        if not _is_complete(connection, common()):
            for letter in LETTERS:
                tables(letter).metadata.drop_all(connection)
            common().drop_all(connection)
            common().create_all(connection)
    return False


def fault_of_active(database: SearchDatabase, server: Server) -> str | None:
    """Why the generation that answers must not; None when it may, or when there is none."""
    with database.looking() as connection:
        active = active_of(all_generations(connection))
        complete = active is not None and _is_complete(connection, tables(active.letter).metadata)
    if active is None:
        return None
    if active.schema_version != SCHEMA:
        return f"is of schema {active.schema_version} and not {SCHEMA}"
    if active.server != server.uuid:
        return "is that of another server"
    if not complete:
        return "lacks tables or columns"
    return _fault_of_serial(active, server)


def _fault_of_serial(active: Generation, server: Server) -> str | None:
    # in this order: others may write meanwhile
    newest = server.newest()
    if active.serial > newest:
        return f"has reached the change {active.serial}, and the server has {newest} only"
    if server.mark_of(active.serial) != active.mark:
        return f"knows another change {active.serial} than the server"
    return None


def retire_active(database: SearchDatabase) -> None:
    """Nothing answers from now on."""
    with database.writing() as connection:
        lock_all(connection)
        connection.execute(delete(generations).where(generations.c.is_active))


def _is_complete(connection: Connection, wanted: MetaData) -> bool:
    found = inspect(connection)
    present = set(found.get_table_names())
    return all(
        table.name in present
        and {column.name for column in table.columns}
        <= {column["name"] for column in found.get_columns(table.name)}
        for table in wanted.sorted_tables
    )
