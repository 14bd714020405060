"""A search database that is filled with the rows of a test."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.database import SearchDatabase
from devpi_artifactory_compat.search.tables import SCHEMA
from devpi_artifactory_compat.search.tables import common
from devpi_artifactory_compat.search.tables import generations
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.search.writing import Writer
from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from sqlalchemy import insert


class Searchable:
    """Generation "a" answers, and is empty at first; what is added is there at once."""

    def __init__(self, url: str) -> None:
        self.database = SearchDatabase(url)
        self._tables = tables("a")
        with self.database.writing() as connection:
            for metadata in (common(), self._tables.metadata):
                metadata.drop_all(connection)
                metadata.create_all(connection)
            connection.execute(
                insert(generations).values(
                    letter="a",
                    schema_version=SCHEMA,
                    server="",
                    serial=0,
                    mark="",
                    builder="",
                    is_active=True,
                    done=0,
                    total=0,
                    touched=0,
                )
            )

    def close(self) -> None:
        self.database.close()

    def add(
        self,
        place: str,
        path: str,
        *,
        body: bytes = b"some bytes",
        created: int = 1_000,
        modified: int = 2_000,
        project: str | None = None,
        properties: Mapping[str, Sequence[str]] | None = None,
        downloaded: int | None = None,
    ) -> None:
        """A file; times are milliseconds."""
        each = ItemId(place, sha256(path.encode()).digest(), is_folder=False)
        item = Item(
            whole_path=path,
            created=created,
            created_by="alice",
            modified=modified,
            modified_by="bob",
            size=len(body),
            md5=md5(body).hexdigest(),
            sha1=sha1(body).hexdigest(),
            sha256=sha256(body).hexdigest(),
            project=project,
            properties=properties or {},
        )
        downloads = {}
        if downloaded is not None:
            downloads[each] = Downloads(count=3, last=downloaded, last_by="carol")
        self._apply(Changes(items={each: item}, downloads=downloads))

    def add_folder(self, place: str, path: str, **properties: Sequence[str]) -> None:
        each = ItemId(place, sha256(path.encode()).digest(), is_folder=True)
        item = Item(
            whole_path=path,
            created=1_000,
            created_by="alice",
            modified=1_000,
            modified_by="alice",
            properties=properties,
        )
        self._apply(Changes(items={each: item}))

    def _apply(self, changes: Changes) -> None:
        with self.database.writing() as connection:
            Writer(connection, self._tables).apply(changes)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        with self.database.reading() as reading:
            yield reading
