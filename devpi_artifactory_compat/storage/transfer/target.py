"""The server that is imported into, as the kinds of records write it; devpi's part is there."""

from __future__ import annotations

from collections import Counter
from devpi_artifactory_compat.storage.cached_files import CachedRelease
from devpi_artifactory_compat.storage.cached_files import adopt
from devpi_artifactory_compat.storage.indexes import is_remote
from devpi_artifactory_compat.storage.blobs import give
from devpi_artifactory_compat.storage.blobs import store_blob
from devpi_artifactory_compat.storage.transfer.content import ContentFolder
from devpi_server.filestore import BaseFileEntry
from devpi_server.filestore import Digests
from devpi_server.filestore import MutableFileEntry
from devpi_server.filestore import make_splitdir
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from functools import partial


class Target:
    """Needs a transaction that writes for all but its counters.

    ``left_out`` counts by index the lines of indexes that devpi was told to skip.
    """

    def __init__(self, xom: XOM, content: ContentFolder) -> None:
        self.xom = xom
        self._content = content
        self._remotes: dict[str, bool | None] = {}
        self.left_out: Counter[str] = Counter()

    def has_index(self, index: str) -> bool:
        if self._kind(index) is None:
            self.left_out[index] += 1
            return False
        return True

    def is_remote(self, index: str) -> bool:
        return bool(self._kind(index))

    def _kind(self, index: str) -> bool | None:
        if index not in self._remotes:
            stage = self.xom.model.getstage(index)
            self._remotes[index] = None if stage is None else is_remote(stage)
        return self._remotes[index]

    def release_entry(self, index: str, filename: str, sha256: str) -> BaseFileEntry | None:
        """devpi's entry of a distribution that devpi's own import has brought."""
        user, _, name = index.partition("/")
        hashdir_a, hashdir_b = make_splitdir(f"sha256={sha256}")
        key = self.xom.keyfs.STAGEFILE(
            user=user, index=name, hashdir_a=hashdir_a, hashdir_b=hashdir_b, filename=filename
        )
        entry = self.xom.filestore.get_file_entry_from_key(key) if key.exists() else None
        if entry is None or entry.hashes.get("sha256") != sha256 or not entry.file_exists():
            return None
        return entry

    def store_blob(self, index: str, filename: str, sha256: str) -> str:
        """Store a file that is no distribution; devpi's path of it."""
        user, _, name = index.partition("/")
        with self._content.open(sha256) as (file, source):
            return store_blob(
                self.xom,
                user=user,
                index=name,
                filename=filename,
                sha256=sha256,
                file=file,
                source=source,
            )

    def store_sidecar(
        self, index: str, filename: str, sha256: str, *, last_modified: str | None
    ) -> str:
        """Store a small file beside another one; devpi's path of it."""
        user, _, name = index.partition("/")
        store = partial(self.xom.filestore.store, user, name, filename)
        with self._content.open(sha256) as (file, source):
            entry: MutableFileEntry = give(
                partial(store, hashes=Digests(sha256=sha256)), file, source
            )
        if last_modified is not None:
            entry.last_modified = last_modified
        return entry.relpath

    def adopt(self, index: str, release: CachedRelease) -> str:
        """Store a cached file of a remote that devpi's own export has not; devpi's path of it."""
        stage = self.xom.model.getstage(index)
        assert isinstance(stage, MirrorStage)
        with self._content.open(release.sha256) as (file, source):
            return adopt(self.xom, stage, release, file=file, source=source)
