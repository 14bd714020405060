"""The list of all projects of an upstream, read while it arrives."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages.filenames import project_of
from devpi_artifactory_compat.packages.json_names import json_project_names
from devpi_artifactory_compat.packages.upstream_files import shown_url
from devpi_artifactory_compat.packages.upstream_html import html_project_names
from devpi_artifactory_compat.packages.upstream_page import START_SIZE
from devpi_artifactory_compat.packages.upstream_page import check_html
from devpi_artifactory_compat.packages.upstream_page import encoding_of
from devpi_artifactory_compat.packages.upstream_page import is_json
from itertools import chain
from packaging.utils import InvalidName
from packaging.utils import canonicalize_name
from typing import cast
import codecs
import re


__all__ = ["MAX_NAMES", "MAX_NAME_LENGTH", "parse_project_names"]

#: a longer list is refused; longer names are passed over, and no page can be asked for them
MAX_NAMES = 10_000_000
MAX_NAME_LENGTH = 200

_NORMALIZED = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def parse_project_names(
    chunks: Iterable[bytes], *, content_type: str, url: str
) -> Iterator[NormalizedName]:
    """The valid names on the list of all projects, normalised, in the order of the list.

    A name may come more than once. ``url`` is where the list came from, after all redirects. How
    it is cut into chunks makes no difference, and one chunk at a time is held.

    Raises UpstreamError, also in the middle, for another major version of the API and for
    anything that is no list or breaks off: the names are to be used only when all have come.
    """
    remaining = iter(chunks)
    start = _start(remaining)
    whole = chain((start,), remaining)
    if is_json(start, content_type):
        spelled = json_project_names(whole, url=url)
    else:
        text = _html_text(whole, content_type, url)
        spelled = html_project_names(text, url=url)
    return _normalized(spelled, url)


def _start(chunks: Iterator[bytes]) -> bytes:
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= START_SIZE:
            break
    return start


def _html_text(chunks: Iterable[bytes], content_type: str, url: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding_of(content_type))(errors="replace")
    is_first = True
    for chunk in chunks:
        if is_first:
            check_html(chunk, content_type, url)
            is_first = False
        elif b"\0" in chunk:
            raise UpstreamError(f"{shown_url(url)} answered with what is no HTML.")
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _normalized(spelled: Iterable[str], url: str) -> Iterator[NormalizedName]:
    count = 0
    for name in spelled:
        normalized = _normalize(name)
        if normalized is None:
            continue
        count += 1
        if count > MAX_NAMES:
            raise UpstreamError(f"{shown_url(url)} lists more than {MAX_NAMES} projects.")
        yield normalized


def _normalize(name: str) -> NormalizedName | None:
    """None for much of what a listing links to, files among it."""
    if len(name) > MAX_NAME_LENGTH:
        return None
    if _NORMALIZED.fullmatch(name):
        return cast("NormalizedName", name)
    try:
        normalized = canonicalize_name(name, validate=True)
    except InvalidName:
        return None
    return None if "." in name and project_of(name) is not None else normalized
