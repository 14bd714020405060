"""The page of a large project of a remote repository, once it is cached.

Our page against devpi's own ``+simple`` page of the same mirror index, in HTML and JSON, for
clients that take gzip and for those that do not.
"""

from __future__ import annotations

from benchmarks.processes import create_repository
from benchmarks.processes import live_server
from benchmarks.processes import upstream
from benchmarks.rounds import Candidate
from benchmarks.rounds import Result
from benchmarks.rounds import measure
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
import argparse
import json
import platform


KEY = "mirror"
PROJECT = "large-project"

FORMS = {"HTML": "text/html", "JSON": "application/vnd.pypi.simple.v1+json"}
ENCODINGS = {"plain": "identity", "gzip": "gzip"}

#: of each version: a source distribution, and wheels for these
PLATFORMS = ("manylinux_2_28_x86_64", "macosx_11_0_arm64", "win_amd64")


def project_page(files: int, base_url: str) -> bytes:
    """A page as the public index would have it."""
    entries: list[dict[str, object]] = []
    number = 0
    releases: list[str] = []
    while len(entries) < files:
        number += 1
        release = f"{number // 100}.{number // 10 % 10}.{number % 10}"
        releases.append(release)
        stem = f"{PROJECT.replace('-', '_')}-{release}"
        names = [f"{stem}.tar.gz", *(f"{stem}-cp311-cp311-{each}.whl" for each in PLATFORMS)]
        entries += [_entry(name, base_url) for name in names]
    page = {
        "meta": {"api-version": "1.1"},
        "name": PROJECT,
        "versions": releases,
        "files": entries[:files],
    }
    return json.dumps(page).encode()


def _entry(filename: str, base_url: str) -> dict[str, object]:
    digest = sha256(filename.encode()).hexdigest()
    path = f"packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"
    metadata = {"sha256": digest[::-1]} if filename.endswith(".whl") else False
    return {
        "filename": filename,
        "url": f"{base_url}/{path}",
        "hashes": {"sha256": digest},
        "requires-python": ">=3.9",
        "size": 1_234_567,
        "upload-time": "2026-01-02T03:04:05.678901Z",
        "core-metadata": metadata,
        "yanked": False,
    }


def candidates(server_url: str) -> list[Candidate]:
    urls = {
        "ours": f"{server_url}/artifactory/api/pypi/{KEY}/simple/{PROJECT}/",
        "devpi": f"{server_url}/repo/{KEY}/+simple/{PROJECT}/",
    }
    return [
        Candidate(f"{whose} {form} {encoding}", url, {"Accept": accept, "Accept-Encoding": coding})
        for form, accept in FORMS.items()
        for encoding, coding in ENCODINGS.items()
        for whose, url in urls.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round and candidate")
    options = parser.parse_args()
    pages: dict[str, bytes] = {"/simple/": json.dumps({"projects": [{"name": PROJECT}]}).encode()}
    with upstream(pages) as upstream_url, live_server() as server:
        pages[f"/simple/{PROJECT}/"] = project_page(options.files, upstream_url)
        create_repository(
            server.url, KEY, rclass="remote", url=upstream_url, pyPIRegistryUrl=upstream_url
        )
        results = measure(candidates(server.url), rounds=options.rounds, seconds=options.seconds)
    report(options.files, results)


def report(files: int, results: Mapping[str, Result]) -> None:
    packages = ("devpi-artifactory-compat", "devpi-server")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"{files} files, Python {platform.python_version()}, {versions}")
    for form in FORMS:
        for encoding in ENCODINGS:
            ours, devpis = (results[f"{whose} {form} {encoding}"] for whose in ("ours", "devpi"))
            print(
                f"{form} {encoding}: ours {ours.rate:.2f}/s of {ours.size} bytes, "
                f"devpi {devpis.rate:.2f}/s of {devpis.size} bytes, "
                f"ratio {ours.rate / devpis.rate:.2f}"
            )


if __name__ == "__main__":
    main()
