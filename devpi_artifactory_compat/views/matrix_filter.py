"""Matrix parameters on reads: what the artifact's properties must not, or must, say.

``;k=v`` passes over an artifact whose property ``k`` has other values, and finds one without it;
``;k+=v`` finds only artifacts whose ``k`` has that value (Artifactory, "Using Properties in
Deployment and Resolution").
"""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.paths import split_sidecar
from devpi_artifactory_compat.repositories.property_syntax import parse_matrix
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.views.tween import matrix_of
from pyramid.request import Request
import re


#: the plus sign of a mandatory property, before its equals sign
_MANDATORY = re.compile(r"(?:\+|%2b)(?==|$)", re.IGNORECASE)


def check_matrix(request: Request, repository: Repository, path: str) -> None:
    """Raises ArtifactNotFound unless the properties of what is at a path fit the URL's.

    What a remote has not cached yet is not found: its properties are not known. A parameter without
    an equals sign wants the key to be there. Raises BadRequest for what can be no property.
    """
    parameters = matrix_of(request)
    if not parameters:
        return
    wanted = [p for p in parameters if not _is_mandatory(p)]
    mandatory = [_MANDATORY.sub("", p, count=1) for p in parameters if _is_mandatory(p)]
    optional, needed = parse_matrix(wanted), parse_matrix(mandatory)
    catch_up(request.registry["xom"])
    properties = _properties(repository, path)
    if not (all_fit(properties, optional) and has_all(properties, needed)):
        raise ArtifactNotFound(repository.key, path)


def _is_mandatory(parameter: str) -> bool:
    return "=" not in parameter or _MANDATORY.search(parameter.partition("=")[0] + "=") is not None


def _properties(repository: Repository, path: str) -> Properties:
    """What lies beside a file is looked for by the file's properties. Raises ArtifactNotFound."""
    try:
        return repository.item(path).properties
    except ArtifactNotFound:
        return repository.item(split_sidecar(path)[0]).properties


def all_fit(properties: Properties, wanted: Properties) -> bool:
    """No property that is there lacks a wanted value; an empty value stands for any."""
    return all(
        key not in properties or set(values) - {""} <= set(properties[key])
        for key, values in wanted.items()
    )


def has_all(properties: Properties, wanted: Properties) -> bool:
    """Every property is there with all the wanted values; an empty value stands for any."""
    return all(
        key in properties and set(values) - {""} <= set(properties[key])
        for key, values in wanted.items()
    )
