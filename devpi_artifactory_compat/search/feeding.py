"""Brings a generation from one change of the server to a later one."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.generations import Generation
from devpi_artifactory_compat.search.generations import change
from devpi_artifactory_compat.search.generations import lock
from devpi_artifactory_compat.search.generations import now
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.search.writing import Writer


@dataclass(frozen=True, kw_only=True)
class Batch:
    """All that was changed after the serial ``start``, up to ``end``.

    ``mark`` tells the change ``end`` from another one of the same serial, in a server's other life.
    """

    start: int
    end: int
    mark: str
    changes: Changes


def advance(
    database: SearchDatabase, generation: Generation, batch: Batch, *, total: int = 0
) -> int | None:
    """The serial that the generation has reached, by this or by somebody else.

    None when the generation is no longer there, or is another builder's. ``total`` is told to who
    waits for a generation that is being built.
    """
    with database.writing() as connection:
        known = lock(connection, generation.letter)
        if known is None or known.builder != generation.builder:
            return None
        # with what is in it already the batch comes to the same: each change is the newest state
        if not batch.start <= known.serial < batch.end:
            return known.serial
        Writer(connection, tables(known.letter)).apply(batch.changes)
        progress = {} if known.is_active else {"done": batch.end + 1, "total": total}
        touched = {} if known.is_active else {"touched": now(connection)}
        change(connection, known.letter, serial=batch.end, mark=batch.mark, **progress, **touched)
        return batch.end
