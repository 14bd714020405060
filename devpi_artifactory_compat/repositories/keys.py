"""The rules for repository keys.

They are JFrog's "repository naming rules and limitations", narrowed to what a devpi index may be
called and to what does not collide with the first segment of another URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
import string


MAX_KEY_LENGTH = 64

#: appended to the key of a remote repository, it names what the remote has cached
CACHE_SUFFIX = "-cache"

#: the repository that Artifactory keeps deleted artifacts in
TRASH_KEY = "auto-trashcan"

ALLOWED_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-._@")

RESERVED_KEYS = frozenset(
    {
        # the first segment of URLs beside those of repositories
        "access",
        "api",
        "list",
        "repo",
        "trashcan",
        "ui",
        "webapp",
        # the repositories that Artifactory keeps for itself
        "_intransit",
        "artifactory-build-info",
        "artifactory-edge-uploads",
        "artifactory-pipe-info",
        TRASH_KEY,
        "jfrog-billing-logs",
        "jfrog-logs",
        "jfrog-support-bundle",
        "jfrog-usage-logs",
        "release-bundles",
    }
)

RESERVED_PREFIXES = ("jfrog-artifactory-system", "jfrog-system-reserved")


def check_repository_key(key: str, *, rclass: RepositoryClass | None = None) -> RepositoryKey:
    """The key, once it is known to be one that a repository of the class may have.

    Raises InvalidConfiguration with every rule that the key breaks.
    """
    faults = tuple(_faults(key, rclass))
    if faults:
        raise InvalidConfiguration(faults)
    return RepositoryKey(key)


def same_key(a: str, b: str) -> bool:
    """Whether two keys name the same repository: Artifactory ignores their case."""
    return a.casefold() == b.casefold()


def _faults(key: str, rclass: RepositoryClass | None) -> Iterator[str]:
    if not key:
        yield "Repository key must not be empty."
        return
    length_fault = _length_fault(key, rclass)
    if length_fault:
        yield length_fault
        return
    wrong = sorted(set(key) - ALLOWED_CHARACTERS)
    if wrong:
        shown = ", ".join(ascii(char) for char in wrong)
        yield (
            "Repository key may only contain ASCII letters, digits, '-', '.', '_' and '@', "
            f"not {shown}."
        )
    if key[0] in "-." or key[-1] in "-.":
        yield "Repository key must not begin or end with '-' or '.'."
    folded = key.casefold()
    if folded in RESERVED_KEYS or folded.startswith(RESERVED_PREFIXES):
        yield f"Repository key {key!a} is reserved."
    if folded.endswith(CACHE_SUFFIX):
        yield (
            f"Repository key {key!a} must not end with '{CACHE_SUFFIX}': such keys are "
            "reserved for the caches of remote repositories."
        )


def _length_fault(key: str, rclass: RepositoryClass | None) -> str | None:
    limit = MAX_KEY_LENGTH
    reason = ""
    if rclass is RepositoryClass.REMOTE:
        # JFrog: 58 for remotes, so that the key of the cache has 64
        limit -= len(CACHE_SUFFIX)
        reason = f" in a remote repository, whose cache adds '{CACHE_SUFFIX}'"
    if len(key) <= limit:
        return None
    return f"Repository key must be at most {limit} characters long{reason}."
