"""What ``serve`` prints once it listens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Banner:
    """The facts a user needs, one line each: ``Label: value``, stable for scripts.

    ``password`` is the one that was made up by this start, else None. ``log`` is None when
    the logging configuration is the administrator's.
    """

    base_url: str
    serverdir: Path
    log: Path | None
    password: str | None
    default_repositories: bool

    def lines(self) -> Iterator[str]:
        yield from self._repositories()
        yield "User: root"
        if self.password is not None:
            yield f"Password: {self.password}"
        yield f"Server directory: {self.serverdir}"
        if self.log is not None:
            yield f"Log: {self.log}"
        yield "Press Ctrl-C to stop"

    def _repositories(self) -> Iterator[str]:
        root = f"{self.base_url}/artifactory"
        if self.default_repositories:
            yield f"Index URL:  {root}/api/pypi/pypi/simple"
            yield f"Upload URL: {root}/api/pypi/pypi"
            return
        yield f"Base URL: {root}"
        yield (
            "Create a repository: curl -u root -X PUT -H 'Content-Type: application/json' "
            """-d '{"rclass": "local", "packageType": "pypi"}' """
            f"{root}/api/repositories/pypi-local"
        )
