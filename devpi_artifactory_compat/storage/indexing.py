"""Indexing on devpi: its indexes in transactions, and the thread that works on the primary."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.indexing.ports import OpenIndex
from devpi_artifactory_compat.indexing.worker import Worker
from devpi_artifactory_compat.repositories.deploying import Deployment
from devpi_artifactory_compat.repositories.preparing import quiet_period
from devpi_artifactory_compat.storage.artifacts import IndexArtifacts
from devpi_artifactory_compat.storage.indexes import KEY_OPTION
from devpi_artifactory_compat.storage.indexes import plain_config
from devpi_artifactory_compat.storage.keys import WAITING
from devpi_artifactory_compat.storage.local import StageStore
from devpi_artifactory_compat.storage.own_files import StageOwnFiles
from devpi_artifactory_compat.storage.tree import Tree
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_artifactory_compat.storage.waiting import busy_indexes
from devpi_server.keyfs import KeyChangeEvent
from devpi_server.log import thread_push_log
from devpi_server.log import threadlog
from devpi_server.main import XOM
from devpi_server.model import PrivateStage
import time


class DevpiIndexes:
    """Implements ``indexing.ports.Indexes``."""

    def __init__(self, xom: XOM, *, default_period: int) -> None:
        self._xom = xom
        self._default_period = default_period

    def busy(self) -> Sequence[str]:
        unrecorded = self._without_records()
        if unrecorded:
            with self._xom.keyfs.write_transaction():
                for user, index in unrecorded:
                    Waiting(self._xom, user, index).ask(now=time.time())
        with self._xom.keyfs.read_transaction():
            return [f"{user}/{index}" for user, index in busy_indexes(self._xom)]

    def _without_records(self) -> Sequence[tuple[str, str]]:
        """Repositories with projects of which nothing was ever recorded, as after an import."""
        found = []
        with self._xom.keyfs.read_transaction():
            for user in self._xom.model.get_userlist():
                for index, ixconfig in user.key.get().get("indexes", {}).items():
                    if not ixconfig.get(KEY_OPTION) or ixconfig.get("type") != "stage":
                        continue
                    stage = self._xom.model.getstage(user.name, index)
                    assert stage is not None
                    if Tree(self._xom, user.name, index).folder("") is None and (
                        stage.list_projects_perstage()
                    ):
                        found.append((user.name, index))
        return found

    @contextmanager
    def reading(self, index: str) -> Iterator[OpenIndex | None]:
        with self._xom.keyfs.read_transaction():
            yield self._opened(index)

    @contextmanager
    def writing(self, index: str) -> Iterator[OpenIndex | None]:
        with self._xom.keyfs.write_transaction():
            yield self._opened(index)

    def _opened(self, index: str) -> OpenIndex | None:
        stage = self._xom.model.getstage(index)
        if stage is None:
            return None
        key = str(stage.ixconfig.get(KEY_OPTION) or index)
        artifacts = IndexArtifacts(self._xom, stage, key=key)
        deployment = None
        if isinstance(stage, PrivateStage):
            deployment = Deployment(key, StageStore(self._xom, stage), artifacts)
        return OpenIndex(
            artifacts=artifacts,
            deployment=deployment,
            queue=Waiting(self._xom, stage.username, stage.index),
            own_files=StageOwnFiles(self._xom, stage),
            period=self._period(index),
        )

    def _period(self, index: str) -> int:
        try:
            config = plain_config(self._xom, index)
        except InvalidConfiguration as exc:
            threadlog.error("Index %s has settings that make no sense: %s", index, exc)
            return self._default_period
        return (
            self._default_period
            if config is None
            else quiet_period(config, default=self._default_period)
        )


class IndexingThread:
    """The worker as one of devpi's threads: it begins and ends with the server."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def thread_run(self) -> None:
        thread_push_log("[INDEX]")
        self._worker.run()

    def thread_shutdown(self) -> None:
        self._worker.stop()


def start_indexing(xom: XOM, *, default_period: int) -> None:
    """To be called while the server is set up.

    A replica gets what its primary indexes; of several processes on one server only the one works
    that handles devpi's events.
    """
    if xom.is_replica() or xom.config.requests_only:
        return
    indexes = DevpiIndexes(xom, default_period=default_period)
    worker = Worker(indexes, log_exception=threadlog.exception)

    def on_waiting(event: KeyChangeEvent) -> None:
        params = event.typedkey.params
        worker.changed(f"{params['user']}/{params['index']}")

    def on_user(event: KeyChangeEvent) -> None:
        for index in (event.value or {}).get("indexes", {}):
            worker.changed(f"{event.typedkey.params['user']}/{index}")

    getattr(xom.keyfs, WAITING).on_key_change(on_waiting)
    xom.keyfs.USER.on_key_change(on_user)
    xom.thread_pool.register(IndexingThread(worker))
