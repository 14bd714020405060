"""Every failure that the core reports, as one tree.

::

    ArtifactoryError
    ├── BadRequest                  the request contradicts itself or a rule
    │   ├── InvalidConfiguration    a repository's settings; carries every fault found
    │   ├── InvalidPath             a path that could leave the repository
    │   ├── InvalidQuery            AQL that cannot be understood, with the place in it
    │   ├── InvalidUpload           a distribution that is not what it says
    │   ├── SearchTooLong           a search that has used up its time
    │   └── WrongPackageType        repositories of that package type do not do that
    ├── NotAuthenticated            nobody, or nobody known, asked for what needs a user
    ├── Forbidden                   the user is known and lacks the right
    ├── NotFound
    │   ├── RepositoryNotFound
    │   ├── ScopeNotFound
    │   ├── ProjectNotFound
    │   └── ArtifactNotFound
    ├── NotAllowed                  this repository never does that
    │   └── RegistrationNotNeeded   a project needs no registration before its first upload
    ├── Conflict                    what is stored stands in the way
    │   ├── ArtifactExists          other content is already stored under that name
    │   └── ChecksumMismatch        the bytes are not those that the client promised
    ├── TooLarge
    ├── SearchUnavailable           the search database is not ready
    └── UpstreamError               the upstream failed and nothing is cached
        └── UpstreamTimeout

The classes hold data and know no HTTP; ``views.errors`` maps each to a status, once.
"""

from __future__ import annotations

from collections.abc import Iterable


class ArtifactoryError(Exception):
    """Base of all; ``str()`` is a sentence that a user can act on."""


class BadRequest(ArtifactoryError):
    """The request cannot be understood or contradicts itself."""


class InvalidConfiguration(BadRequest):
    """A repository configuration was refused."""

    def __init__(self, faults: Iterable[str]) -> None:
        #: one sentence for each fault, in the order of the fields
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class InvalidPath(BadRequest):
    """A path that is empty, too long, or would leave its repository."""


class InvalidQuery(BadRequest):
    """A query was refused; ``line`` and ``column`` count from 1 and say where."""

    def __init__(self, problem: str, *, line: int, column: int, near: str = "") -> None:
        self.problem = problem
        self.line = line
        self.column = column
        self.near = near
        place = f"line {line}, column {column}" + (f", near {near}" if near else "")
        super().__init__(f"Failed to parse query at {place}: {problem}")


class InvalidUpload(BadRequest):
    """An uploaded distribution or its form was refused; nothing was stored."""


class SearchTooLong(BadRequest):
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"The search took longer than {seconds:g} s and was ended. Narrow it, for instance "
            "to one repository, or ask for a part of it with a limit."
        )


class WrongPackageType(BadRequest):
    """A repository was asked for what only those of another package type have."""

    def __init__(self, key: str, package_type: str) -> None:
        self.key = key
        self.package_type = package_type
        super().__init__(
            f"Repository '{key}' is of package type {package_type}: it has no projects and no PyPI "
            f"endpoints. Its files are read, and deployed by PUT, at /artifactory/{key}/<path>."
        )


class NotAuthenticated(ArtifactoryError):
    """A right is missing and the request named no user, or wrong credentials."""


class Forbidden(ArtifactoryError):
    """The user is known and does not have the right."""


class NotFound(ArtifactoryError):
    """Something that the request names does not exist."""


class RepositoryNotFound(NotFound):
    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"Repository '{key}' does not exist.")


class ScopeNotFound(NotFound):
    """A remote repository with a custom registry suffix has nothing at that place."""

    def __init__(self, key: str, scope: str) -> None:
        self.key = key
        self.scope = scope
        super().__init__(f"Repository '{key}' has no '{scope[:200]}'.")


class ProjectNotFound(NotFound):
    def __init__(self, key: str, project: str) -> None:
        self.key = key
        self.project = project
        super().__init__(f"Project '{project}' was not found in repository '{key}'.")


class ArtifactNotFound(NotFound):
    def __init__(self, key: str, path: str) -> None:
        self.key = key
        self.path = path
        # clients tell by one of these phrases that there is nothing, and that nothing has failed
        super().__init__(
            f"Could not locate artifact '{key}:{path}'. Unable to find item. File not found."
        )


class NotAllowed(ArtifactoryError):
    """The repository exists and by its kind does not do what was asked."""


class RegistrationNotNeeded(NotAllowed):
    """The client wants to register a project before it uploads."""

    def __init__(self) -> None:
        super().__init__(
            "Registering a project (:action=submit) is neither needed nor supported: "
            "upload a file, and its project is there."
        )


class Conflict(ArtifactoryError):
    """What is stored, or was promised, stands in the way of the request."""


class ChecksumMismatch(Conflict):
    """The bytes that came are not those that the client promised; nothing was stored."""

    def __init__(self, key: str, path: str, algorithm: str, *, sent: str, computed: str) -> None:
        super().__init__(
            f"Checksum policy 'LocalRepoChecksumPolicy: CLIENT' rejected the artifact "
            f"'{key}:{path}'. Checksums info: ChecksumInfo{{type={algorithm}, "
            f"original='{sent}', actual='{computed}'}}"
        )


class ArtifactExists(Conflict):
    """A file of this name with other content is stored and may not be replaced.

    The message holds both phrases that upload clients look for ("already exists",
    "overwrite artifact"), so that ``--skip-existing`` works everywhere.
    """

    def __init__(self, key: str, path: str, user: str) -> None:
        self.key = key
        self.path = path
        self.user = user
        super().__init__(
            f"File already exists with other content. Not enough permissions to "
            f"delete/overwrite artifact '{key}:{path}' (user: '{user}' needs DELETE permission)."
        )


class TooLarge(ArtifactoryError):
    """A body, field or archive is above its limit."""


class SearchUnavailable(ArtifactoryError):
    """The search database is not ready, or the reason why it cannot be used.

    ``done`` of ``total`` changes of the server are in it.
    """

    def __init__(self, done: int = 0, total: int = 0, *, reason: str = "") -> None:
        self.done = done
        self.total = total
        how_far = f": {done} of {total} changes of the server are in it" if total else ""
        told = reason or f"The search database is being built{how_far}."
        super().__init__(f"{told} Try again a little later.")


class UpstreamError(ArtifactoryError):
    """The upstream could not be used and nothing is cached that could stand in."""


class UpstreamTimeout(UpstreamError):
    """The upstream did not answer in time."""
