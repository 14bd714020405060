"""Real installers against a live server: what they find, choose, download and can import."""

from __future__ import annotations

from clients import Client
from clients import client
from clients import find_python
from clients import old_client
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256
from installing import NEWEST
from installing import OLDEST
from installing import PIPS
from installing import Pip
from installing import Project
from installing import imported
from installing import installed
from installing import make_project
from installing import pdm_source
from installing import pip_client
from installing import poetry_source
from installing import uv_index
from pathlib import Path
from proxy import Proxy
from scene import Administrator
from scene import STOREFRONT
from scene import Scene
from scene import fill_local
from scene import fill_upstream
from server import LiveServer
import json
import pytest


MakeServer = Callable[..., LiveServer]

POETRY = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "POETRY_NO_INTERACTION": "1"}

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture(params=list(PIPS))
def any_pip(request: pytest.FixtureRequest, home: Path) -> Pip:
    return Pip(pip_client(request.param), home)


@pytest.fixture
def pip(home: Path) -> Pip:
    return Pip(pip_client(NEWEST), home)


def upload_times(scene: Scene, project: str) -> dict[str, datetime]:
    """When each file came, as the virtual repository tells."""
    page = scene.server.request("GET", f"{scene.index_url()}/{project}/", headers=JSON).json()
    times = {file["filename"]: file["upload-time"] for file in page["files"]}
    return {name: datetime.fromisoformat(time) for name, time in times.items()}


def between_1_0_and_1_1(scene: Scene) -> str:
    """A time at which ``base-lib`` 1.0 was there and 1.1 was not."""
    times = upload_times(scene, "base-lib")
    earlier = times["base_lib-1.0-py3-none-any.whl"]
    later = times["base_lib-1.1-py3-none-any.whl"]
    assert earlier < later
    return (earlier + (later - earlier) / 2).isoformat()


class TestPip:
    def test_application_of_local_with_dependencies_of_remote(
        self, scene: Scene, any_pip: Pip, target: Path
    ) -> None:
        """Through the virtual, each in the newest version that fits."""
        any_pip.install("storefront", into=target, index_url=scene.index_url())

        assert installed(target) == STOREFRONT
        assert imported("storefront", any_pip.client, target, any_pip.home) == "2.0"

    @pytest.mark.parametrize("version", [OLDEST, NEWEST])
    def test_index_url_may_end_in_a_slash(
        self, scene: Scene, home: Path, target: Path, version: str
    ) -> None:
        Pip(pip_client(version), home).install(
            "storefront", into=target, index_url=f"{scene.index_url()}/"
        )

        assert installed(target) == STOREFRONT

    @pytest.mark.parametrize(
        ("repository", "version"),
        [("app-local", "1.0"), ("mirror-remote", "2.0"), ("everything", "2.0")],
    )
    def test_each_repository_gives_what_is_in_it(
        self, scene: Scene, pip: Pip, target: Path, repository: str, version: str
    ) -> None:
        """The same project is older in the local than at the upstream; the virtual has both."""
        pip.install("shared-lib", into=target, index_url=scene.index_url(repository))

        assert installed(target) == {"shared-lib": version}

    def test_version_of_the_local_member_can_be_pinned(
        self, scene: Scene, pip: Pip, target: Path
    ) -> None:
        pip.install("shared-lib==1.0", into=target, index_url=scene.index_url())

        assert installed(target) == {"shared-lib": "1.0"}

    def test_local_alone_lacks_the_dependencies(self, scene: Scene, pip: Pip, target: Path) -> None:
        result = pip.install(
            "storefront", into=target, index_url=scene.index_url("app-local"), check=False
        )

        assert result.returncode == 1
        assert "storefront 2.0 depends on fancy" in result.stdout.lower()
        assert not target.exists()

    def test_names_in_any_spelling(self, scene: Scene, pip: Pip, target: Path) -> None:
        pip.install("STOREfront", "Fancy.LIB<2", into=target, index_url=scene.index_url())

        assert installed(target) == STOREFRONT

    def test_download_and_install_by_hash(
        self, scene: Scene, any_pip: Pip, target: Path, tmp_path: Path
    ) -> None:
        downloads = tmp_path / "downloads"
        pinned = tmp_path / "requirements.txt"

        any_pip.run("download", "-d", str(downloads), "storefront", index_url=scene.index_url())
        digests = {path.name: sha256(path.read_bytes()).hexdigest() for path in downloads.iterdir()}
        lines = [
            f"{project}=={version} --hash=sha256:"
            + digests[f"{project.replace('-', '_')}-{version}-py3-none-any.whl"]
            for project, version in STOREFRONT.items()
        ]
        pinned.write_text("\n".join(lines))
        any_pip.install(
            *("--no-cache-dir", "--require-hashes", "-r", str(pinned)),
            into=target,
            index_url=scene.index_url(),
        )

        assert len(digests) == len(STOREFRONT)
        assert installed(target) == STOREFRONT

    def test_requirements_file_that_begins_with_the_index_url(
        self, scene: Scene, any_pip: Pip, target: Path, tmp_path: Path
    ) -> None:
        requirements = tmp_path / "requirements.txt"
        requirements.write_text(
            f"--index-url {scene.index_url()}\nstorefront==1.0\nbase-lib==1.0\n"
        )

        any_pip.install("-r", str(requirements), into=target, index_url=None)

        assert installed(target) == {"storefront": "1.0", "fancy-lib": "1.5", "base-lib": "1.0"}

    @pytest.mark.parametrize("repository", ["mirror-remote", "everything"])
    @pytest.mark.parametrize("version", ["23.3.2", NEWEST])
    def test_index_versions(self, scene: Scene, home: Path, repository: str, version: str) -> None:
        """All but 1.2, which asks for another Python."""
        pip = Pip(pip_client(version), home)

        listed = pip.run("index", "versions", "base-lib", index_url=scene.index_url(repository))

        assert "Available versions: 2.0, 1.1, 1.0\n" in listed.stdout

    def test_resolves_by_metadata_files_without_downloading_a_wheel(
        self, scene: Scene, pip: Pip, tmp_path: Path
    ) -> None:
        report = tmp_path / "report.json"

        result = pip.install(
            *("--no-cache-dir", "--dry-run", "--report", str(report), "storefront"),
            into=tmp_path / "packages",
            index_url=scene.index_url(),
        )

        items = json.loads(report.read_text())["install"]
        chosen = {item["metadata"]["name"]: item["metadata"]["version"] for item in items}
        assert chosen == STOREFRONT
        downloaded = [line for line in result.stdout.splitlines() if "Downloading" in line]
        assert len(downloaded) == len(STOREFRONT)
        assert all(".whl.metadata" in line for line in downloaded)

    def test_nothing_newer_than_a_time(self, scene: Scene, pip: Pip, target: Path) -> None:
        pip.install(
            *("--uploaded-prior-to", between_1_0_and_1_1(scene), "base-lib"),
            into=target,
            index_url=scene.index_url(),
        )

        assert installed(target) == {"base-lib": "1.0"}

    @pytest.mark.parametrize("version", [OLDEST, NEWEST])
    def test_source_distribution(
        self, scene: Scene, home: Path, target: Path, version: str
    ) -> None:
        pip = Pip(pip_client(version), home)
        how = ["--no-build-isolation"] if version == NEWEST else []

        pip.install(*how, "tarball", into=target, index_url=scene.index_url())

        assert installed(target) == {"tarball": "1.0"}


class TestPython2:
    @pytest.fixture(params=["1.5.6", "9.0.3"])
    def python2(self, request: pytest.FixtureRequest) -> Client:
        interpreter = find_python("2.7")
        if interpreter is None:
            pytest.skip("Python 2.7 is not on this machine")
        return old_client("installing-python2", f"pip=={request.param}", python=interpreter)

    def test_pip_installs_a_source_distribution(
        self, scene: Scene, python2: Client, home: Path, target: Path
    ) -> None:
        Pip(python2, home).install("tarball", into=target, index_url=scene.index_url())

        assert installed(target) == {"tarball": "1.0"}


def test_easy_install(scene: Scene, home: Path, target: Path) -> None:
    """It asks for names as they are spelled, and knows nothing of ``Requires-Python``."""
    interpreter = find_python("3.6")
    if interpreter is None:
        pytest.skip("Python 3.6 is not on this machine")
    environment = client("installing-easy-install", "setuptools==44.1.1", python=interpreter)
    target.mkdir()

    environment.run(
        *("python", "-m", "easy_install", "--index-url", scene.index_url()),
        *("--install-dir", str(target), "storefront"),
        home=home,
        env={"PYTHONPATH": str(target)},
    )

    assert {path.name for path in target.glob("*.egg")} == {
        "storefront-2.0-py3.6.egg",
        "fancy_lib-1.5-py3.6.egg",
        "base_lib-1.2-py3.6.egg",
    }


class TestUv:
    @pytest.mark.parametrize("slash", ["", "/"], ids=["no-slash", "slash"])
    def test_pip_install(
        self, scene: Scene, uv: Client, home: Path, target: Path, slash: str
    ) -> None:
        uv.run(
            *("uv", "pip", "install", "--default-index", f"{scene.index_url()}{slash}"),
            *("--target", str(target), "StoreFront"),
            home=home,
        )

        assert installed(target) == STOREFRONT
        assert imported("storefront", uv, target, home) == "2.0"

    @pytest.mark.parametrize("key", ["mirror-remote", "everything"])
    def test_nothing_newer_than_a_time(
        self, scene: Scene, uv: Client, home: Path, target: Path, key: str
    ) -> None:
        """The times are the upstream's."""
        uv.run(
            *("uv", "pip", "install", "--default-index", scene.index_url(key)),
            *("--exclude-newer", between_1_0_and_1_1(scene), "--target", str(target), "base-lib"),
            home=home,
        )

        assert installed(target) == {"base-lib": "1.0"}

    def test_project_is_locked_and_synchronized(
        self, scene: Scene, uv: Client, home: Path, tmp_path: Path
    ) -> None:
        project = make_project(tmp_path / "project", ["storefront"], uv_index(scene.index_url()))

        uv.run("uv", "lock", home=home, cwd=project.path)
        locked = (project.path / "uv.lock").read_text()
        uv.run("uv", "sync", "--locked", "--no-cache", home=home, cwd=project.path)

        assert "upload-time" in locked
        assert f'registry = "{scene.index_url()}"' in locked
        assert project.installed == STOREFRONT
        assert project.imported("storefront") == "2.0"

    def test_dependency_is_added_to_a_project(
        self, scene: Scene, uv: Client, home: Path, tmp_path: Path
    ) -> None:
        project = make_project(tmp_path / "project", [], uv_index(scene.index_url()))

        uv.run("uv", "add", "Shared.Lib<2", home=home, cwd=project.path)

        assert project.installed == {"shared-lib": "1.0"}

    def test_several_at_once_through_a_remote_that_holds_nothing_yet(
        self, scene: Scene, uv: Client, home: Path, tmp_path: Path
    ) -> None:
        administrator = Administrator(scene.server)
        administrator.create_remote("new-remote", scene.upstream)
        administrator.create("new", "virtual", repositories=["app-local", "new-remote"])
        index = ("--no-cache", "--default-index", scene.index_url("new"))

        def install(target: Path) -> dict[str, str]:
            uv.run(
                *("uv", "pip", "install", *index, "--target", str(target), "storefront"), home=home
            )
            return installed(target)

        with ThreadPoolExecutor() as pool:
            results = list(pool.map(install, [tmp_path / str(number) for number in range(4)]))

        assert results == [STOREFRONT] * 4


class TestPoetry:
    @pytest.fixture
    def poetry(self) -> Client:
        return client("installing-poetry", "poetry")

    def test_dependency_is_added_to_a_project(
        self, scene: Scene, poetry: Client, home: Path, tmp_path: Path
    ) -> None:
        project = make_project(tmp_path / "project", [], poetry_source(scene.index_url()))

        poetry.run("poetry", "add", "storefront<2", home=home, cwd=project.path, env=POETRY)

        locked = (project.path / "poetry.lock").read_text()
        assert locked.count('hash = "sha256:') == len(STOREFRONT)
        assert without_pip(project) == STOREFRONT | {"storefront": "1.0"}

    def test_project_is_installed(
        self, scene: Scene, poetry: Client, home: Path, tmp_path: Path
    ) -> None:
        source = poetry_source(f"{scene.index_url()}/")
        project = make_project(tmp_path / "project", ["storefront>=2"], source)

        poetry.run("poetry", "install", home=home, cwd=project.path, env=POETRY)

        assert without_pip(project) == STOREFRONT
        assert project.imported("storefront") == "2.0"


def without_pip(project: Project) -> dict[str, str]:
    """Poetry's environments come with a pip."""
    return {name: version for name, version in project.installed.items() if name != "pip"}


class TestPdm:
    @pytest.fixture
    def pdm(self) -> Client:
        # the newest versions of what it needs do not always fit it
        return client("installing-pdm", "pdm[locked]")

    def test_project_is_locked_and_installed(
        self, scene: Scene, pdm: Client, home: Path, tmp_path: Path
    ) -> None:
        source = pdm_source(scene.index_url())
        project = make_project(tmp_path / "project", ["storefront"], source)
        env = {"PDM_CHECK_UPDATE": "0"}

        pdm.run("pdm", "lock", home=home, cwd=project.path, env=env)
        pdm.run("pdm", "install", "--frozen-lockfile", home=home, cwd=project.path, env=env)

        assert "sha256:" in (project.path / "pdm.lock").read_text()
        assert project.installed == STOREFRONT
        assert project.imported("storefront") == "2.0"


class TestUpstreamThatIsGone:
    def test_what_was_installed_once_can_be_installed_again(
        self, scene: Scene, make_server: MakeServer, pip: Pip, uv: Client, tmp_path: Path
    ) -> None:
        """Even when the upstream was to be asked again for each page."""
        upstream = make_server(options=["--no-default-repositories"])
        fill_upstream(Administrator(upstream))
        administrator = Administrator(scene.server)
        administrator.create_remote("gone-remote", upstream, retrievalCachePeriodSecs=0)
        administrator.create("gone", "virtual", repositories=["app-local", "gone-remote"])
        url = scene.index_url("gone")

        pip.install("storefront", into=tmp_path / "first", index_url=url)
        upstream.kill()
        pip.install("--no-cache-dir", "storefront", into=tmp_path / "second", index_url=url)
        index = ("--no-cache", "--default-index", url)
        uv.run(
            *("uv", "pip", "install", *index, "--target", str(tmp_path / "third"), "storefront"),
            home=pip.home,
        )

        assert installed(tmp_path / "first") == STOREFRONT
        assert installed(tmp_path / "second") == STOREFRONT
        assert installed(tmp_path / "third") == STOREFRONT

    def test_what_the_local_has_can_be_installed_for_the_first_time(
        self, scene: Scene, pip: Pip, tmp_path: Path
    ) -> None:
        """An upstream that cannot be reached does not take the rest of the virtual with it."""
        administrator = Administrator(scene.server)
        nowhere = LiveServer(tmp_path / "never-started")
        administrator.create_remote("nowhere-remote", nowhere)
        members = ["nowhere-remote", "app-local"]
        administrator.create("nowhere", "virtual", repositories=members)

        pip.install("shared-lib", into=tmp_path / "packages", index_url=scene.index_url("nowhere"))

        assert installed(tmp_path / "packages") == {"shared-lib": "1.0"}


class TestBehindAProxy:
    def test_below_a_path(
        self, make_server: MakeServer, pip: Pip, uv: Client, scene: Scene, tmp_path: Path
    ) -> None:
        """Every link stays below the path of ``--outside-url``."""
        with Proxy("/base") as proxy:
            server = make_server(
                options=["--no-default-repositories"],
                devpi_options=["--outside-url", proxy.url],
            )
            proxy.backend_port = server.port
            administrator = Administrator(server)
            administrator.create_remote("mirror-remote", scene.upstream)
            fill_local(administrator)
            url = f"{proxy.url}/artifactory/api/pypi/everything/simple"

            pip.install("storefront", into=tmp_path / "by-pip", index_url=url)
            uv.run(
                *("uv", "pip", "install", "--default-index", url),
                *("--target", str(tmp_path / "by-uv"), "storefront"),
                home=pip.home,
            )

        assert installed(tmp_path / "by-pip") == STOREFRONT
        assert installed(tmp_path / "by-uv") == STOREFRONT
        assert all(path.startswith("/base/artifactory/") for path in proxy.paths)
