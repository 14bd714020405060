"""Real clients, each in an environment of its own, with nothing of the person who runs the tests.

An environment is made once for all workers of a test run, from the machine's own package sources;
what a client then talks to is the server under test alone.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from filelock import FileLock
from hashlib import sha256
from pathlib import Path
from server import clean_environment
import os
import shutil
import subprocess
import sys
import tempfile


#: environments are kept between runs of the tests; what is in one is part of its name
CACHE = Path(
    os.environ.get("ARTIFACTORY_TEST_CLIENTS", Path(tempfile.gettempdir()) / "artifactory-clients")
)

TIMEOUT = 300


@dataclass(frozen=True)
class Client:
    """An environment with a client in it; ``run`` starts one of its commands."""

    path: Path

    @property
    def python(self) -> str:
        return str(self.path / "bin" / "python")

    def command(self, name: str) -> str:
        return str(self.path / "bin" / name)

    def run(
        self,
        *command: str,
        home: Path,
        check: bool = True,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Start a command of the environment in ``home``; fails with its output."""
        result = subprocess.run(
            [self.command(command[0]), *command[1:]],
            cwd=cwd or home,
            env=client_environment(home, **(env or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        output = f"{' '.join(command)}\n{result.stdout}\n{result.stderr}"
        assert not check or result.returncode == 0, output
        return result


def client_environment(home: Path, **variables: str) -> dict[str, str]:
    """No index, user, cache or configuration but what the test itself writes into ``home``."""
    kept = {
        name: value
        for name, value in clean_environment(home).items()
        if not name.startswith(("PIP_", "UV_", "POETRY_", "PDM_", "TWINE_", "HATCH_", "FLIT_"))
        # poetry and pdm would install into VIRTUAL_ENV, the environment of the tests
        and name.lower() not in {"http_proxy", "https_proxy", "all_proxy", "virtual_env"}
    }
    return {
        **kept,
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "NO_COLOR": "1",
        **variables,
    }


def client(name: str, *requirements: str, python: str = sys.executable) -> Client:
    """The environment ``name`` with the requirements installed, made when it is not there yet."""
    return _environment(name, requirements, python, _make)


def old_client(name: str, *requirements: str, python: str) -> Client:
    """As :func:`client`, for an interpreter that is too old for uv, such as 2.7 or 3.6."""
    return _environment(name, requirements, python, _make_old)


def _environment(
    name: str,
    requirements: Sequence[str],
    python: str,
    make: Callable[[Path, Sequence[str], str], None],
) -> Client:
    content = sha256(" ".join([python, *requirements]).encode()).hexdigest()
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{name}-{content[:8]}"
    with FileLock(f"{path}.lock"):
        if not (path / "complete").exists():
            shutil.rmtree(path, ignore_errors=True)
            make(path, requirements, python)
            (path / "complete").touch()
    return Client(path)


def _make_old(path: Path, requirements: Sequence[str], python: str) -> None:
    # newer releases know neither 2.7 nor 3.6
    virtualenv = client("virtualenv", "virtualenv<20.22").command("virtualenv")
    subprocess.run([virtualenv, "--quiet", "--python", python, str(path)], check=True)
    pip = [str(path / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, *requirements], check=True)


def _make(path: Path, requirements: Sequence[str], python: str) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert uv, "uv is among the test dependencies"
    subprocess.run([uv, "venv", "--quiet", "--python", python, str(path)], check=True)
    if requirements:
        interpreter = str(path / "bin" / "python")
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", interpreter, *requirements], check=True
        )


def find_python(version: str) -> str | None:
    """An interpreter of a version such as ``3.8``, from the PATH or from pyenv."""
    found = shutil.which(f"python{version}")
    if found and _works(found, version):
        return found
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in sorted(root.glob(f"versions/{version}.*/bin/python{version}")):
        if _works(str(candidate), version):
            return str(candidate)
    return None


def _works(interpreter: str, version: str) -> bool:
    # a shim of pyenv is there and fails unless its version is selected
    code = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=False)
    return result.returncode == 0 and result.stdout == version
