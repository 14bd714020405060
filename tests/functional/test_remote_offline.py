"""What was installed once through a remote can be installed for ever, by real clients."""

from __future__ import annotations

from clients import Client
from collections.abc import Callable
from installing import NEWEST
from installing import Pip
from installing import installed
from installing import pip_client
from pathlib import Path
from scene import Administrator
from scene import Scene
from scene import fill_upstream
from server import LiveServer


LIBRARIES = {"fancy-lib": "1.5", "base-lib": "1.1", "tarball": "1.0"}


def test_locked_requirements_are_synchronized_without_the_upstream(
    scene: Scene,
    make_server: Callable[..., LiveServer],
    uv: Client,
    home: Path,
    tmp_path: Path,
) -> None:
    """By hash, from an empty cache of the client, through remote and virtual, by uv and pip.

    The upstream is to be asked again for each page, and is gone.
    """
    upstream = make_server(options=["--no-default-repositories"])
    fill_upstream(Administrator(upstream))
    administrator = Administrator(scene.server)
    administrator.create_remote("left-remote", upstream, retrievalCachePeriodSecs=0)
    administrator.create("left", "virtual", repositories=["app-local", "left-remote"])
    keys = {"left-remote": LIBRARIES, "left": {**LIBRARIES, "storefront": "2.0"}}
    pip = Pip(pip_client(NEWEST), home)
    build = ("--no-build-isolation", "--python", pip.client.python)

    def sync(key: str, target: Path) -> dict[str, str]:
        index = ("--no-cache", "--default-index", scene.index_url(key), *build)
        uv.run(
            *("uv", "pip", "sync", *index, "--require-hashes", "--target", str(target)),
            str(tmp_path / f"{key}.txt"),
            home=home,
        )
        return installed(target)

    for key, releases in keys.items():
        wanted = tmp_path / f"{key}.in"
        wanted.write_text("fancy-lib<2\ntarball\n" + "storefront\n" * ("storefront" in releases))
        uv.run(
            *("uv", "pip", "compile", "--generate-hashes", "--no-cache", "--quiet", *build),
            *("--default-index", scene.index_url(key), str(wanted)),
            *("-o", str(tmp_path / f"{key}.txt")),
            home=home,
        )
        assert sync(key, tmp_path / f"{key}-before") == releases
    upstream.kill()

    for key, releases in keys.items():
        assert sync(key, tmp_path / f"{key}-after") == releases
        pip.install(
            *("--no-cache-dir", "--no-build-isolation", "--require-hashes"),
            *("-r", str(tmp_path / f"{key}.txt")),
            into=tmp_path / f"{key}-by-pip",
            index_url=scene.index_url(key),
        )
        assert installed(tmp_path / f"{key}-by-pip") == releases
