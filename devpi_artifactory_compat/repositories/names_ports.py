"""Where the list of all projects of an upstream is kept, as remote repositories ask for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from devpi_artifactory_compat.model import ProjectList
from devpi_artifactory_compat.repositories.ports import FetchedNames
from devpi_artifactory_compat.repositories.ports import Validators
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class KeptNames:
    """An upstream's list as it is kept; ``checked`` is when the upstream last confirmed it."""

    projects: ProjectList
    validators: Validators
    checked: float


class NamesCache(Protocol):
    """Where the list of all projects of one upstream is kept."""

    def names(self) -> KeptNames | None: ...

    def names_lock(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Only one fetch at a time; False for those who would not wait and came second.

        Raises UpstreamTimeout when waiting takes too long.
        """
        ...

    def save_names(self, fetched: FetchedNames, *, checked: float) -> KeptNames:
        """Read a list to its end and keep it; one that breaks off leaves the old one."""
        ...

    def confirm_names(self, kept: KeptNames, *, checked: float) -> KeptNames:
        """The upstream said that the list is unchanged."""
        ...
