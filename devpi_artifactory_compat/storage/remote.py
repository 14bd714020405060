"""What one devpi mirror keeps of its upstream, as a remote repository asks for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import project_of
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.downloads import Downloads
from devpi_artifactory_compat.repositories.fetching import small_content
from devpi_artifactory_compat.repositories.following import Fetch
from devpi_artifactory_compat.repositories.following import Reader
from devpi_artifactory_compat.repositories.remote_ports import CachedPage
from devpi_artifactory_compat.repositories.remote_ports import KeptFile
from devpi_artifactory_compat.repositories.remote_ports import ReceivedFile
from devpi_artifactory_compat.storage.cached_files import CachedFiles
from devpi_artifactory_compat.storage.cached_files import make_known
from devpi_artifactory_compat.storage.cached_files import new_file
from devpi_artifactory_compat.storage.keys import page_key
from devpi_artifactory_compat.storage.keys import state_key
from devpi_artifactory_compat.storage.named_locks import NamedLocks
from devpi_artifactory_compat.storage.pages import page_data
from devpi_artifactory_compat.storage.pages import page_from_data
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import entry_time
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.statistics import Statistics
from devpi_artifactory_compat.storage.transactions import read_anew
from devpi_artifactory_compat.storage.transactions import written_at_once
from devpi_server.main import XOM
from devpi_server.mirror import MirrorStage
from packaging.utils import canonicalize_name
from typing import cast
import threading


#: pages that are kept in memory, and the most files that they may have together
MEMORY_PAGES = 5000
MEMORY_FILES = 300_000

_METADATA = ".metadata"


class PageMemory:
    """Pages of one upstream in memory, the most recently used; safe in threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._pages: OrderedDict[str, CachedPage] = OrderedDict()
        self._files = 0
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._locks = NamedLocks()

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
    def lock(self, what: str, *, timeout: float) -> Iterator[None]:
        """``what`` is a project, for its page, or a path."""
        lock = self._locks.get(what)
        if not lock.acquire(timeout=timeout):
            raise UpstreamTimeout(f"'{what}' is being fetched and does not come.")
        try:
            yield
        finally:
            lock.release()


class MirrorCache:
    """Implements ``repositories.remote_ports.RemoteCache``.

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
        self._statistics = Statistics(xom, stage.username, stage.index)
        self._memory = cast(
            "PageMemory",
            xom.setdefault_singleton(stage.name, f"artifactory-pages {source}", factory=PageMemory),
        )

    # pages

    @contextmanager
    def lock(self, what: str) -> Iterator[None]:
        ask_primary(self._xom)
        # projects of different scopes are different projects; files have paths of their own
        with self._memory.lock(f"{self._scope}/{what}", timeout=self._lock_timeout):
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
        with written_at_once(self._xom.keyfs):
            self._page_key(project).set(page_data(page, self._source))
            make_known(self._stage, project)

    def confirm_page(self, project: NormalizedName, page: CachedPage) -> None:
        self._memory.put(self._name(project), page)

    # paths begin with a slash there, projects and scopes never do

    def file_missing_since(self, path: str) -> float | None:
        return self._memory.missing_since(f"/{path}")

    def save_file_missing(self, path: str, now: float) -> None:
        self._memory.put_missing(f"/{path}", now)

    def save_missing(self, project: NormalizedName, now: float) -> None:
        self._memory.put_missing(self._name(project), now)
        if not self._page_key(project).exists():
            return
        with written_at_once(self._xom.keyfs):
            self._page_key(project).delete()

    def cached_names(self) -> Iterable[str]:
        names: Iterable[str] = self._stage.key_projects.get()
        if not self._scope:
            return names
        # devpi knows the projects of all scopes together
        return [name for name in names if self._page_key(canonicalize_name(name)).exists()]

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
            note_download=self.download_note(path),
        )

    def download_note(self, path: str) -> Callable[[str], None]:
        return self._statistics.note(path)

    def kept_files(self, project: NormalizedName) -> Mapping[str, KeptFile]:
        return {
            path: KeptFile(
                size=file.size,
                sha256=file.sha256,
                metadata_sha256=file.metadata_sha256,
                yanked=file.yanked,
            )
            for path, file in self._records.shelf(project).files.items()
        }

    def metadata_paths(self, project: NormalizedName) -> Sequence[str]:
        sidecars = self._records.shelf(project).sidecars
        return [path.removesuffix(_METADATA) for path in sidecars if path.endswith(_METADATA)]

    def sidecar(self, path: str, suffix: str) -> Content | None:
        project = project_of(path.rpartition("/")[2])
        if project is None:
            return None
        return self._records.sidecar_content(self._records.shelf(project), path, suffix)

    def save_sidecar(self, path: str, suffix: str, body: bytes) -> Content:
        project = project_of(path.rpartition("/")[2])
        assert project is not None
        ask_primary(self._xom)
        with written_at_once(self._xom.keyfs):
            shelf = self._records.shelf(project)
            self._records.add_sidecar(shelf, path, suffix, body)
            self._records.save_shelf(project, shelf)
        return small_content(path.rpartition("/")[2] + suffix, body)

    def refresh(self) -> None:
        read_anew(self._xom.keyfs)

    # downloads

    @property
    def _downloads(self) -> Downloads:
        return cast(
            "Downloads",
            self._xom.setdefault_singleton("+artifactory", "downloads", factory=Downloads),
        )

    def _download_key(self, path: str) -> Hashable:
        return (self._stage.name, self._source, path)

    def follow_download(self, path: str) -> Reader | None:
        return self._downloads.follow(self._download_key(path))

    def start_download(self, path: str, fetch: Fetch, *, patience: float) -> Reader:
        ask_primary(self._xom)
        return self._downloads.start(
            self._download_key(path), fetch, self.new_file, patience=patience
        )

    def new_file(self) -> ArrivingFile:
        return new_file(self._xom)

    def save_file(
        self,
        path: str,
        upstream: UpstreamFile,
        project: NormalizedName | None,
        received: ReceivedFile,
    ) -> None:
        stage = self._stage
        CachedFiles(self._xom, stage.username, stage.index).save(path, upstream, project, received)


def forget_pages(xom: XOM, index: str) -> None:
    """The index is gone: its pages in memory too."""
    xom.del_singletons(index)
