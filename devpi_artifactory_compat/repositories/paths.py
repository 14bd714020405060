"""Where files lie in a repository, and what belongs to them.

A local repository keeps a distribution at ``<name>/<version>/<file>``; a remote one keeps it at
``packages/`` and the path of its upstream URL, so that links in existing lock files still
resolve.
"""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidPath
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import urlsplit
from urllib.parse import urlunsplit
import re


#: what can be asked for beside a file, by appending it to the file's path
SIDECAR_SUFFIXES = (".metadata", ".asc", ".attestations", ".provenance")

MAX_PATH_LENGTH = 1024

_DELETE = chr(127)

_SAFE_IN_URL = "/+@:!$&'()*,;=~"

REMOTE_PREFIX = "packages/"

_PLAIN_URL = re.compile(r"https?://[^/?#\s]*/([A-Za-z0-9._~+-][A-Za-z0-9._~+/-]*)")

#: the key of a remote and this is the key of what it has cached
CACHE_SUFFIX = "-cache"


def has_control_characters(text: str) -> bool:
    """ASCII's: they are in no name, and have no place in a header or a log."""
    return any(char < " " or char == _DELETE for char in text)


def check_path(path: str) -> str:
    """The path of a file without surrounding slashes.

    Raises:
        InvalidPath: it is empty or too long, or has control characters, empty segments or
            segments that lead out of the repository.
    """
    path = path.strip("/")
    if not path:
        raise InvalidPath("The path of a file is missing.")
    if len(path) > MAX_PATH_LENGTH:
        raise InvalidPath(f"The path is longer than {MAX_PATH_LENGTH} characters.")
    if has_control_characters(path):
        raise InvalidPath("The path holds control characters.")
    if "\\" in path:
        raise InvalidPath("The path holds a backslash.")
    if any(segment in {"", ".", ".."} for segment in path.split("/")):
        raise InvalidPath(f"The path '{path}' has empty or relative segments.")
    return path


def check_item_path(path: str) -> str:
    """As :func:`check_path`, but "" stands for the root of the repository. Raises InvalidPath."""
    return check_path(path) if path.strip("/") else ""


def split_sidecar(path: str) -> tuple[str, str]:
    """A path as the path of a file and the suffix of what is asked for beside it, or ""."""
    for suffix in SIDECAR_SUFFIXES:
        if path.endswith(suffix):
            return path.removesuffix(suffix), suffix
    return path, ""


def local_path(name: str, version: str, filename: str) -> str:
    return f"{name}/{version}/{filename}"


def remote_path(file: UpstreamFile) -> str:
    plain = _PLAIN_URL.fullmatch(file.url)
    if plain is not None:
        # nothing to decode: so are nearly all, and a page may have ten thousand
        return REMOTE_PREFIX + plain[1]
    return REMOTE_PREFIX + unquote(urlsplit(file.url).path).lstrip("/")


def upstream_url(base_url: str, path: str) -> str | None:
    """The URL below an upstream's base URL that a path stands for, None when it stands for none."""
    if not path.startswith(REMOTE_PREFIX):
        return None
    rest = path.removeprefix(REMOTE_PREFIX)
    return f"{base_url.rstrip('/')}/{quote(rest, safe=_SAFE_IN_URL)}"


def url_below(base_url: str, path: str) -> str:
    """The URL of a path below an upstream's base URL, whose query stays."""
    parts = urlsplit(base_url)
    whole = f"{parts.path.rstrip('/')}/{quote(path, safe=_SAFE_IN_URL)}"
    return urlunsplit(parts._replace(path=whole, fragment=""))
