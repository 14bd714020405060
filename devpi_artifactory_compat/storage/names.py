"""The list of all projects of an upstream, kept sorted and compressed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.errors import UpstreamTimeout
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.packages.sorted_names import sorted_names
from devpi_artifactory_compat.repositories.ports import FetchedNames
from devpi_artifactory_compat.repositories.names_ports import KeptNames
from devpi_artifactory_compat.repositories.ports import Validators
from devpi_artifactory_compat.storage.list_files import ListFolder
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_server.main import XOM
from itertools import islice
from typing import Any
from typing import cast
import gzip
import hashlib
import json


STATE = "names.json"
#: those who began to read the list before the last one can still open it
KEPT_LISTS = 2

#: how long a request waits for another one that fetches the first list
LOCK_TIMEOUT_SECS = 90.0

_NAMES_PER_PIECE = 5000
_CHUNK_SIZE = 128 * 1024
_GZIP_LEVEL = 5


class NamesFiles:
    """Implements ``repositories.ports.NamesCache``.

    ``source`` is the URL that the list comes from: the list of another source is not shown after
    the URL of the repository was changed.
    """

    def __init__(self, xom: XOM, index: str, *, source: str, scope: str = "") -> None:
        self._xom = xom
        self._folder = ListFolder(xom, index, scope=scope)
        self._source = hashlib.sha256(source.encode()).hexdigest()

    def names(self) -> KeptNames | None:
        # the list is on the primary's disk
        ask_primary(self._xom)
        file = self._folder.open(STATE)
        if file is None:
            return None
        with file:
            state = json.load(file)
        if state["source"] != self._source or not self._folder.has(_list_name(state["projects"])):
            return None
        return self._kept(state)

    @contextmanager
    def names_lock(self, *, wait: bool) -> Iterator[bool]:
        lock = self._folder.lock("names")
        is_mine = lock.acquire(timeout=LOCK_TIMEOUT_SECS if wait else 0)
        if wait and not is_mine:
            raise UpstreamTimeout("The list of projects is being fetched and does not come.")
        try:
            yield is_mine
        finally:
            if is_mine:
                lock.release()

    def save_names(self, fetched: FetchedNames, *, checked: float) -> KeptNames:
        digest = hashlib.sha256()
        count = 0
        names = sorted_names(fetched.names)
        with self._folder.writing() as new:
            with gzip.GzipFile(fileobj=new.file, mode="wb", compresslevel=_GZIP_LEVEL) as packed:
                while piece := list(islice(names, _NAMES_PER_PIECE)):
                    lines = "".join(f"{name}\n" for name in piece).encode()
                    digest.update(lines)
                    packed.write(lines)
                    count += len(piece)
            etag = digest.hexdigest()[:32]
            new.keep_as(_list_name(etag)).close()
        state = {
            "source": self._source,
            "projects": etag,
            "count": count,
            "etag": fetched.validators.etag,
            "last_modified": fetched.validators.last_modified,
        }
        kept = self._save_state(state, checked)
        self._folder.keep_newest(_list_name("*"), KEPT_LISTS)
        return kept

    def confirm_names(self, kept: KeptNames, *, checked: float) -> KeptNames:
        state = {
            "source": self._source,
            "projects": kept.projects.etag,
            "count": kept.projects.count,
            "etag": kept.validators.etag,
            "last_modified": kept.validators.last_modified,
        }
        return self._save_state(state, checked)

    def _save_state(self, state: dict[str, Any], checked: float) -> KeptNames:
        state["checked"] = checked
        with self._folder.writing() as new:
            new.file.write(json.dumps(state).encode())
            new.keep_as(STATE).close()
        return self._kept(state)

    def _kept(self, state: dict[str, Any]) -> KeptNames:
        etag = state["projects"]
        return KeptNames(
            projects=ProjectList(names=lambda: self._read(etag), etag=etag, count=state["count"]),
            validators=Validators(etag=state["etag"], last_modified=state["last_modified"]),
            checked=state["checked"],
        )

    def _read(self, etag: str) -> Iterator[NormalizedName]:
        file = self._folder.open(_list_name(etag))
        if file is None:
            raise UpstreamError("The list of projects was removed or replaced; ask again.")
        with file, gzip.GzipFile(fileobj=file) as unpacked:
            rest = b""
            while chunk := unpacked.read(_CHUNK_SIZE):
                *lines, rest = (rest + chunk).split(b"\n")
                # only normalised names were written
                yield from cast("map[NormalizedName]", map(bytes.decode, lines))


def _list_name(etag: str) -> str:
    return f"names-{etag}.gz"
