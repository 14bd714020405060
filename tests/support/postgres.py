"""A PostgreSQL server of the tests' own: it listens on a socket in its directory only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import os
import pwd
import shutil
import subprocess
import tempfile


#: the server refuses to run as root; the first of these that there is runs it then
USERS = ("postgres", "nobody")

#: where Debian keeps what is not on everybody's PATH
DEBIAN = Path("/usr/lib/postgresql")

OPTIONS = "-h '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of its database ``postgres``, for SQLAlchemy and psycopg."""
    # not in the tests' own directory, into which no other user may look
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        home.chmod(0o711)
        data, log = home / "data", home / "log"
        run_as = _other_user(home)
        _run(run_as, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        _run(run_as, "pg_ctl", "-D", data, "-l", log, "-w", "-o", f"-k {home} {OPTIONS}", "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
        finally:
            _run(run_as, "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


def program(name: str) -> str:
    newest_first = sorted(DEBIAN.glob(f"*/bin/{name}"), key=_version, reverse=True)
    found = next(map(str, newest_first), None) or shutil.which(name)
    assert found, f"PostgreSQL's {name} is not installed: .ci/run installs it"
    return found


def _version(path: Path) -> float:
    return float(path.parts[-3])


def _other_user(home: Path) -> tuple[str, ...]:
    """What to run the server's programs with."""
    if os.geteuid() != 0:
        return ()
    known = {each.pw_name: each for each in pwd.getpwall()}
    user = next(known[name] for name in USERS if name in known)
    os.chown(home, user.pw_uid, user.pw_gid)
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return ("setpriv", *ids)


def _run(run_as: tuple[str, ...], name: str, *args: str | Path) -> None:
    command = [*run_as, program(name), *map(str, args)]
    # a server that holds the pipe would keep this waiting
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False
        )
        output.seek(0)
        assert done.returncode == 0, output.read().decode(errors="replace")
