"""The search database holds what the repositories hold, whatever happens to it."""

from __future__ import annotations

from devpi_artifactory_compat.storage.search_gateway import searching
from sqlalchemy import select
from support.app import Artifactory


def paths(app: Artifactory) -> list[str]:
    with app.xom.keyfs.read_transaction(), searching(app.xom) as reading:
        items = reading.tables.items
        rows = reading.rows(select(items.c.path, items.c.name, items.c.type))
        return sorted(f"{row.path}/{row.name} {row.type}" for row in rows)


def test_search_sees_what_was_written_before_it(artifactory: Artifactory) -> None:
    artifactory.create("l")
    artifactory.put("l/a/b.txt;k=v")
    assert paths(artifactory) == ["./. folder", "./a folder", "a/b.txt file"]
    artifactory.put("l/a/c.txt;k=v")
    artifactory.delete("l/a/b.txt")
    assert paths(artifactory) == ["./. folder", "./a folder", "a/c.txt file"]
