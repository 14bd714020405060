"""Every hook of devpi-server that we implement; each only delegates."""

from __future__ import annotations

from devpi_artifactory_compat.settings import add_options
from devpi_artifactory_compat.storage.customizers import VirtualCustomizer
from devpi_artifactory_compat.storage.indexes import OPTIONS
from devpi_artifactory_compat.storage.package_types import is_generic
from devpi_artifactory_compat.storage.reading import may_use_base
from devpi_artifactory_compat.storage.reading import readers
from devpi_server.config import MyArgumentParser
from devpi_server.model import BaseStage
from devpi_server.model import RemoveValue
from pluggy import HookimplMarker
from pyramid.config import Configurator
from typing import Any


hookimpl = HookimplMarker("devpiserver")


@hookimpl
def devpiserver_add_parser_options(parser: MyArgumentParser) -> None:
    add_options(parser)


@hookimpl
def devpiserver_pyramid_configure(config: Any, pyramid_config: Configurator) -> None:
    # by using include, the package name doesn't need to be set explicitly
    pyramid_config.include("devpi_artifactory_compat.routes")


@hookimpl
def devpiserver_get_features() -> set[str]:
    return {"artifactory-compat"}


@hookimpl
def devpiserver_get_stage_customizer_classes() -> list[tuple[str, type]]:
    return [("virtual", VirtualCustomizer)]


@hookimpl
def devpiserver_indexconfig_defaults(index_type: str) -> dict[str, type]:
    # an option that is not set stays absent: devpi's own indexes look as they did
    return dict.fromkeys(OPTIONS, RemoveValue)


@hookimpl
def devpiserver_stage_get_principals_for_pkg_read(ixconfig: Any) -> list[str] | None:
    return readers(ixconfig)


@hookimpl
def devpiserver_sro_skip(stage: BaseStage, base_stage: BaseStage) -> bool | None:
    return None if may_use_base(base_stage) and not is_generic(base_stage) else True
