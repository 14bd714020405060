"""Who may read an index: devpi's ``pkg_read``, on devpi's own pages as well."""

from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.storage.indexes import ACL_READ_OPTION
from devpi_server.main import XOM
from devpi_server.model import BaseStage
from devpi_server.model import ensure_acl_list
from pyramid.threadlocal import get_current_request
from typing import Any


EVERYBODY = ":ANONYMOUS:"


def readers(ixconfig: Mapping[str, Any]) -> list[str] | None:
    """The principals in ``acl_read``; None when the index does not say."""
    value = ixconfig.get(ACL_READ_OPTION)
    return None if value is None else list(ensure_acl_list(value))


def is_public(xom: XOM, stage: BaseStage) -> bool:
    """True when everybody may read, so that nobody's credentials need to be looked at."""
    if xom.config.hook.devpiserver_auth_denials.get_hookimpls():
        return False
    principals = stage.customizer.get_principals_for_pkg_read(
        restrict_modify=xom.config.restrict_modify
    )
    return EVERYBODY in principals


def may_read(request: Any, stage: BaseStage) -> bool:
    xom = request.registry["xom"]
    return is_public(xom, stage) or bool(request.has_permission("pkg_read", context=stage))


def may_use_base(base: BaseStage) -> bool:
    """False when the running request comes from somebody who may not read the base.

    Outside of a request (replication, search indexing) every base counts.
    """
    request = get_current_request()
    if request is None or "xom" not in getattr(request, "registry", {}):
        return True
    return may_read(request, base)


# who may do what, for people to look at


def administrators(xom: XOM) -> frozenset[str]:
    """devpi's: those who may change every user."""
    named = xom.config.restrict_modify
    return frozenset({"root"} if named is None else named)


def principals_for_reading(xom: XOM, index: str) -> frozenset[str]:
    """Names of users, ``:groups``, ``:ANONYMOUS:`` and ``:AUTHENTICATED:``."""
    stage = xom.model.getstage(index)
    if stage is None:
        return frozenset()
    named = xom.config.restrict_modify
    return frozenset(stage.customizer.get_principals_for_pkg_read(restrict_modify=named))


def principals_for_upload(xom: XOM, index: str) -> frozenset[str]:
    stage = xom.model.getstage(index)
    if stage is None:
        return frozenset()
    named = xom.config.restrict_modify
    return frozenset(stage.customizer.get_principals_for_upload(restrict_modify=named))
