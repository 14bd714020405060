"""What one devpi mirror keeps of its upstream, as a remote repository asks for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import project_of
from devpi_artifactory_compat.packages.metadata import hash_file
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.ports import CachedPage
from devpi_artifactory_compat.repositories.ports import KeptFile
from devpi_artifactory_compat.storage.keys import page_key
from devpi_artifactory_compat.storage.keys import state_key
from devpi_artifactory_compat.storage.pages import page_data
from devpi_artifactory_compat.storage.pages import page_from_data
from devpi_artifactory_compat.storage.records import Arrival
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import entry_time
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.records import timestamp
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_common.url import URL
from devpi_server.filestore import Digests
from devpi_server.filestore import MutableFileEntry
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from email.utils import format_datetime
from typing import BinaryIO
from typing import cast
import hashlib
import io
import tempfile
import threading
import time
import weakref


#: pages that are kept in memory, and the most files that they may have together
MEMORY_PAGES = 5000
MEMORY_FILES = 300_000

CHUNK_SIZE = 1024 * 1024

#: who brought a file that nobody uploaded
CACHE_USER = "anonymous"


class _Lock:
    """A lock that a weak dictionary can hold."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


class PageMemory:
    """Pages of one upstream in memory, the most recently used; safe in threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pages: OrderedDict[str, CachedPage] = OrderedDict()
        self._files = 0
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._locks: weakref.WeakValueDictionary[str, _Lock] = weakref.WeakValueDictionary()

    def get(self, project: str) -> CachedPage | None:
        with self._guard:
            page = self._pages.get(project)
            if page is not None:
                self._pages.move_to_end(project)
            return page

    def put(self, project: str, page: CachedPage) -> None:
        with self._guard:
            self._drop(project)
            self._missing.pop(project, None)
            self._pages[project] = page
            self._files += len(page.page.files)
            while len(self._pages) > MEMORY_PAGES or self._files > MEMORY_FILES:
                if len(self._pages) == 1:
                    break
                self._drop(next(iter(self._pages)))

    def _drop(self, project: str) -> None:
        page = self._pages.pop(project, None)
        if page is not None:
            self._files -= len(page.page.files)

    def missing_since(self, project: str) -> float | None:
        with self._guard:
            return self._missing.get(project)

    def put_missing(self, project: str, now: float) -> None:
        with self._guard:
            self._drop(project)
            self._missing[project] = now
            if len(self._missing) > MEMORY_PAGES:
                self._missing.popitem(last=False)

    @contextmanager
    def lock(self, project: str, *, timeout: float) -> Iterator[None]:
        with self._guard:
            holder = self._locks.setdefault(project, _Lock())
        if not holder.lock.acquire(timeout=timeout):
            raise UpstreamTimeout(f"The page of '{project}' is being fetched and does not come.")
        try:
            yield
        finally:
            holder.lock.release()


class MirrorCache:
    """Implements ``repositories.ports.RemoteCache``.

    ``source`` is where the pages come from: pages of another source are not shown after the
    URL of the repository was changed. Pages of different scopes are kept apart.
    ``lock_timeout`` is how long a request waits for another one that fetches the same page, in
    seconds.
    """

    def __init__(
        self,
        xom: XOM,
        stage: MirrorStage,
        *,
        source: str,
        scope: str = "",
        lock_timeout: float,
    ) -> None:
        self._xom = xom
        self._stage = stage
        self._source = source
        self._scope = scope
        self._lock_timeout = lock_timeout
        self._records = Records(xom, stage.username, stage.index)
        self._memory = cast(
            "PageMemory",
            xom.setdefault_singleton(stage.name, f"artifactory-pages {source}", factory=PageMemory),
        )

    # pages

    @contextmanager
    def lock(self, project: NormalizedName) -> Iterator[None]:
        ask_primary(self._xom)
        with self._memory.lock(self._name(project), timeout=self._lock_timeout):
            yield

    def _name(self, project: NormalizedName) -> str:
        """The project in its scope."""
        return f"{self._scope}/{project}" if self._scope else project

    def page(self, project: NormalizedName) -> CachedPage | None:
        page = self._memory.get(self._name(project))
        if page is not None or self._memory.missing_since(self._name(project)) is not None:
            return page
        data = self._page_key(project).get()
        if not data or data.get("source") != self._source:
            return None
        page = page_from_data(data)
        self._memory.put(self._name(project), page)
        return page

    def _page_key(self, project: NormalizedName):  # type: ignore[no-untyped-def]  # noqa: ANN202 - devpi's
        # a key's parameter may not hold a slash
        name = self._name(project).replace("/", "|")
        return page_key(self._xom, self._stage.username, self._stage.index, name)

    def missing_since(self, project: NormalizedName) -> float | None:
        return self._memory.missing_since(self._name(project))

    def zapped(self) -> float:
        key = state_key(self._xom, self._stage.username, self._stage.index)
        return float(key.get().get("zapped", 0.0))

    def save_page(self, project: NormalizedName, page: CachedPage) -> None:
        self._memory.put(self._name(project), page)
        with self._xom.keyfs.write_transaction(allow_restart=True):
            self._page_key(project).set(page_data(page, self._source))
            self._make_known(project)

    def confirm_page(self, project: NormalizedName, page: CachedPage) -> None:
        self._memory.put(self._name(project), page)

    def save_missing(self, project: NormalizedName, now: float) -> None:
        self._memory.put_missing(self._name(project), now)
        if not self._page_key(project).exists():
            return
        with self._xom.keyfs.write_transaction(allow_restart=True):
            self._page_key(project).delete()

    def _make_known(self, project: NormalizedName) -> None:
        """Let devpi know the project, so that it lists it and deletes it with the index."""
        links = self._stage.key_projsimplelinks(project)
        if not links.exists():
            links.set({"links": [], "requires_python": [], "yanked": [], "serial": -1})
        self._stage.add_project_name(project)

    def cached_names(self) -> Iterable[str]:
        return self._stage.key_projects.get()

    # files

    def content(self, path: str) -> Content | None:
        record = self._records.record(path)
        if record is None:
            return None
        entry = stored_entry(self._xom, record.entry)
        if entry is None:
            return None
        return Content(
            filename=record.filename,
            size=record.size,
            modified=entry_time(entry),
            checksums={"md5": record.md5, "sha1": record.sha1, "sha256": record.sha256},
            open=opener(entry),
        )

    def kept_files(self, project: NormalizedName) -> Mapping[str, KeptFile]:
        return {
            path: KeptFile(size=file.size, sha256=file.sha256, metadata_sha256=file.metadata_sha256)
            for path, file in self._records.shelf(project).files.items()
        }

    def sidecar(self, path: str, suffix: str) -> Content | None:
        project = project_of(path.rpartition("/")[2])
        if project is None:
            return None
        return self._records.sidecar_content(self._records.shelf(project), path, suffix)

    def save_sidecar(self, path: str, suffix: str, body: bytes) -> Content:
        project = project_of(path.rpartition("/")[2])
        assert project is not None
        ask_primary(self._xom)
        with self._xom.keyfs.write_transaction(allow_restart=True):
            shelf = self._records.shelf(project)
            self._records.add_sidecar(shelf, path, suffix, body)
            self._records.save_shelf(project, shelf)
        return Content(
            filename=path.rpartition("/")[2] + suffix,
            size=len(body),
            modified=None,
            checksums={"sha256": hashlib.sha256(body).hexdigest()},
            # the stored file is in its place only once the transaction is committed
            open=lambda: io.BytesIO(body),
        )

    def new_file(self) -> BinaryIO:
        ask_primary(self._xom)
        return cast("BinaryIO", tempfile.TemporaryFile())

    def save_file(
        self,
        path: str,
        upstream: UpstreamFile,
        project: NormalizedName,
        file: BinaryIO,
        metadata: bytes | None,
    ) -> None:
        file.seek(0)
        checksums, size, _blake2 = hash_file(file)
        check_hashes(upstream, checksums, file)
        with self._xom.keyfs.write_transaction(allow_restart=True):
            # the index may be gone since the download began
            stage = self._xom.model.getstage(self._stage.username, self._stage.index)
            if not isinstance(stage, MirrorStage):
                raise UpstreamError(f"Repository of '{upstream.filename}' was removed.")
            file.seek(0)
            entry = self._store(stage, upstream, project, file, checksums)
            self._keep(path, upstream, project, entry, checksums, size, metadata)

    def _store(
        self,
        stage: MirrorStage,
        upstream: UpstreamFile,
        project: NormalizedName,
        file: BinaryIO,
        checksums: Checksums,
    ) -> MutableFileEntry:
        """Give the file to devpi as its own mirror would have stored it."""
        link = devpi_link(upstream)
        entry = self._xom.filestore.maplink(link, stage.username, stage.index, project)
        modified = upstream.upload_time
        entry.file_set_content(
            file,
            last_modified=None if modified is None else format_datetime(modified, usegmt=True),
            hash_spec=entry._hash_spec,  # noqa: SLF001 - as devpi's own streaming does
            hashes=Digests(sha256=checksums.sha256),
        )
        self._make_known(project)
        known = stage.key_projsimplelinks(project).get_mutable()
        href = entry.relpath + (f"#{link.hash_spec}" if link.hash_spec else "")
        if all(known_href != href for _key, known_href in known.get("links", ())):
            # devpi empties this record when a page is refreshed
            known.setdefault("serial", -1)
            known.setdefault("links", []).append((upstream.filename, href))
            known.setdefault("requires_python", []).append(upstream.requires_python)
            known.setdefault("yanked", []).append(
                True if upstream.yanked == "" else upstream.yanked
            )
            stage.key_projsimplelinks(project).set(known)
        return entry

    def _keep(
        self,
        path: str,
        upstream: UpstreamFile,
        project: NormalizedName,
        entry: MutableFileEntry,
        checksums: Checksums,
        size: int,
        metadata: bytes | None,
    ) -> None:
        now = time.time()
        record = Record(
            path=path,
            project=project,
            filename=upstream.filename,
            entry=entry.relpath,
            size=size,
            md5=checksums.md5,
            sha1=checksums.sha1,
            sha256=checksums.sha256,
            created=now,
            created_by=CACHE_USER,
            modified=timestamp(upstream.upload_time) or now,
            modified_by=CACHE_USER,
        )
        self._records.keep(
            Arrival(
                record=record,
                shelf_key=path,
                version=entry.version or "",
                requires_python=upstream.requires_python,
                sidecars={} if metadata is None else {".metadata": metadata},
            )
        )


def forget_pages(xom: XOM, index: str) -> None:
    """The index is gone: its pages in memory too."""
    xom.del_singletons(index)


def devpi_link(upstream: UpstreamFile) -> URL:
    """The upstream's link as devpi's mirrors write it: no credentials, the best hash behind."""
    url = URL(upstream.url).replace(username=None, password=None)
    for algorithm in ("sha256", "md5"):
        if algorithm in upstream.hashes:
            return url.replace(fragment=f"{algorithm}={upstream.hashes[algorithm]}")
    return url


def file_digest(file: BinaryIO, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    file.seek(0)
    while chunk := file.read(CHUNK_SIZE):
        digest.update(chunk)
    return digest.hexdigest()


def check_hashes(upstream: UpstreamFile, checksums: Checksums, file: BinaryIO) -> None:
    """Raises UpstreamError when the file is not what the upstream's page promised."""
    known = {"md5": checksums.md5, "sha1": checksums.sha1, "sha256": checksums.sha256}
    for algorithm, expected in upstream.hashes.items():
        if algorithm in known:
            actual = known[algorithm]
        elif algorithm in hashlib.algorithms_guaranteed and not algorithm.startswith("shake"):
            actual = file_digest(file, algorithm)
        else:
            continue
        if actual != expected.lower():
            raise UpstreamError(
                f"The upstream sent '{upstream.filename}' with {algorithm} {actual}, "
                f"its page promises {expected}."
            )
