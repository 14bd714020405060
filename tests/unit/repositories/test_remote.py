"""When a remote repository asks its upstream, and what it does with the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.errors import NotAllowed
from devpi_artifactory_compat.errors import ProjectNotFound
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.model import Stream
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.repositories.arriving import ArrivingFile
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.downloads import Downloads
from devpi_artifactory_compat.repositories.following import Fetch
from devpi_artifactory_compat.repositories.following import Reader
from devpi_artifactory_compat.repositories.remote_ports import CachedPage
from devpi_artifactory_compat.repositories.remote_ports import FetchedNames
from devpi_artifactory_compat.repositories.remote_ports import FetchedPage
from devpi_artifactory_compat.repositories.remote_ports import KeptFile
from devpi_artifactory_compat.repositories.remote_ports import KeptNames
from devpi_artifactory_compat.repositories.remote_ports import PageAnswer
from devpi_artifactory_compat.repositories.remote_ports import ReceivedFile
from devpi_artifactory_compat.repositories.remote_ports import Validators
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.remote import RemoteRepository
from devpi_artifactory_compat.repositories.remote_search import RemoteSearches
from devpi_artifactory_compat.repositories.search import ProjectQuery
from devpi_artifactory_compat.repositories.search_walk import CachedWalk
from functools import partial
from hashlib import sha256
from packaging.utils import NormalizedName
from packaging.utils import canonicalize_name
from pathlib import Path
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import metadata_of
from support.fake_artifacts import FakeArtifacts
from threading import Lock
import io
import pytest


DEMO = canonicalize_name("demo")
WHEEL = make_wheel("demo", "1.0")
FILE = UpstreamFile(
    url="http://files.example/packages/ab/demo-1.0-py3-none-any.whl",
    filename="demo-1.0-py3-none-any.whl",
    hashes={"sha256": sha256(WHEEL).hexdigest()},
)
PATH = "packages/packages/ab/demo-1.0-py3-none-any.whl"
PAGE = UpstreamPage(files=(FILE,))


class NoSummaries:
    """An index that knows of no summary."""

    def projects_with_summary(self, terms: Collection[str]) -> Collection[NormalizedName]:
        return ()


class NothingFound:
    """An upstream that cannot be searched."""

    def search(self, query: ProjectQuery) -> tuple[()]:
        return ()


class FakeUpstream:
    """Answers from dictionaries; ``failure`` is raised instead when it is set."""

    def __init__(self) -> None:
        self.pages: dict[str, FetchedPage | PageAnswer] = {}
        self.bodies: dict[str, bytes] = {}
        self.failure: UpstreamError | None = None
        self.breaks_off_after: int | None = None
        self.names_etag = "n1"
        self.names_break_off = False
        self.asked: list[str] = []

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.failure is not None:
            raise self.failure

    def project_page(
        self, project: NormalizedName, *, etag: str | None
    ) -> FetchedPage | PageAnswer:
        self._ask(f"page {project} {etag}")
        return self.pages.get(project, PageAnswer.MISSING)

    @contextmanager
    def project_names(self, known: Validators | None) -> Iterator[FetchedNames | PageAnswer]:
        self._ask(f"names {None if known is None else known.etag}")
        if known is not None and known.etag == self.names_etag:
            yield PageAnswer.NOT_MODIFIED
            return
        names = (canonicalize_name(name) for name in self._broken_off())
        yield FetchedNames(
            names=names, validators=Validators(etag=self.names_etag, last_modified=None)
        )

    def _broken_off(self) -> Iterator[str]:
        yield from self.pages
        if self.names_break_off:
            raise UpstreamError("broke off")

    def release_info(self, project: NormalizedName, version: str) -> Mapping[str, str]:
        return {}

    def open(self, url: str, *, folders: bool = True) -> Stream | None:
        self._ask(f"open {url}")
        body = self.bodies.get(url)
        if body is None:
            return None
        pieces = [body[i : i + 100] for i in range(0, len(body), 100)]
        sent = pieces if self.breaks_off_after is None else pieces[: self.breaks_off_after // 100]
        return Stream(size=len(body), chunks=iter(sent))

    def read(self, url: str, *, limit: int) -> bytes | None:
        self._ask(f"read {url}")
        return self.bodies.get(url)


class FakeCache:
    """Keeps everything in memory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._downloads = Downloads(held_back=100)
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        self.pages: dict[str, CachedPage] = {}
        self.missing: dict[str, float] = {}
        self.zapped_at = 0.0
        self.noted: list[tuple[str, str]] = []
        self.files: dict[str, bytes] = {}
        self.kept: dict[str, KeptFile] = {}
        self.sidecars: dict[str, bytes] = {}

    def download_note(self, path: str) -> Callable[[str], None]:
        return lambda user: self.noted.append((path, user))

    def lock(self, what: str) -> Lock:
        return self._locks[what]

    def page(self, project: NormalizedName) -> CachedPage | None:
        return self.pages.get(project)

    def missing_since(self, project: NormalizedName) -> float | None:
        return self.missing.get(project)

    def zapped(self) -> float:
        return self.zapped_at

    def save_page(self, project: NormalizedName, page: CachedPage) -> None:
        self.missing.pop(project, None)
        self.pages[project] = page

    confirm_page = save_page

    def save_missing(self, project: NormalizedName, now: float) -> None:
        self.pages.pop(project, None)
        self.missing[project] = now

    def cached_names(self) -> list[str]:
        return list(self.pages)

    def content(self, path: str) -> Content | None:
        return _content(path, self.files.get(path))

    def kept_files(self, project: NormalizedName) -> Mapping[str, KeptFile]:
        return self.kept

    def metadata_paths(self, project: NormalizedName) -> list[str]:
        suffix = ".metadata"
        return [path.removesuffix(suffix) for path in self.sidecars if path.endswith(suffix)]

    def sidecar(self, path: str, suffix: str) -> Content | None:
        return _content(path + suffix, self.sidecars.get(path + suffix))

    def save_sidecar(self, path: str, suffix: str, body: bytes) -> Content:
        self.sidecars[path + suffix] = body
        content = self.sidecar(path, suffix)
        assert content is not None
        return content

    def refresh(self) -> None:
        """Everything is seen at once."""

    def follow_download(self, path: str) -> Reader | None:
        return self._downloads.follow(path)

    def start_download(self, path: str, fetch: Fetch, *, patience: float) -> Reader:
        return self._downloads.start(path, fetch, self.new_file, patience=patience)

    def new_file(self) -> ArrivingFile:
        return ArrivingFile(self._directory)

    def save_file(
        self, path: str, upstream: UpstreamFile, project: NormalizedName, received: ReceivedFile
    ) -> None:
        with received.file.open() as file:
            self.files[path] = file.read()
        digest = None
        if received.metadata is not None:
            self.sidecars[f"{path}.metadata"] = received.metadata.raw
            digest = sha256(received.metadata.raw).hexdigest()
        self.kept[path] = KeptFile(
            size=received.size, sha256=received.checksums.sha256, metadata_sha256=digest
        )


class FakeNames:
    """Keeps the list in memory; ``busy`` while somebody else fetches it."""

    def __init__(self) -> None:
        self.kept: KeptNames | None = None
        self.busy = False

    def names(self) -> KeptNames | None:
        return self.kept

    @contextmanager
    def names_lock(self, *, wait: bool) -> Iterator[bool]:
        yield wait or not self.busy

    def save_names(self, fetched: FetchedNames, *, checked: float) -> KeptNames:
        self.kept = KeptNames(
            projects=listed(fetched.names), validators=fetched.validators, checked=checked
        )
        return self.kept

    def forget_names(self) -> None:
        self.kept = None

    def confirm_names(self, kept: KeptNames, *, checked: float) -> KeptNames:
        self.kept = replace(kept, checked=checked)
        return self.kept


def _content(path: str, body: bytes | None) -> Content | None:
    if body is None:
        return None
    return Content(filename=path, size=len(body), modified=None, open=lambda: io.BytesIO(body))


class Scene:
    """A remote repository with a clock that stands still until it is set."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.now = 1000.0
        self.upstream = FakeUpstream()
        self.cache = FakeCache(directory)
        self.names = FakeNames()
        self.upstream.pages["demo"] = FetchedPage(page=PAGE, etag="e1")
        self.upstream.bodies[FILE.url] = WHEEL
        config = RepositoryConfig(
            key=RepositoryKey("r"),
            rclass=RepositoryClass.REMOTE,
            values={"url": "http://files.example", **settings},  # type: ignore[dict-item]
        )
        self.repository = RemoteRepository(
            config,
            self.cache,
            self.upstream,
            names=self.names,
            artifacts=FakeArtifacts("r-cache"),
            searches=RemoteSearches(
                self.cache, cached=CachedWalk(self.cache, NoSummaries()), upstream=NothingFound()
            ),
            clock=lambda: self.now,
        )

    def listed(self) -> list[str]:
        return list(self.repository.project_list().names())


@pytest.fixture
def make_scene(tmp_path: Path) -> Callable[..., Scene]:
    return partial(Scene, tmp_path / "downloads")


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()


def read(content: Content) -> bytes:
    if content.open is not None:
        with content.open() as file:
            return file.read()
    assert content.stream is not None
    return b"".join(content.stream().chunks)


def test_page_is_served_from_the_cache_for_its_period(make_scene: Callable[..., Scene]) -> None:
    """``retrievalCachePeriodSecs``: how long a page is served before the upstream is asked."""
    scene = make_scene(retrievalCachePeriodSecs=60)
    scene.repository.project_page(DEMO)

    scene.now += 59
    scene.repository.project_page(DEMO)
    assert scene.upstream.asked == ["page demo None"]

    scene.now += 1
    scene.repository.project_page(DEMO)
    assert scene.upstream.asked == ["page demo None", "page demo e1"]


def test_unchanged_page_is_confirmed(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(retrievalCachePeriodSecs=60)
    scene.repository.project_page(DEMO)
    scene.upstream.pages["demo"] = PageAnswer.NOT_MODIFIED
    scene.now += 61

    assert scene.repository.project_page(DEMO).files[0].filename == FILE.filename
    assert scene.cache.pages["demo"].checked == scene.now


def test_old_page_is_served_while_the_upstream_fails(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(retrievalCachePeriodSecs=0)
    scene.repository.project_page(DEMO)
    scene.upstream.failure = UpstreamError("down")

    assert scene.repository.project_page(DEMO).files[0].filename == FILE.filename


def test_failure_without_an_old_page_is_a_failure(scene: Scene) -> None:
    scene.upstream.failure = UpstreamError("down")

    with pytest.raises(UpstreamError, match="down"):
        scene.repository.project_page(DEMO)


def test_project_that_the_upstream_withdrew_is_gone(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(retrievalCachePeriodSecs=0)
    scene.repository.project_page(DEMO)
    scene.upstream.pages.clear()

    with pytest.raises(ProjectNotFound):
        scene.repository.project_page(DEMO)


def test_not_found_is_remembered_for_its_period(make_scene: Callable[..., Scene]) -> None:
    """``missedRetrievalCachePeriodSecs``"""
    scene = make_scene(missedRetrievalCachePeriodSecs=60)
    scene.upstream.pages.clear()
    for _ in range(2):
        with pytest.raises(ProjectNotFound):
            scene.repository.project_page(DEMO)
    assert len(scene.upstream.asked) == 1

    scene.now += 60
    scene.upstream.pages["demo"] = FetchedPage(page=PAGE, etag=None)
    assert scene.repository.project_page(DEMO).files


def test_zapped_pages_and_absences_are_asked_for_again(scene: Scene) -> None:
    scene.repository.project_page(DEMO)
    with pytest.raises(ProjectNotFound):
        scene.repository.project_page(canonicalize_name("nope"))
    scene.cache.zapped_at = scene.now

    scene.repository.project_page(DEMO)
    with pytest.raises(ProjectNotFound):
        scene.repository.project_page(canonicalize_name("nope"))

    assert len(scene.upstream.asked) == 4


def test_offline_serves_only_what_is_cached(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(offline=True)

    with pytest.raises(ProjectNotFound):
        scene.repository.project_page(DEMO)
    with pytest.raises(ArtifactNotFound):
        scene.repository.content(PATH)
    scene.cache.save_page(DEMO, CachedPage(page=PAGE, etag=None, checked=0))
    assert scene.repository.project_page(DEMO).files
    assert scene.listed() == ["demo"]
    assert scene.upstream.asked == []


def test_download_is_kept_with_the_metadata_of_the_wheel(scene: Scene) -> None:
    assert read(scene.repository.content(PATH)) == WHEEL
    scene.upstream.failure = UpstreamError("down")
    assert read(scene.repository.content(PATH)) == WHEEL
    assert read(scene.repository.content(f"{PATH}.metadata")) == metadata_of(WHEEL)


def test_last_piece_is_held_back_until_the_hash_is_known(scene: Scene) -> None:
    """Nobody takes a broken file for a complete one: the answer breaks off before its end."""
    scene.upstream.bodies[FILE.url] = WHEEL[:-1] + b"?"
    stream = scene.repository.content(PATH).stream
    assert stream is not None
    received: list[bytes] = []

    with pytest.raises(UpstreamError, match="its page promises"):
        received.extend(stream().chunks)

    assert len(b"".join(received)) < len(WHEEL)
    assert scene.cache.files == {}


def test_short_download_is_a_failure(scene: Scene) -> None:
    scene.upstream.breaks_off_after = 100

    with pytest.raises(UpstreamError, match="100 of"):
        read(scene.repository.content(PATH))


def test_path_that_no_page_shows_is_asked_below_the_url(scene: Scene) -> None:
    old = make_sdist("demo", "0.1")
    scene.upstream.bodies["http://files.example/old/demo-0.1.tar.gz"] = old

    assert read(scene.repository.content("packages/old/demo-0.1.tar.gz")) == old


@pytest.mark.parametrize("path", ["demo/1.0/demo-1.0.tar.gz", "packages/x/readme.txt", "nonsense"])
def test_path_outside_of_packages_is_not_found(scene: Scene, path: str) -> None:
    with pytest.raises(ArtifactNotFound):
        scene.repository.content(path)


def test_metadata_that_has_not_the_promised_hash_is_read_from_the_wheel(scene: Scene) -> None:
    promised = UpstreamFile(
        url=FILE.url,
        filename=FILE.filename,
        hashes=FILE.hashes,
        core_metadata={"sha256": sha256(metadata_of(WHEEL)).hexdigest()},
    )
    scene.upstream.pages["demo"] = FetchedPage(page=UpstreamPage(files=(promised,)), etag=None)
    scene.upstream.bodies[f"{FILE.url}.metadata"] = b"something else"

    assert read(scene.repository.content(f"{PATH}.metadata")) == metadata_of(WHEEL)


@pytest.mark.parametrize("own_metadata", [True, False])
def test_nothing_is_kept_when_artifacts_are_not_stored(
    make_scene: Callable[..., Scene],
    own_metadata: bool,  # noqa: FBT001 - a parameter of a table
) -> None:
    """``storeArtifactsLocally``: every request is the upstream's to answer."""
    scene = make_scene(storeArtifactsLocally=False)
    if own_metadata:
        file = replace(FILE, core_metadata={})
        scene.upstream.pages["demo"] = FetchedPage(page=UpstreamPage(files=(file,)), etag=None)
        scene.upstream.bodies[f"{FILE.url}.metadata"] = metadata_of(WHEEL)

    for _ in range(2):
        assert read(scene.repository.content(PATH)) == WHEEL
        assert read(scene.repository.content(f"{PATH}.metadata")) == metadata_of(WHEEL)
        content = scene.repository.content(PATH)
        assert content.store is not None
        assert read(content.store()) == WHEEL

    assert scene.upstream.asked.count(f"open {FILE.url}") == (4 if own_metadata else 6)
    assert scene.cache.files == scene.cache.sidecars == {}


def test_broken_file_is_not_passed_on_when_artifacts_are_not_stored(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(storeArtifactsLocally=False)
    scene.upstream.bodies[FILE.url] = WHEEL[:-1] + b"?"
    content = scene.repository.content(PATH)
    assert content.store is not None

    with pytest.raises(UpstreamError, match="its page promises"):
        read(content)
    with pytest.raises(UpstreamError, match="its page promises"):
        content.store()


def test_signature_is_fetched_when_the_upstream_has_one(scene: Scene) -> None:
    signed = UpstreamFile(url=FILE.url, filename=FILE.filename, gpg_signature=True)
    scene.upstream.pages["demo"] = FetchedPage(page=UpstreamPage(files=(signed,)), etag=None)
    scene.upstream.bodies[f"{FILE.url}.asc"] = b"signature"

    assert read(scene.repository.content(f"{PATH}.asc")) == b"signature"


def test_nothing_can_be_uploaded(scene: Scene) -> None:
    with pytest.raises(NotAllowed, match="takes no uploads"):
        scene.repository.publish(
            UploadForm(action="file_upload", fields={}), user="root", may_delete=True
        )


def test_list_is_served_as_it_is_for_its_period(make_scene: Callable[..., Scene]) -> None:
    """``retrievalCachePeriodSecs`` holds for the list of all projects too."""
    scene = make_scene(retrievalCachePeriodSecs=60)
    assert scene.listed() == ["demo"]
    scene.upstream.pages["new"] = PageAnswer.MISSING
    scene.upstream.names_etag = "n2"

    scene.now += 59
    assert scene.listed() == ["demo"]
    assert scene.upstream.asked == ["names None"]

    scene.now += 1
    assert scene.listed() == ["demo", "new"]
    assert scene.upstream.asked == ["names None", "names n1"]


def test_unchanged_list_is_confirmed(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(retrievalCachePeriodSecs=60)
    scene.listed()
    scene.now += 60

    assert scene.listed() == ["demo"]
    scene.now += 59
    assert scene.listed() == ["demo"]
    assert scene.upstream.asked == ["names None", "names n1"]


@pytest.mark.parametrize("in_the_middle", [True, False])
def test_old_list_is_served_while_the_upstream_fails(
    make_scene: Callable[..., Scene], *, in_the_middle: bool
) -> None:
    scene = make_scene(retrievalCachePeriodSecs=0)
    scene.listed()
    scene.upstream.names_etag = "n2"
    scene.upstream.pages["new"] = PageAnswer.MISSING
    if in_the_middle:
        scene.upstream.names_break_off = True
    else:
        scene.upstream.failure = UpstreamError("down")

    assert scene.listed() == ["demo"]


def test_old_list_is_served_while_somebody_else_fetches_a_newer_one(
    make_scene: Callable[..., Scene],
) -> None:
    scene = make_scene(retrievalCachePeriodSecs=0)
    scene.listed()
    scene.names.busy = True

    assert scene.listed() == ["demo"]
    assert scene.upstream.asked == ["names None"]


def test_names_of_cached_projects_stand_in_for_a_list_that_cannot_be_had(scene: Scene) -> None:
    scene.repository.project_page(DEMO)
    scene.upstream.failure = UpstreamError("down")

    assert scene.listed() == ["demo"]


def test_no_list_and_nothing_cached_is_a_failure(scene: Scene) -> None:
    scene.upstream.failure = UpstreamError("down")

    with pytest.raises(UpstreamError, match="down"):
        scene.listed()
