"""What administrators do to the cache of a remote repository: delete from it, and zap it."""

from __future__ import annotations

from collections import defaultdict
from devpi_artifactory_compat.storage.keys import all_records
from devpi_artifactory_compat.storage.keys import state_key
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import delete_entry
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from packaging.utils import NormalizedName
from packaging.utils import canonicalize_name


class CacheAdmin:
    """Acts on the mirror behind one remote repository, in a write transaction."""

    def __init__(self, xom: XOM, stage: MirrorStage) -> None:
        self._xom = xom
        self._stage = stage
        self._records = Records(xom, stage.username, stage.index)

    def delete(self, path: str) -> int:
        """Delete the file at a path, or all files below it; "" means all. How many there were.

        A file that is deleted here comes back from the upstream when somebody asks for it.
        """
        deleted = 0
        for project, paths in self._below(path).items():
            if not project:
                deleted += self._delete_plain(paths)
                continue
            shelf = self._records.shelf(project)
            for found, entry in paths:
                delete_entry(self._xom, entry)
                self._records.forget(shelf, found)
                deleted += 1
            self._records.save_shelf(project, shelf)
            # devpi's own page of the project holds links to what is gone
            self._stage.clear_simplelinks_cache(project)
        return deleted

    def _delete_plain(self, paths: list[tuple[str, str]]) -> int:
        """Files of no project, which devpi does not know."""
        for found, entry in paths:
            delete_entry(self._xom, entry)
            self._records.delete_record(found)
        return len(paths)

    def _below(self, path: str) -> dict[NormalizedName, list[tuple[str, str]]]:
        """Paths and devpi's entries by project, under an empty name those that have none."""
        found: dict[NormalizedName, list[tuple[str, str]]] = defaultdict(list)
        for data in all_records(self._xom, self._stage.username, self._stage.index):
            if not path or data["path"] == path or data["path"].startswith(f"{path}/"):
                found[canonicalize_name(data["project"])].append((data["path"], data["entry"]))
        return found

    def zap(self, now: float) -> None:
        """Let every page count as old: the next request of each asks the upstream."""
        with state_key(self._xom, self._stage.username, self._stage.index).update() as state:
            state["zapped"] = now
