"""What upload clients send arrives, and what the server refuses they tell with the reason."""

from __future__ import annotations

from clients import client
from collections.abc import Iterator
from hashlib import sha256
from packaging.requirements import Requirement
from pathlib import Path
from projects import CLASSIFIERS
from projects import VERSION
from projects import Project
from projects import builder
from projects import classic_project
from projects import modern_project
from publishers import PUBLISHERS
from publishers import SETUP_PYS
from publishers import TWINE
from publishers import TWINE_3
from publishers import TWINE_6
from publishers import TWINES
from publishers import Account
from publishers import Poetry
from publishers import Publisher
from publishers import SetupPy
from publishers import Twine
from publishers import Uv
from scene import Administrator
from server import LiveServer
from support.archives import make_sdist
from support.archives import make_wheel
from support.archives import metadata_of
from support.archives import wheel_filename
from typing import Any
import json
import pytest


#: uploads, and may not delete
USER = "ci"
PASSWORD = "p:a ss/@w"

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
SENDS_AS_BUILT = [publisher for publisher in PUBLISHERS if not publisher.rebuilds]
SKIPS_EXISTING = [publisher for publisher in PUBLISHERS if publisher.skip_existing]
NO_REGISTRATION = "neither needed nor supported"


def name_of(publisher: Publisher) -> str:
    return publisher.name


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with ``team``, virtual over ``team-local``; ``taken-local``; ``team-remote``."""
    # without a remote of the public index: nothing here may ask for it
    options = ["--no-default-repositories"]
    with LiveServer(tmp_path_factory.mktemp("team"), options=options) as server:
        fill(server)
        yield server
        log = (server.serverdir / "devpi-server.log").read_text()
        assert "Traceback" not in log, log


def fill(server: LiveServer) -> None:
    administrator = Administrator(server)
    administrator.create_user(USER, PASSWORD)
    upstream = "http://upstream.example"
    administrator.create("team-remote", "remote", url=upstream, pyPIRegistryUrl=upstream)
    for key in ("team-local", "taken-local"):
        administrator.create(key, "local")
        granted = server.request(
            "PATCH",
            f"/repo/{key}",
            json=[f"acl_upload=root,{USER}"],
            headers={"Accept": "application/json"},
            auth=server.admin,
        )
        assert granted.status_code == 200, granted.text
    members = ["team-local"]
    administrator.create("team", "virtual", repositories=members, defaultDeploymentRepo=members[0])


def account(server: LiveServer, key: str, password: str = PASSWORD) -> Account:
    return Account(server.upload_url(key), USER, password)


@pytest.fixture(scope="module", params=PUBLISHERS, ids=name_of)
def publisher(request: pytest.FixtureRequest) -> Publisher:
    found: Publisher = request.param
    if reason := found.missing():
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def project(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is built and belongs to the client."""
    return publisher.make(
        tmp_path_factory.mktemp("project") / "source", tmp_path_factory.mktemp("home")
    )


@pytest.fixture(scope="module")
def published(
    team: LiveServer,
    publisher: Publisher,
    project: Project,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, bytes]:
    """The files of the project, which the client uploaded to the virtual repository."""
    ended = publisher.publish(project, account(team, "team"), tmp_path_factory.mktemp("home"))
    assert ended.status == 0, ended.said
    return project.files()


def page(server: LiveServer, key: str, project: str) -> dict[str, dict[str, Any]]:
    """The files on a project page, by name."""
    answer = server.request("GET", f"{server.index_url(key)}/{project}/", headers=JSON)
    assert answer.status_code == 200, answer.text
    return {file["filename"]: file for file in answer.json()["files"]}


def fetch(server: LiveServer, path: str) -> bytes:
    answer = server.request("GET", f"{server.api_url}/{path}")
    assert answer.status_code == 200, answer.text
    content: bytes = answer.content
    return content


def stored(server: LiveServer, project: Project, filename: str, key: str = "team-local") -> bytes:
    """What is at the path that a file of the project has in a repository."""
    return fetch(server, f"{key}/{project.name}/{VERSION}/{filename}")


def assert_arrived(server: LiveServer, project: Project, files: dict[str, bytes]) -> None:
    digests = {name: sha256(content).hexdigest() for name, content in files.items()}
    for key in ("team-local", "team"):
        listed = page(server, key, project.name)
        assert {name: file["hashes"]["sha256"] for name, file in listed.items()} == digests
    for name, content in files.items():
        assert stored(server, project, name) == content


class TestUpload:
    def test_sdist_and_wheel_are_listed_and_are_what_was_built(
        self, team: LiveServer, project: Project, published: dict[str, bytes]
    ) -> None:
        assert len(published) == 2
        assert_arrived(team, project, published)

    def test_page_leads_to_the_path_of_name_and_version(
        self, team: LiveServer, project: Project, published: dict[str, bytes]
    ) -> None:
        listed = page(team, "team", project.name)

        for name, content in published.items():
            path = f"{project.name}/{VERSION}/{name}"
            assert listed[name]["url"] == f"../../{path}"
            assert fetch(team, f"api/pypi/team/{path}") == content

    def test_metadata_arrive(
        self, team: LiveServer, project: Project, published: dict[str, bytes]
    ) -> None:
        path = f"api/pypi/team/pypi/{project.name}/json"

        info = json.loads(fetch(team, path))["info"]

        assert info["name"] == project.name
        assert info["version"] == VERSION
        assert info["summary"] == project.summary
        assert info["description"].strip() == "# The description"
        assert info["description_content_type"] == "text/markdown"
        assert info["classifiers"] == CLASSIFIERS
        assert info["requires_python"] == project.requires_python
        assert info["project_urls"]["Documentation"] == "https://docs.example/"
        assert info[project.license_field] == "MIT"
        assert "ann@author.example" in info["author_email"]
        assert [str(Requirement(line)) for line in info["requires_dist"]] == ["other>=1"]

    def test_metadata_of_the_wheel_are_those_in_it(
        self, team: LiveServer, project: Project, published: dict[str, bytes]
    ) -> None:
        (name,) = (name for name in published if name.endswith(".whl"))

        served = stored(team, project, f"{name}.metadata")

        assert served == metadata_of(published[name])
        advertised = page(team, "team", project.name)[name]["core-metadata"]
        assert advertised == {"sha256": sha256(served).hexdigest()}

    @pytest.mark.parametrize("publisher", SENDS_AS_BUILT, ids=name_of, indirect=True)
    def test_the_same_files_again_are_accepted(
        self,
        team: LiveServer,
        publisher: Publisher,
        project: Project,
        published: dict[str, bytes],
        home: Path,
    ) -> None:
        ended = publisher.publish(project, account(team, "team"), home)

        assert ended.status == 0, ended.said
        assert_arrived(team, project, published)


@pytest.fixture(scope="module")
def taken(team: LiveServer, project: Project) -> bytes:
    """Other content that ``taken-local`` has under the name of the project's wheel."""
    other = make_wheel(project.name, VERSION, summary="Other content")
    Administrator(team).upload_file("taken-local", project.name, VERSION, project.wheel.name, other)
    return other


class TestRefusal:
    def test_a_wrong_password_is_told(
        self, team: LiveServer, publisher: Publisher, project: Project, home: Path
    ) -> None:
        ended = publisher.publish(project, account(team, "taken-local", "wrong"), home)

        assert ended.status != 0
        assert "401" in ended.said
        assert "Bad credentials" in ended.said

    def test_the_reason_is_told_of_an_upload_to_a_remote(
        self, team: LiveServer, publisher: Publisher, project: Project, home: Path
    ) -> None:
        ended = publisher.publish(project, account(team, "team-remote"), home)

        assert ended.status != 0
        assert "Remote repository 'team-remote' takes no uploads" in ended.said

    def test_the_reason_is_told_when_the_name_has_other_content(
        self, team: LiveServer, publisher: Publisher, project: Project, taken: bytes, home: Path
    ) -> None:
        ended = publisher.publish(project, account(team, "taken-local"), home)

        assert ended.status != 0
        assert "already exists" in ended.said
        assert "overwrite artifact" in ended.said
        assert stored(team, project, project.wheel.name, "taken-local") == taken

    @pytest.mark.parametrize("publisher", SKIPS_EXISTING, ids=name_of, indirect=True)
    def test_other_content_is_skipped_when_the_client_is_told_so(
        self, team: LiveServer, publisher: Publisher, project: Project, taken: bytes, home: Path
    ) -> None:
        where = account(team, "taken-local")
        ended = publisher.publish(project, where, home, publisher.skip_existing or "")

        assert ended.status == 0, ended.said
        assert "Skipping" in ended.said
        assert stored(team, project, project.wheel.name, "taken-local") == taken


@pytest.mark.parametrize("twine", TWINES[:-1], ids=name_of)
def test_skip_existing_is_fine_with_the_same_content(
    team: LiveServer, twine: Twine, tmp_path: Path, home: Path
) -> None:
    wheel = tmp_path / wheel_filename("skip-same", VERSION)
    wheel.write_bytes(make_wheel("skip-same", VERSION))

    for _ in range(2):
        ended = twine.upload([str(wheel)], account(team, "team"), home, "--skip-existing")
        assert ended.status == 0, ended.said

    assert fetch(team, f"team-local/skip-same/{VERSION}/{wheel.name}") == wheel.read_bytes()


def written(directory: Path, name: str) -> Project:
    """A project that is no more than its sdist and its wheel."""
    project = Project(directory, name)
    project.dist.mkdir(parents=True)
    wheel = project.dist / wheel_filename(name, VERSION)
    wheel.write_bytes(make_wheel(name, VERSION))
    sdist = project.dist / f"{name}-{VERSION}.tar.gz"
    sdist.write_bytes(make_sdist(name, VERSION))
    return project


class TestUv:
    def test_check_url_skips_what_is_there(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", "uvcheck")
        check = ("--check-url", team.index_url("team"))

        first = Uv().publish(project, account(team, "team"), home, *check)
        again = Uv().publish(project, account(team, "team"), home, *check)

        assert (first.status, again.status) == (0, 0), (first.said, again.said)
        assert "already exists, skipping" not in first.said
        assert again.said.count("already exists, skipping") == 2
        assert_arrived(team, project, project.files())

    def test_check_url_stops_at_other_content(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        Administrator(team).upload("team-local", "uvother", VERSION, requires=["re"])
        (there,) = page(team, "team-local", "uvother").values()
        project = written(tmp_path / "project", "uvother")
        check = ("--check-url", team.index_url("team"))

        ended = Uv().publish(project, account(team, "team"), home, *check)

        assert ended.status != 0
        assert sha256(project.wheel.read_bytes()).hexdigest() in ended.said
        assert there["hashes"]["sha256"] in ended.said

    def test_an_index_of_uv_toml_is_published_to(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", "uvindex")
        (project.directory / "uv.toml").write_text(
            f'[[index]]\nname = "artifactory"\nurl = "{team.index_url("team")}"\n'
            f'publish-url = "{team.upload_url("team")}"\ndefault = true\n'
        )

        login = ("--username", USER, "--password", PASSWORD)
        ended = Uv().run(project, home, "--index", "artifactory", *login)

        assert ended.status == 0, ended.said
        assert_arrived(team, project, project.files())

    def test_attestations_can_be_fetched_beside_the_file(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", "uvattested")
        attestation = {"version": 1, "envelope": {"signature": "c2lnbmVk"}}
        beside = project.wheel.with_name(f"{project.wheel.name}.publish.attestation")
        beside.write_text(json.dumps(attestation))

        ended = Uv().publish(project, account(team, "team"), home)

        assert ended.status == 0, ended.said
        served = stored(team, project, f"{project.wheel.name}.attestations")
        assert json.loads(served) == [attestation]


class TestPoetry:
    def test_builds_and_publishes_with_what_was_configured(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        project = modern_project(tmp_path / "project", "Configured", "poetry.core.masonry.api")

        commands = (
            ("config", "repositories.configured", team.upload_url("team-local")),
            ("config", "http-basic.configured", USER, PASSWORD),
            ("publish", "--build", "--repository", "configured"),
        )
        for command in commands:
            ended = Poetry().run(project, home, *command)
            assert ended.status == 0, ended.said

        assert len(project.files()) == 2
        assert_arrived(team, project, project.files())


class TestTwine:
    @pytest.mark.parametrize("twine", [TWINE_3, TWINE], ids=name_of)
    def test_a_signature_can_be_fetched_beside_the_file(
        self, team: LiveServer, twine: Twine, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", f"signed-by-{twine.name.replace('.', '-')}")
        signature = b"-----BEGIN PGP SIGNATURE-----\n\nsigned\n-----END PGP SIGNATURE-----\n"
        beside = project.wheel.with_name(f"{project.wheel.name}.asc")
        beside.write_bytes(signature)

        ended = twine.publish(project, account(team, "team"), home)

        assert ended.status == 0, ended.said
        assert stored(team, project, beside.name) == signature
        listed = page(team, "team", project.name)
        signed = {name for name, file in listed.items() if file.get("gpg-sig")}
        assert signed == {project.wheel.name}

    def test_attestations_can_be_fetched_beside_the_file(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", "twineattested")
        attestation = {"version": 1, "envelope": {"signature": "c2lnbmVk"}}
        beside = project.wheel.with_name(f"{project.wheel.name}.publish.attestation")
        beside.write_text(json.dumps(attestation))

        files = [str(project.wheel), str(beside)]
        ended = TWINE.upload(files, account(team, "team"), home, "--attestations")

        assert ended.status == 0, ended.said
        served = stored(team, project, f"{project.wheel.name}.attestations")
        assert json.loads(served) == [attestation]

    @pytest.mark.parametrize(("suffix", "kind"), [(".zip", "zip"), (".tar.bz2", "bztar")])
    def test_uploads_an_sdist_of_another_kind(
        self, team: LiveServer, tmp_path: Path, home: Path, suffix: str, kind: str
    ) -> None:
        project = classic_project(tmp_path / "project", f"sdist-as-{kind}")
        command = ("python", "setup.py", "sdist", f"--formats={kind}")
        builder().run(*command, home=home, cwd=project.directory)

        ended = TWINE_3.publish(project, account(team, "team"), home)

        assert ended.status == 0, ended.said
        (name,) = project.files()
        assert name.endswith(suffix)
        assert_arrived(team, project, project.files())

    @pytest.mark.parametrize("twine", [TWINE_3, TWINE_6, TWINE], ids=name_of)
    def test_register_is_told_that_it_is_not_needed(
        self, team: LiveServer, twine: Twine, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", "registered")

        ended = twine.run("register", [str(project.wheel)], account(team, "team"), home)

        assert ended.status != 0
        assert NO_REGISTRATION in ended.said


@pytest.mark.parametrize("setup_py", SETUP_PYS, ids=name_of)
class TestSetupPy:
    def test_uploads_sdists_of_other_kinds_and_an_egg(
        self, team: LiveServer, setup_py: SetupPy, tmp_path: Path, home: Path
    ) -> None:
        if reason := setup_py.missing():
            pytest.skip(reason)
        project = classic_project(tmp_path / "project", f"kinds.{setup_py.version}")

        commands = ("sdist", "--formats=zip,bztar", "bdist_egg")
        ended = setup_py.upload(project, account(team, "team"), home, *commands)

        assert ended.status == 0, ended.said
        files = project.files()
        assert {name.rpartition(".")[2] for name in files} == {"zip", "bz2", "egg"}
        assert_arrived(team, project, files)

    def test_register_is_told_that_it_is_not_needed(
        self, team: LiveServer, setup_py: SetupPy, tmp_path: Path, home: Path
    ) -> None:
        """It prints the answer, and goes on to the upload that usually follows."""
        if reason := setup_py.missing():
            pytest.skip(reason)
        project = classic_project(tmp_path / "project", f"registered.{setup_py.version}")
        where = account(team, "team")

        ended = setup_py.upload(project, where, home, "register", "-r", "artifactory", "sdist")

        assert ended.status == 0, ended.said
        assert NO_REGISTRATION in ended.said
        assert_arrived(team, project, project.files())


class TestDevpi:
    def test_what_devpi_uploads_natively_is_resolvable_here(
        self, team: LiveServer, tmp_path: Path, home: Path
    ) -> None:
        project = written(tmp_path / "project", "native")
        devpi = client("devpi", "devpi-client")

        commands = (
            ("use", f"{team.url}/repo/team-local"),
            ("login", USER, "--password", PASSWORD),
            ("upload", "--from-dir", str(project.dist)),
        )
        for command in commands:
            devpi.run("devpi", *command, home=home, cwd=project.directory)

        assert_arrived(team, project, project.files())
        name = project.wheel.name
        assert stored(team, project, f"{name}.metadata") == metadata_of(project.files()[name])
