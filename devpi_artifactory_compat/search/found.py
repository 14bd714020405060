"""Files that a search has found, read from the database as they come."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import DownloadStatistics
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.search.database import Reading
from devpi_artifactory_compat.search.files import FileSearch
from devpi_artifactory_compat.search.tables import ROOT
from itertools import islice
from sqlalchemy import select
from typing import Any


#: files whose properties are read by one statement
_PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """``artifact`` is as its repository shows it, but for ``remote_url``, which is not known here.

    Its properties are there only when they were wanted, and its state is ``indexed`` or
    ``generic``: what waits for indexing is not told apart.
    """

    artifact: Artifact
    downloads: DownloadStatistics


def find(reading: Reading, search: FileSearch, *, properties: bool = False) -> Iterator[Found]:
    """The files in the order of the search, never all in memory."""
    rows = reading.rows(search.statement(reading.tables))
    for page in _pages(rows, _PAGE):
        values = _properties(reading, [row.id for row in page]) if properties else {}
        for row in page:
            yield _found(row, search.keys, values.get(row.id, {}))


def whole_path(path: str, name: str) -> str:
    """The path of a file inside its repository, from the columns of ``items``."""
    return name if path == ROOT else f"{path}/{name}"


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _found(row: Any, keys: Mapping[str, str], properties: Properties) -> Found:
    artifact = Artifact(
        repository=RepositoryKey(keys[row.place]),
        path=whole_path(row.path, row.name),
        size=row.size,
        checksums=Checksums(md5=row.md5 or "", sha1=row.sha1 or "", sha256=row.sha256 or ""),
        created=moment(row.created),
        created_by=row.created_by,
        modified=moment(row.modified),
        modified_by=row.modified_by,
        state=ArtifactState.INDEXED if row.project else ArtifactState.GENERIC,
        project=NormalizedName(row.project) if row.project else None,
        properties=properties,
    )
    downloads = DownloadStatistics()
    if row.downloads:
        last = moment(row.downloaded)
        downloads = DownloadStatistics(
            count=row.downloads, last=last, last_by=row.downloaded_by or ""
        )
    return Found(artifact=artifact, downloads=downloads)


def _properties(reading: Reading, ids: Sequence[int]) -> dict[int, dict[str, tuple[str, ...]]]:
    table = reading.tables.properties
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    statement = (
        select(table.c.item_id, table.c.key, table.c.value)
        .where(table.c.item_id.in_(ids))
        .order_by(table.c.item_id, table.c.position)
    )
    for number, key, value in reading.connection.execute(statement):
        values = found.setdefault(number, {})
        values[key] = (*values.get(key, ()), value)
    return found


def _pages(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rows = iter(rows)
    while page := list(islice(rows, size)):
        yield page
