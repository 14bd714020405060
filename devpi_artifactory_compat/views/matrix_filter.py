"""Matrix parameters on reads: the artifact must have the properties that the URL names."""

from __future__ import annotations

from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.model import Properties
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.paths import split_sidecar
from devpi_artifactory_compat.repositories.property_syntax import parse_matrix
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.views.tween import matrix_of
from pyramid.request import Request


def check_matrix(request: Request, repository: Repository, path: str) -> None:
    """Raises ArtifactNotFound unless what is at a path has every property of the URL.

    ``;k=v`` and ``;k+=v`` want the value among the values of ``k``, ``;k`` any value. What a remote
    has not cached yet has no properties. Raises BadRequest for what can be no property.
    """
    parameters = matrix_of(request)
    if not parameters:
        return
    wanted = parse_matrix(parameters)
    catch_up(request.registry["xom"])
    try:
        item = repository.item(path)
    except ArtifactNotFound:
        # what lies beside a file is looked for by the file's properties
        item = repository.item(split_sidecar(path)[0])
    if not has_properties(item.properties, wanted):
        raise ArtifactNotFound(repository.key, path)


def has_properties(properties: Properties, wanted: Properties) -> bool:
    return all(
        key in properties and set(values) - {""} <= set(properties[key])
        for key, values in wanted.items()
    )
