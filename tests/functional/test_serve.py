"""``devpi-artifactory serve`` as a process: what it prints, keeps, refuses, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from devpi_artifactory_compat.client.first_start import MARKER_NAME
from pathlib import Path
from server import ADMIN_PASSWORD
from server import COMMAND
from server import LiveServer
from server import clean_environment
from server import free_port
import fcntl
import pytest
import signal
import socket
import subprocess


MakeServer = Callable[..., LiveServer]

#: devpi-web would answer with a page for people
JSON = {"Accept": "application/json"}


def logs_in(server: LiveServer, password: str) -> bool:
    login = {"user": "root", "password": password}
    status = server.request("POST", "/+login", json=login).status_code
    assert status in (200, 401)
    return status == 200


def has_ipv6() -> bool:
    try:
        free_port("::1")
    except OSError:
        return False
    return True


class Refusal:
    """A start that is expected to fail."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self.serverdir = home / "serverdir"
        self._arguments = arguments
        self._environment = clean_environment(home, **environment)
        self._cwd = home

    def line(self, **options: str | None) -> str:
        """The one line on stderr of a start that ended with status 2 and printed nothing."""
        given = {"serverdir": str(self.serverdir), "port": str(free_port()), **options}
        named = [f"--{name}={value}" for name, value in given.items() if value is not None]
        result = subprocess.run(
            [COMMAND, "serve", *named, *self._arguments],
            capture_output=True,
            text=True,
            env=self._environment,
            cwd=self._cwd,
            timeout=60,
            check=False,
        )
        assert (result.returncode, result.stdout) == (2, ""), result.stderr
        [line] = result.stderr.splitlines()
        return line


class TestFirstStart:
    def test_prints_the_urls_and_a_password_that_logs_in(self, make_server: MakeServer) -> None:
        server = make_server(admin_password=None)

        assert server.stdout.splitlines() == [
            f"Index URL:  {server.url}/artifactory/api/pypi/pypi/simple",
            f"Upload URL: {server.url}/artifactory/api/pypi/pypi",
            "User: root",
            f"Password: {server.printed['Password']}",
            f"Server directory: {server.serverdir}",
            f"Log: {server.serverdir}/devpi-server.log",
            "Press Ctrl-C to stop",
        ]
        assert logs_in(server, server.printed["Password"])
        assert not logs_in(server, "")

    def test_the_directory_is_closed_to_other_users(self, make_server: MakeServer) -> None:
        assert make_server().serverdir.stat().st_mode & 0o777 == 0o700

    def test_a_password_given_by_option_is_set_and_not_printed(
        self, make_server: MakeServer
    ) -> None:
        server = make_server(admin_password="by-option")

        assert logs_in(server, "by-option")
        assert "by-option" not in server.stdout
        assert "Password" not in server.printed

    def test_a_password_given_by_the_environment_is_set_and_not_printed(
        self, make_server: MakeServer
    ) -> None:
        server = make_server(
            admin_password=None, environment={"DEVPI_ARTIFACTORY_ADMIN_PASSWORD": "by-variable"}
        )

        assert logs_in(server, "by-variable")
        assert "by-variable" not in server.stdout
        assert "Password" not in server.printed

    def test_without_default_repositories_it_tells_how_to_create_one(
        self, make_server: MakeServer
    ) -> None:
        server = make_server(options=["--no-default-repositories"])

        assert server.printed["Base URL"] == f"{server.url}/artifactory"
        assert (
            f"{server.url}/artifactory/api/repositories/" in server.printed["Create a repository"]
        )
        assert "Index URL" not in server.printed
        assert set(server.request("GET", "/", headers=JSON).json()["result"]) == {"root"}

    def test_an_existing_empty_directory_is_taken(self, tmp_path: Path) -> None:
        server = LiveServer(tmp_path)
        server.serverdir.mkdir()

        with server:
            assert logs_in(server, ADMIN_PASSWORD)

    def test_one_that_was_killed_halfway_is_completed_by_the_next_start(
        self, tmp_path: Path
    ) -> None:
        server = LiveServer(tmp_path, admin_password=None)
        server.serverdir.mkdir()
        (server.serverdir / MARKER_NAME).touch()
        (server.serverdir / ".serverversion").touch()

        with server:
            assert logs_in(server, server.printed["Password"])
            assert "Index URL" in server.printed
        assert not (server.serverdir / MARKER_NAME).exists()

    def test_a_password_that_nobody_was_told_is_made_anew(self, make_server: MakeServer) -> None:
        server = make_server(admin_password=None)
        untold = server.printed["Password"]
        server.stop()
        (server.serverdir / MARKER_NAME).touch()

        server.start()

        assert logs_in(server, server.printed["Password"])
        assert not logs_in(server, untold)


class TestSecondStart:
    def test_reuses_everything_and_prints_no_password(self, make_server: MakeServer) -> None:
        server = make_server(admin_password=None)
        password = server.printed.pop("Password")
        first_lines = [line for line in server.stdout.splitlines() if "Password" not in line]
        server.stop()

        server.start()

        assert server.stdout.splitlines() == first_lines
        assert logs_in(server, password)

    def test_logins_outlive_a_restart(self, make_server: MakeServer) -> None:
        server = make_server()
        login = {"user": "root", "password": ADMIN_PASSWORD}
        token = server.request("POST", "/+login", json=login).json()["result"]["password"]
        server.stop()

        server.start()

        answer = server.request(
            "GET", "/artifactory/api/repositories/configurations", auth=("root", token)
        )
        assert answer.status_code == 200

    def test_does_not_bring_back_what_the_admin_deleted(self, make_server: MakeServer) -> None:
        server = make_server()
        assert server.request("DELETE", "/repo/pypi", auth=server.admin).status_code == 201
        server.stop()

        server.start()

        assert server.request("GET", "/repo/pypi").status_code == 404
        assert server.printed["Base URL"] == f"{server.url}/artifactory"

    def test_does_not_change_the_password(self, make_server: MakeServer) -> None:
        server = make_server()
        server.stop()
        server.options = ("--admin-password", "another")

        server.start()

        assert logs_in(server, ADMIN_PASSWORD)
        assert not logs_in(server, "another")


class TestEnd:
    @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_ends_it_with_status_0_and_frees_the_port(
        self, make_server: MakeServer, how: signal.Signals
    ) -> None:
        server = make_server()

        assert server.stop(how) == 0
        assert server.stderr == ""
        with closing(socket.socket()) as client:
            assert client.connect_ex((server.host, server.port)) != 0
        server.start()


class TestOptions:
    def test_what_follows_the_dashes_reaches_devpi_server(self, make_server: MakeServer) -> None:
        server = make_server(devpi_options=["--outside-url", "https://packages.example/base"])

        root = "https://packages.example/base/artifactory/api/pypi/pypi"
        assert server.printed["Index URL"] == f"{root}/simple"
        assert server.printed["Upload URL"] == root
        login = server.request("GET", "/+api").json()["result"]["login"]
        assert login == "https://packages.example/base/+login"

    def test_an_owner_of_the_repositories_can_be_chosen(self, make_server: MakeServer) -> None:
        server = make_server(devpi_options=["--artifactory-owner", "packages"])

        assert set(server.request("GET", "/", headers=JSON).json()["result"]) == {
            "root",
            "packages",
        }
        assert "Index URL" in server.printed

    def test_verbose_shows_the_log_on_stderr(self, make_server: MakeServer) -> None:
        server = make_server(options=["--verbose"])

        assert "devpi-server version" in server.stderr
        assert "devpi-server version" in Path(server.printed["Log"]).read_text()

    def test_the_directory_can_come_from_the_environment(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path, DEVPI_ARTIFACTORY_SERVERDIR="/dev/null")

        assert "Cannot use /dev/null as the server directory" in refusal.line(serverdir=None)

    @pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
    def test_an_ipv6_address_stands_in_brackets(self, make_server: MakeServer) -> None:
        server = make_server(host="::1")

        assert server.printed["Upload URL"].startswith(f"http://[::1]:{server.port}/")

    def test_every_address_is_printed_as_one_that_can_be_reached(
        self, make_server: MakeServer
    ) -> None:
        server = make_server(host="0.0.0.0")

        assert server.printed["Upload URL"].startswith(f"http://127.0.0.1:{server.port}/")
        assert server.request("GET", server.printed["Upload URL"]).status_code < 500


class TestRefusal:
    def test_a_busy_port(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path)
        with closing(socket.create_server(("127.0.0.1", 0))) as busy:
            port = busy.getsockname()[1]

            line = refusal.line(port=str(port))

        assert line == f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use."
        assert not refusal.serverdir.exists()

    @pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid", "not a host"])
    def test_a_host_that_is_not_this_machine(self, tmp_path: Path, host: str) -> None:
        refusal = Refusal(tmp_path)

        assert refusal.line(host=host).startswith(f"Error: Cannot listen on {host}:")
        assert not refusal.serverdir.exists()

    def test_a_file_in_place_of_the_directory(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path)
        refusal.serverdir.write_text("mine")

        assert refusal.line() == (
            f"Error: Cannot use {refusal.serverdir} as the server directory: Not a directory."
        )

    def test_a_directory_that_cannot_be_made(self, tmp_path: Path) -> None:
        line = Refusal(tmp_path).line(serverdir="/proc/no-such-directory")

        assert line.startswith("Error: Cannot use /proc/no-such-directory as the server directory:")

    def test_a_directory_of_something_else_stays_as_it_is(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path)
        refusal.serverdir.mkdir()
        (refusal.serverdir / "letter.txt").write_text("mine")

        assert f"serverdir {refusal.serverdir} is non-empty" in refusal.line()
        assert [path.name for path in refusal.serverdir.iterdir()] == ["letter.txt"]

    def test_a_directory_of_another_database_version(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path)
        refusal.serverdir.mkdir()
        (refusal.serverdir / ".serverversion").write_text("3")

        assert "created at database version 3. Use devpi-export" in refusal.line()

    def test_a_directory_that_devpi_init_left_unfinished(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path)
        refusal.serverdir.mkdir()
        (refusal.serverdir / ".serverversion").write_text("4")

        assert "is no complete server directory" in refusal.line()

    @pytest.mark.parametrize(
        ("name", "reason"),
        [(".sqlite", "file is not a database"), (".nodeinfo", "Expecting value")],
    )
    def test_a_damaged_directory(self, tmp_path: Path, name: str, reason: str) -> None:
        refusal = Refusal(tmp_path)
        refusal.serverdir.mkdir()
        (refusal.serverdir / ".serverversion").write_text("4")
        (refusal.serverdir / ".nodeinfo").write_text("{}")
        (refusal.serverdir / name).write_text("garbage")

        line = refusal.line()

        assert line.startswith(f"Error: Cannot use {refusal.serverdir} as the server directory:")
        assert reason in line

    def test_a_directory_that_another_process_is_setting_up(self, tmp_path: Path) -> None:
        refusal = Refusal(tmp_path)
        refusal.serverdir.mkdir()
        with (refusal.serverdir / MARKER_NAME).open("w") as marker:
            fcntl.flock(marker, fcntl.LOCK_EX)

            line = refusal.line()

        assert line == f"Error: Another process is just setting up {refusal.serverdir}."

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            (["--no-such-option"], "unrecognized arguments: --no-such-option"),
            (["--threads", "many"], "argument --threads: invalid int value: 'many'"),
            (["--configfile", "/no/such.yml"], "No such file or directory: '/no/such.yml'"),
            (["--listen", "127.0.0.1:1"], "either --listen or --host/--port, not both"),
            (["--storage", "punched-cards"], "The backend 'punched-cards' can't be found"),
            (["--trusted-proxy-count", "2"], "no meaning without setting trusted_proxy"),
        ],
    )
    def test_what_devpi_server_refuses(
        self, tmp_path: Path, options: list[str], reason: str
    ) -> None:
        assert reason in Refusal(tmp_path, "--", *options).line()
