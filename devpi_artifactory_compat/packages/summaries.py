"""What search shows of a project, in one line, from whatever tells it."""

from __future__ import annotations

from devpi_artifactory_compat.model import FoundProject
from devpi_artifactory_compat.packages.filenames import parse_version
from devpi_artifactory_compat.packages.versions import VersionKey
from devpi_artifactory_compat.packages.versions import version_key
from devpi_artifactory_compat.packages.xml_rpc import Fault
from devpi_artifactory_compat.packages.xml_rpc import parse_answer
from collections.abc import Iterator
from collections.abc import Mapping
from itertools import islice
import re


#: as on the public index, in characters
MAX_SUMMARY = 512

#: the headers of core metadata that are looked at, in bytes: a description can be long
_MAX_HEADERS = 64 * 1024
_MAX_LENGTH = 200
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


def shown_name(name: str) -> str:
    """A name as setuptools shows it, by which ``pip search`` knows what is installed."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name)


def one_line(text: str) -> str:
    """A summary for a terminal: no line breaks, no control characters, not too long."""
    line = " ".join(text.split())[: MAX_SUMMARY + 1]
    line = "".join(char if char.isprintable() else "\ufffd" for char in line)
    return line if len(line) <= MAX_SUMMARY else line[: MAX_SUMMARY - 1] + "…"


def preference(version: str) -> tuple[bool, VersionKey]:
    """The greatest is the version that a user most likely wants: final releases first (PEP 440)."""
    parsed = parse_version(version)
    return (parsed is not None and not parsed.is_prerelease, version_key(version))


def name_and_summary(raw: bytes) -> tuple[str, str]:
    """Two headers of a METADATA or PKG-INFO; each is empty when it is not there."""
    found = {b"name": b"", b"summary": b""}
    last = b""
    for line in raw[:_MAX_HEADERS].splitlines():
        if not line:
            break
        if line[:1] in b" \t":
            if last in found:
                found[last] += b" " + line
            continue
        header, _, value = line.partition(b":")
        last = header.strip().lower()
        if found.get(last) == b"":
            found[last] = value
    name, summary = (found[key].decode("utf-8", "replace").strip() for key in (b"name", b"summary"))
    return name if _NAME.fullmatch(name) else "", one_line(summary)


def parse_found(body: bytes, *, limit: int) -> list[FoundProject]:
    """What another server's XML-RPC ``search`` found; entries that make no sense are left out.

    Raises ValueError, also for a fault, when it is no answer to a search.
    """
    try:
        answer = parse_answer(body)
    except Fault as exc:
        raise ValueError(f"It is a fault: {one_line(exc.message)[:_MAX_LENGTH]}") from exc
    if not isinstance(answer, list):
        raise ValueError("It is no list.")  # noqa: TRY004 - a fault of the body
    return list(islice(_usable(answer), limit))


def _usable(answer: list[object]) -> Iterator[FoundProject]:
    for hit in answer:
        if not isinstance(hit, Mapping):
            continue
        name, version, summary = (hit.get(key) for key in ("name", "version", "summary"))
        if _fits(name, _NAME) and _fits(version, _VERSION):
            text = one_line(summary) if isinstance(summary, str) else ""
            yield FoundProject(name=str(name), version=str(version), summary=text)


def _fits(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_LENGTH and bool(pattern.fullmatch(value))
