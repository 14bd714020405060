"""How the REST API shows a repository's configuration."""

from __future__ import annotations

from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories._json import thaw
from devpi_artifactory_compat.repositories._record import RepositoryConfig
from devpi_artifactory_compat.repositories.fields import fields_of


#: what a reader without administration rights sees, if the class has it
PARTIAL = frozenset(
    {
        "description",
        "url",
        "pyPIRegistryUrl",
        "pyPIRepositorySuffix",
        "repositories",
        "defaultDeploymentRepo",
    }
)

_DEFAULT_REGISTRY_FIELDS = frozenset({"url", "pyPIRegistryUrl"})


def to_json(
    config: RepositoryConfig, *, default_registry: str, complete: bool = True
) -> dict[str, object]:
    """The answer to a request for one repository, always in the same order.

    Every field of the class with its value or default, but never the password; only a few of
    them when not ``complete``.
    """
    answer: dict[str, object] = {
        "key": config.key,
        "rclass": config.rclass.value,
        "packageType": config.package_type.value,
    }
    for name, field in fields_of(config.rclass, config.package_type).items():
        if name == "password" or not (complete or name in PARTIAL):
            continue
        value = config.values.get(name, field.default)
        if value == "" and name in _DEFAULT_REGISTRY_FIELDS:
            value = default_registry
        if value is not None:
            answer[name] = thaw(value)
    return answer


def list_entry(config: RepositoryConfig, *, base_url: str) -> dict[str, str]:
    """One entry of a list of repositories.

    ``url`` is the upstream's for a remote repository, else the repository's own below
    ``base_url``, the URL of the server's Artifactory root.
    """
    url = f"{base_url.rstrip('/')}/{config.key}"
    if config.rclass is RepositoryClass.REMOTE:
        url = config.get_str("url")
    return {
        "key": config.key,
        "type": config.rclass.value.upper(),
        "description": config.get_str("description"),
        "url": url,
        # the name of Artifactory's package type, not its value: "Generic", "NuGet", "Pypi", the
        # names that "enablePypiSupport" and its like are made of
        "packageType": config.package_type.capitalize(),
    }
