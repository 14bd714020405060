"""After any history the search database holds what a new one would."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.storage.search_gateway import search_service
from devpi_artifactory_compat.storage.search_status import search_status
from devpi_artifactory_compat.storage.statistics import StatisticsWriter
from random import Random
from support.app import ADMIN
from support.app import Artifactory
from support.app import encode_form
from support.archives import make_wheel
from support.archives import wheel_filename
from support.search_content import content
from support.search_content import generation
from support.search_content import rebuild
from urllib.parse import quote
import pytest


STEPS = 240
COMPARED_EVERY = 40

KEYS = ("l", "m")
FOLDERS = ("a", "a/b", "c/d/e", "f g")
NAMES = ("one.txt", "two.bin", "dré i.txt")


class History:
    """Steps by chance; what is refused, for instance because nothing is there, changes nothing."""

    def __init__(self, app: Artifactory, random: Random) -> None:
        self._app = app
        self._random = random
        often: tuple[Callable[[], object], ...] = (
            *(self.deploy,) * 4,
            *(self.upload,) * 2,
            self.upload_by_devpi,
            self.deploy_wheel,
            *(self.annotate,) * 3,
            self.forget_properties,
            self.make_folder,
            *(self.copy,) * 2,
            self.move,
            *(self.delete,) * 2,
            *(self.restore,) * 2,
            *(self.download,) * 2,
        )
        self._steps = (*often * 3, self.recreate, self.recreate_by_devpi)

    def step(self) -> None:
        self._random.choice(self._steps)()

    def _key(self) -> str:
        return self._random.choice(KEYS)

    def _file(self) -> str:
        return quote(f"{self._random.choice(FOLDERS)}/{self._random.choice(NAMES)}")

    def _item(self) -> str:
        folder = quote(self._random.choice(FOLDERS))
        return self._random.choice((self._file(), folder, folder.partition("/")[0]))

    def _wheel(self) -> tuple[str, str]:
        return self._random.choice(("demo", "other")), f"1.{self._random.randrange(3)}"

    def deploy(self) -> None:
        body = self._random.choice((b"some", b"other", b"third"))
        value = self._random.randrange(3)
        self._app.put(f"{self._key()}/{self._file()};k=v{value},w;empty=", body)

    def upload(self) -> None:
        name, version = self._wheel()
        wheel = make_wheel(name, version)
        self._app.upload(self._key(), wheel_filename(name, version), wheel, name=name)

    def upload_by_devpi(self) -> None:
        name, version = self._wheel()
        fields = [(":action", "file_upload"), ("name", name), ("version", version)]
        file = ("content", wheel_filename(name, version), make_wheel(name, version))
        body, content_type = encode_form(fields, [file])
        self._app.request(
            "POST", f"/repo/{self._key()}/", user=ADMIN, body=body, content_type=content_type
        )

    def annotate(self) -> None:
        value = self._random.randrange(3)
        path = f"api/storage/{self._key()}/{self._item()}"
        recursive = self._random.randrange(2)
        self._app.put(f"{path}?properties=p={value},x;q=y&recursive={recursive}", b"")

    def forget_properties(self) -> None:
        self._app.delete(f"api/storage/{self._key()}/{self._item()}?properties=p,k")

    def make_folder(self) -> None:
        self._app.put(f"{self._key()}/{self._random.choice(('new', 'a/new'))}/;of=me", b"")

    def copy(self) -> None:
        self._app.post(f"api/copy/{self._key()}/{self._item()}?to=/{self._key()}/{self._file()}")

    def move(self) -> None:
        self._app.post(f"api/move/{self._key()}/{self._item()}?to=/{self._key()}/moved")

    def delete(self) -> None:
        self._app.delete(f"{self._key()}/{self._item()}")

    def restore(self) -> None:
        key, item = self._key(), self._item()
        self._app.post(f"api/trash/restore/{key}/{item}?to={key}/{item}")

    def download(self) -> None:
        for _ in range(self._random.randrange(1, 4)):
            self._app.get(f"{self._key()}/{self._file()}", user=ADMIN)
        StatisticsWriter(self._app.xom).flush()

    def deploy_wheel(self) -> None:
        """Resolvable at once, or once somebody asks for it."""
        name, version = self._wheel()
        wheel = make_wheel(name, version)
        said = self._random.choice(("", f";pypi.name={name};pypi.version={version}"))
        self._app.put(f"{self._key()}/{wheel_filename(name, version)}{said}", wheel)

    def recreate(self) -> None:
        key = self._key()
        self._app.delete(f"api/repositories/{key}")
        self._app.create(key)

    def recreate_by_devpi(self) -> None:
        key = self._key()
        self._app.request("DELETE", f"/repo/{key}", user=ADMIN)
        self._app.create(key)


def listed(app: Artifactory, key: str) -> set[str]:
    answer = app.get(f"api/storage/{key}?list&deep=1", user=ADMIN)
    assert answer.status_code == 200, answer.text
    return {file["uri"].lstrip("/") for file in answer.json["files"]}


@pytest.mark.parametrize("seed", range(4))
def test_any_history_leaves_what_a_new_database_holds(artifactory: Artifactory, seed: int) -> None:
    history = History(artifactory, Random(seed))
    for key in KEYS:
        artifactory.create(key)
    if seed % 2:
        # the background feeds as well, and what came by devpi's own routes is followed
        artifactory.xom.thread_pool.start(ignore_running=True)
    for number in range(1, STEPS + 1):
        history.step()
        if number % COMPARED_EVERY == 0:
            compare(artifactory)


def test_history_comes_into_postgresql_as_well(
    make_artifactory: Callable[..., Artifactory], postgres_url: str
) -> None:
    app = make_artifactory("--artifactory-search-database", postgres_url)
    history = History(app, Random(4))
    for key in KEYS:
        app.create(key)
    for number in range(1, STEPS + 1):
        history.step()
        if number % COMPARED_EVERY == 0:
            compare(app)
    assert search_status(search_service(app.xom), app.xom.keyfs).kind == "postgresql"


def compare(app: Artifactory) -> None:
    """What was fed with what devpi's keys say, and with what the repositories show."""
    fed = content(app)
    for key in KEYS:
        files = {
            f"{path}/{name}".removeprefix("./")
            for place, kind, path, name in fed
            if place == f"repo/{key}" and kind == "file"
        }
        assert files == listed(app, key)
    before = generation(app)
    rebuild(app)
    assert content(app) == fed
    assert generation(app) != before
