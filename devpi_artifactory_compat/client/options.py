"""What the command lines say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


DEFAULT_SERVERDIR = "~/.devpi/artifactory"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8081

#: the largest request that is taken, in bytes; devpi-server's own default is 1 GiB
DEFAULT_MAX_BODY = 16 * 1024**3


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """The options as given; None stands for one that was not."""

    serverdir: str | None
    host: str | None
    port: int | None
    admin_password: str | None
    default_repositories: bool
    verbose: bool
    devpi_options: tuple[str, ...]

    def arguments(self) -> Iterator[str]:
        """The arguments for devpi-server; what stood after ``--`` comes last and wins."""
        if self.serverdir is not None:
            yield f"--serverdir={self.serverdir}"
        if self.host is not None:
            yield f"--host={self.host}"
        if self.port is not None:
            yield f"--port={self.port}"
        yield from self.devpi_options


@dataclass(frozen=True, kw_only=True)
class TransferOptions:
    """``devpi_options`` stood after ``--``; they are those of devpi-export or devpi-import."""

    directory: Path
    serverdir: str | None
    hard_links: bool
    devpi_options: tuple[str, ...]
    mirrored_files: bool = False

    def arguments(self) -> Iterator[str]:
        if self.serverdir is not None:
            yield f"--serverdir={self.serverdir}"
        if self.hard_links:
            yield "--hard-links"
        if self.mirrored_files:
            yield "--include-mirrored-files"
        yield from self.devpi_options
