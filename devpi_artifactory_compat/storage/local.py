"""Uploads and reads of one devpi stage, as a local repository asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Content
from devpi_artifactory_compat.model import DistributionKind
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.generated_properties import generated_properties
from devpi_artifactory_compat.repositories.paths import local_path
from devpi_artifactory_compat.repositories.ports import NewRelease
from devpi_artifactory_compat.repositories.ports import Release
from devpi_artifactory_compat.storage.blobs import give
from devpi_artifactory_compat.storage.blobs import source_of
from devpi_artifactory_compat.storage.derived import Derived
from devpi_artifactory_compat.storage.derived import wheel_metadata
from devpi_artifactory_compat.storage.records import Arrival
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_artifactory_compat.storage.records import Shelf
from devpi_artifactory_compat.storage.records import ShelfFile
from devpi_artifactory_compat.storage.records import entry_time
from devpi_artifactory_compat.storage.records import from_timestamp
from devpi_artifactory_compat.storage.records import opener
from devpi_artifactory_compat.storage.records import stored_entry
from devpi_artifactory_compat.storage.records import timestamp
from devpi_artifactory_compat.storage.records import who_and_when
from devpi_artifactory_compat.storage.replica import ask_primary
from devpi_artifactory_compat.storage.statistics import Statistics
from devpi_artifactory_compat.storage.waiting import Waiting
from devpi_server.filestore import Digests
from devpi_server.log import threadlog
from devpi_server.main import XOM
from devpi_server.model import PrivateStage
from devpi_server.model import SimplelinkMeta
from devpi_server.readonly import get_mutable_deepcopy
from functools import partial
from packaging.utils import canonicalize_name
from pathlib import Path
from typing import Any
import hashlib
import io
import time


class StageStore:
    """Implements ``repositories.ports.LocalStore``."""

    def __init__(self, xom: XOM, stage: PrivateStage) -> None:
        self._xom = xom
        self._stage = stage
        self._records = Records(xom, stage.username, stage.index)
        self._derived = Derived(xom)
        self._waiting = Waiting(xom, stage.username, stage.index)
        self._statistics = Statistics(xom, stage.username, stage.index)

    # reading

    def project_names(self) -> Iterable[str]:
        return self._stage.list_projects_perstage()

    def has_project(self, project: NormalizedName) -> bool:
        return project in self._stage.list_projects_perstage()

    def releases(self, project: NormalizedName) -> Sequence[Release]:
        links = self._stage.get_simplelinks_perstage(project)
        shelf = self._records.shelf(project)
        return [self._release(project, link, shelf) for link in links]

    def release(self, project: NormalizedName, filename: str) -> Release | None:
        for link in self._stage.get_simplelinks_perstage(project):
            if link.key == filename:
                return self._release(project, link, self._records.shelf(project))
        return None

    def _release(self, project: NormalizedName, link: SimplelinkMeta, shelf: Shelf) -> Release:
        """devpi's links are the truth; a shelf that speaks of other content is out of date."""
        file = shelf.files.get(link.key)
        sha256 = link.hashes.get("sha256", "")
        if file is None or file.sha256 != sha256:
            file = self._derive(project, link)
        return Release(
            filename=link.key,
            path=file.path,
            project=project,
            version=file.version,
            handle=link.path,
            size=file.size,
            sha256=file.sha256,
            uploaded=from_timestamp(file.uploaded),
            requires_python=file.requires_python or link.require_python or None,
            metadata_sha256=file.metadata_sha256,
            signed=file.path + ".asc" in shelf.sidecars,
            yanked=file.yanked,
        )

    def _derive(self, project: NormalizedName, link: SimplelinkMeta) -> ShelfFile:
        """What the shelf will say once the change event of devpi's own upload was handled."""
        entry = self._xom.filestore.get_file_entry(link.path)
        version = link.version if entry is None or entry.version is None else entry.version
        name = self._stage.get_versiondata_perstage(project, version).get("name") or project
        exists = entry is not None and entry.file_exists()
        sha256 = link.hashes.get("sha256", "")
        known = entry if exists else None
        return ShelfFile(
            path=local_path(name, version, link.key),
            version=version,
            size=0 if known is None else known.file_size(),
            sha256=sha256,
            uploaded=timestamp(entry_time(entry)) if entry is not None else 0.0,
            metadata_sha256=None if known is None else self._derived.metadata_sha256(known, sha256),
        )

    def content(self, release: Release) -> Content | None:
        entry = stored_entry(self._xom, release.handle)
        if entry is None:
            # on a replica the file may be on its way
            ask_primary(self._xom)
            return None
        checksums: dict[str, str] = {"sha256": release.sha256}
        record = self._records.record(release.path)
        if record is not None and record.sha256 == release.sha256:
            checksums.update(md5=record.md5, sha1=record.sha1)
        else:
            known = self._derived.checksums(entry, release.sha256)
            checksums.update(md5=known.md5, sha1=known.sha1)
        return Content(
            filename=release.filename,
            size=release.size,
            modified=release.uploaded,
            checksums=checksums,
            open=opener(entry),
            note_download=self._statistics.note(release.path),
        )

    def sidecar(self, release: Release, suffix: str) -> Content | None:
        shelf = self._records.shelf(release.project)
        kept = self._records.sidecar_content(shelf, release.path, suffix)
        if kept is None and release.path + suffix in shelf.sidecars:
            # on a replica it may be on its way
            ask_primary(self._xom)
        if kept is not None or suffix != ".metadata":
            return kept
        entry = stored_entry(self._xom, release.handle)
        if entry is None:
            # on a replica both may be on their way
            ask_primary(self._xom)
            return None
        body = wheel_metadata(entry)
        if body is None:
            return None
        return Content(
            filename=release.filename + suffix,
            size=len(body),
            modified=release.uploaded,
            checksums={"sha256": hashlib.sha256(body).hexdigest()},
            open=lambda: io.BytesIO(body),
        )

    def metadata(self, project: NormalizedName, version: str) -> Mapping[str, Any] | None:
        data = self._stage.get_versiondata_perstage(project, version)
        if not data:
            return None
        plain = get_mutable_deepcopy(data)
        return {key: value for key, value in plain.items() if not key.startswith("+")}

    # writing

    def may_replace(self) -> bool:
        return bool(self._stage.ixconfig.get("volatile"))

    def add(self, new: NewRelease) -> None:
        self._set_versiondata(new)
        project = canonicalize_name(new.name)
        new.file.seek(0)
        store = partial(
            self._stage.store_releasefile,
            project,
            new.version,
            new.distribution.filename,
            # devpi compares what it keeps here with what it computes itself
            hashes=Digests(sha256=new.checksums.sha256),
        )
        link = give(store, new.file, new.source or self._source(new))
        link.add_log("upload", new.user, dst=self._stage.name)
        self._keep(new, project, link.relpath)
        self._announce(project, new.version)

    def _source(self, new: NewRelease) -> Path | None:
        """The file lies here already, when it was deployed before it could be resolved."""
        record = self._records.record(new.path)
        if record is None or record.is_indexed or record.sha256 != new.checksums.sha256:
            return None
        entry = stored_entry(self._xom, record.entry)
        return None if entry is None else source_of(entry)

    def _set_versiondata(self, new: NewRelease) -> None:
        """Register the version as devpi's own upload does: new values win, others stay."""
        stage = self._stage
        known = get_mutable_deepcopy(stage.get_versiondata_perstage(new.name, new.version))
        if not known:
            lists = stage.metadata_list_fields
            known = {key: [] if key in lists else "" for key in stage.metadata_keys}
        for key, value in new.fields.items():
            if key in stage.metadata_list_fields:
                known[key] = [value] if isinstance(value, str) else list(value)
            elif key in stage.metadata_keys:
                known[key] = value if isinstance(value, str) else ", ".join(value)
        known.update(name=new.name, version=new.version)
        try:
            stage.set_versiondata(known)
        except ValueError as exc:
            raise InvalidUpload(f"Invalid metadata: {exc}") from exc

    def _keep(self, new: NewRelease, project: NormalizedName, entry: str) -> None:
        now = time.time()
        before = self._records.record(new.path)
        record = Record(
            path=new.path,
            project=project,
            filename=new.distribution.filename,
            entry=entry,
            size=new.size,
            md5=new.checksums.md5,
            sha1=new.checksums.sha1,
            sha256=new.checksums.sha256,
            **who_and_when(before, new.user, new.history, now=now),
            fields=self._other_fields(new),
            properties={
                **new.properties,
                **generated_properties(new.name, new.version, new.fields),
            },
        )
        self._waiting.forget(new.path)
        self._waiting.note_upload(now=now)
        is_wheel = new.distribution.kind is DistributionKind.WHEEL
        bodies = {
            ".metadata": new.core_metadata if is_wheel else None,
            ".asc": new.signature,
            ".attestations": new.attestations,
        }
        self._records.keep(
            Arrival(
                record=record,
                shelf_key=record.filename,
                version=new.version,
                requires_python=new.requires_python,
                sidecars={key: body for key, body in bodies.items() if body is not None},
            )
        )

    def _other_fields(self, new: NewRelease) -> dict[str, Any]:
        """Fields of the form that devpi has no place for."""
        return {
            key: value if isinstance(value, str) else list(value)
            for key, value in new.fields.items()
            if key not in self._stage.metadata_keys
        }

    def _announce(self, project: NormalizedName, version: str) -> None:
        """Tell the plugins that devpi's own upload would tell; their failure fails no upload."""
        try:
            self._xom.config.hook.devpiserver_on_upload_sync(
                log=threadlog,
                application_url=self._xom.config.outside_url or "",
                stage=self._stage,
                project=project,
                version=version,
            )
        except Exception:  # noqa: BLE001 - a plugin may raise anything; the upload is stored
            threadlog.exception("A plugin failed after the upload of %s %s", project, version)
