"""A search database with as many artifacts as wanted, the same at each run."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.search.writing import Writer
from hashlib import sha256
from pathlib import Path
from sqlalchemy import select
import sys
import time


#: the artifacts are spread over these repositories, project by project
REPOSITORIES = tuple(f"local-{number}" for number in range(5))

FILES_OF_A_PROJECT = 20

#: as many artifacts have the property ``rare``
RARE = 20

_BATCH = 5_000
_START = 1_700_000_000_000


def place_of(repository: str) -> str:
    """devpi's index behind a repository."""
    return f"repo/{repository}"


def project_of(number: int) -> str:
    return f"project-{number // FILES_OF_A_PROJECT}"


def fill(database: Path, count: int) -> float:
    """Write ``count`` artifacts of six properties each; how many came in each second."""
    search = SearchDatabase(f"sqlite:///{database}")
    begin = time.perf_counter()
    try:
        with search.engine.connect() as connection:
            letter = connection.scalar(select(generations.c.letter).where(generations.c.is_active))
        assert letter is not None, "the server has no search database yet"
        for start in range(0, count, _BATCH):
            changes = Changes(items=dict(_artifacts(start, min(count, start + _BATCH), count)))
            with search.engine.begin() as connection:
                Writer(connection, tables(letter)).apply(changes)
            if start % (10 * _BATCH) == 0:
                print(f"{start} of {count} artifacts are written", file=sys.stderr)
    finally:
        search.close()
    return count / (time.perf_counter() - begin)


def _artifacts(start: int, end: int, count: int) -> Iterator[tuple[ItemId, Item]]:
    for number in range(start, end):
        project = project_of(number)
        version = f"1.{number % FILES_OF_A_PROJECT}"
        name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
        path = f"{project}/{version}/{name}"
        digest = sha256(path.encode())
        checksum = sha256(digest.digest()).hexdigest()
        repository = REPOSITORIES[number // FILES_OF_A_PROJECT % len(REPOSITORIES)]
        # whichever order artifacts came in, it is not that of their names
        created = _START + number * 7_919_000 % (count * 1_000)
        yield (
            ItemId(place_of(repository), digest.digest(), is_folder=False),
            Item(
                whole_path=path,
                size=int(checksum[:6], 16),
                created=created,
                created_by="jenkins",
                modified=created,
                modified_by="jenkins",
                md5=checksum[:32],
                sha1=checksum[:40],
                sha256=checksum,
                project=project,
                properties={
                    "pypi.name": [project],
                    "pypi.version": [version],
                    "pypi.summary": [f"What {project} is good for"],
                    "build.name": [f"build-{number % 1_000}"],
                    "build.number": [str(number % 500)],
                    "qa": ["rare" if number % (count // RARE) == 0 else f"run-{number % 9}"],
                },
            ),
        )
