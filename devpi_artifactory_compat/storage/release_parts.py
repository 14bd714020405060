"""What devpi and our records know of a distribution, put together to take it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import Distribution
from devpi_artifactory_compat.model import DistributionKind
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.identification import Identified
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.repositories.item_store import ReleaseParts
from devpi_artifactory_compat.storage.records import Record
from devpi_artifactory_compat.storage.records import Records
from devpi_server.model import PrivateStage
from devpi_server.readonly import get_mutable_deepcopy
from packaging.utils import canonicalize_name
from typing import Any


def release_parts(stage: PrivateStage, records: Records, record: Record) -> ReleaseParts | None:
    """None when devpi does not resolve the file any more."""
    project = canonicalize_name(record.project)
    shelf = records.shelf(project)
    file = shelf.files.get(record.filename)
    if file is None or file.path != record.path:
        return None
    data = get_mutable_deepcopy(stage.get_versiondata_perstage(project, file.version))
    if not data:
        return None

    def sidecar(suffix: str) -> bytes | None:
        content = records.sidecar_content(shelf, record.path, suffix)
        if content is None or content.open is None:
            return None
        with content.open() as body:
            return body.read()

    return assembled(
        record.filename,
        name=data.get("name") or record.project,
        version=file.version,
        fields={**plain_fields(data), **record.fields},
        sidecars={suffix: sidecar(suffix) for suffix in (".metadata", ".asc", ".attestations")},
    )


def plain_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """devpi's data of a version without what it keeps for itself, and without empty fields."""
    return {key: value for key, value in data.items() if value and not key.startswith("+")}


def assembled(
    filename: str,
    *,
    name: str,
    version: str,
    fields: Mapping[str, str | Sequence[str]],
    sidecars: Mapping[str, bytes | None],
) -> ReleaseParts:
    metadata = CoreMetadata(
        raw=sidecars.get(".metadata") or b"",
        name=name,
        version=version,
        fields={
            key: value if isinstance(value, str) else tuple(value) for key, value in fields.items()
        },
    )
    return ReleaseParts(
        identified=Identified(
            distribution=_distribution(filename, name, version),
            name=name,
            version=version,
            metadata=metadata,
        ),
        signature=sidecars.get(".asc"),
        attestations=sidecars.get(".attestations"),
    )


def _distribution(filename: str, name: str, version: str) -> Distribution:
    try:
        return parse_distribution(filename)
    except InvalidUpload:
        # devpi's own upload takes more names than ours
        return Distribution(
            filename=filename, kind=DistributionKind.SDIST, name=name, version=version
        )
