"""The package type of devpi's indexes: what it forbids there.

An index of package type generic holds files at paths. devpi knows projects only, so it has nothing
to show or to take there.
"""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.repositories.config import package_type_of
from devpi_artifactory_compat.storage.indexes import KEY_OPTION
from devpi_artifactory_compat.storage.indexes import PACKAGE_TYPE_OPTION
from devpi_server.mirror import MirrorStage
from devpi_server.model import BaseStage
from typing import Any


def is_generic(stage: BaseStage) -> bool:
    return stage.ixconfig.get(PACKAGE_TYPE_OPTION) == PackageType.GENERIC


def check_package_type(stage: BaseStage, old: Mapping[str, Any]) -> None:
    """Whether an index may have its package type beside its other, normalised options.

    Raises InvalidConfiguration with the reason.
    """
    before = package_type_of(old)
    if old.get(KEY_OPTION) and package_type_of(stage.ixconfig) is not before:
        fault = f"Option '{PACKAGE_TYPE_OPTION}' must be '{before}': the package type of a "
        raise InvalidConfiguration([f"{fault}repository cannot change."])
    if not is_generic(stage):
        return
    if stage.ixconfig["type"] == "stage" and stage.ixconfig.get("bases"):
        raise InvalidConfiguration(
            ["An index of package type 'generic' has no bases: make a virtual repository instead."]
        )
    if before is not PackageType.GENERIC and _has_projects(stage):
        raise InvalidConfiguration(
            [f"Index {stage.name} has projects and cannot be of package type 'generic'."]
        )


def _has_projects(stage: BaseStage) -> bool:
    # a mirror would ask its upstream
    if isinstance(stage, MirrorStage):
        return bool(stage.key_projects.get())
    return bool(stage.list_projects_perstage())
