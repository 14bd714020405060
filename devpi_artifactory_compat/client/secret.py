"""The secret by which devpi-server signs what ``devpi login`` gets."""

from __future__ import annotations

from devpi_server.config import Config
import os
import secrets
import stat


FILE_NAME = ".devpi-artifactory-secret"


def keep_secret(config: Config) -> None:
    """Let logins outlive a restart: devpi-server makes up a new secret at each start otherwise.

    A secret file that is configured counts, and a replica needs that of its primary. In a
    directory that others may write to devpi-server accepts no secret file.
    """
    folder = config.server_path
    others = folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if config.secret_path is not None or config.args.primary_url or others:
        return
    path = folder / FILE_NAME
    if not path.exists():
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_hex(32))
    config.args.secretfile = str(path)
    # devpi-server remembers that there was none
    del config.secret_path
