"""Where the simple index of a remote repository's upstream is, of a generic one its files.

Artifactory keeps its address in two parts, the registry URL and the suffix; devpi keeps it as one
mirror URL.
"""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import PackageType
from devpi_artifactory_compat.repositories._record import RepositoryConfig
from devpi_artifactory_compat.repositories._values import url_faults
from devpi_artifactory_compat.repositories.paths import url_below
from urllib.parse import urlsplit


def registry_page_url(config: RepositoryConfig, *, default_registry: str) -> str:
    """The URL of the upstream's list of projects, with a slash at its end.

    An empty suffix is no suffix: then the registry URL itself is the simple index. An upstream of
    generic files has no such list: it is where they are.
    """
    if config.package_type is PackageType.GENERIC:
        return url_below(config.get_str("url"), "")
    registry = config.get_str("pyPIRegistryUrl") or default_registry
    suffix = config.get_str("pyPIRepositorySuffix").strip("/")
    return "/".join(part for part in (registry.rstrip("/"), suffix) if part) + "/"


def split_mirror_url(mirror_url: str) -> tuple[str, str]:
    """The registry URL and the suffix whose page URL is the mirror URL.

    The suffix is the last segment of the path, empty when there is none. Credentials, a query
    and a fragment are left out: they have no place in what is shown of a repository.

    Raises InvalidConfiguration when it is no http or https URL.
    """
    url = mirror_url.partition("#")[0].partition("?")[0]
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    bare = f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
    faults = tuple(url_faults(bare))
    if faults:
        raise InvalidConfiguration(f"The mirror URL {fault}" for fault in faults)
    parts = urlsplit(bare)
    base, _, suffix = parts.path.rstrip("/").rpartition("/")
    return f"{parts.scheme}://{parts.netloc}{base.rstrip('/')}", suffix
