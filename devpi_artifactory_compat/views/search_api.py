"""``GET /api/search/…``: Artifactory's searches for files, but for AQL."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.search.conditions import DateField
from devpi_artifactory_compat.search.conditions import has_checksums
from devpi_artifactory_compat.search.conditions import is_between
from devpi_artifactory_compat.search.conditions import is_named
from devpi_artifactory_compat.search.conditions import is_unused
from devpi_artifactory_compat.search.found import Found
from devpi_artifactory_compat.views.item_json import iso
from devpi_artifactory_compat.views.search_request import SearchRequest
from devpi_artifactory_compat.views.search_request import property_conditions
from devpi_artifactory_compat.views.search_results import Shape
from devpi_artifactory_compat.views.search_results import file_results
from devpi_artifactory_compat.views.search_results import media_type
from pyramid.request import Request
from pyramid.response import Response
from typing import Any
import re
import string
import time


#: the length of each checksum in hexadecimal digits
_CHECKSUMS = {"md5": 32, "sha1": 40, "sha256": 64}

#: what a file says of downloads that never were
_NEVER = datetime.fromtimestamp(0, UTC)


def search_names(request: Request) -> Response:
    """``…/artifact?name=[&repos=]``: part of a file's name in any case, ``*`` and ``?`` in it."""
    asked = SearchRequest(request)
    name = re.sub(r"\*+", "*", asked.required("name"))
    return file_results(asked, [is_named(name)], content_type=media_type("ArtifactSearchResult"))


def search_properties(request: Request) -> Response:
    """``…/prop?key=v1,v2&key2[&repos=]``: every key, with one of its values or, without, any."""
    asked = SearchRequest(request)
    conditions = property_conditions(asked, beside={"repos"})
    if not conditions:
        raise BadRequest("No property is given: expected ?key=value[,value][&key=…].")
    return file_results(asked, conditions, content_type=media_type("MetadataSearchResult"))


def search_checksums(request: Request) -> Response:
    """``…/checksum?md5=|sha1=|sha256=[&repos=]``"""
    asked = SearchRequest(request)
    checksums = {name: asked.text(name).lower() for name in _CHECKSUMS if asked.text(name)}
    if not checksums:
        raise BadRequest("No checksum is given: expected 'md5', 'sha1' or 'sha256'.")
    for name, value in checksums.items():
        if len(value) != _CHECKSUMS[name] or not set(value) <= set(string.hexdigits):
            raise BadRequest(f"'{name}' must be {_CHECKSUMS[name]} hexadecimal digits.")
    return file_results(
        asked, [has_checksums(checksums)], content_type=media_type("ChecksumSearchResult")
    )


def search_creation(request: Request) -> Response:
    """``…/creation?from=[&to=][&repos=]``: adds ``created``. ``to`` is now by default."""
    asked = SearchRequest(request)
    asked.require_user()
    asked.required("from")
    return file_results(
        asked,
        [is_between([DateField.CREATED], *_range(asked))],
        content_type=media_type("ArtifactCreationResult"),
        shape=_dates([DateField.CREATED]),
        found_or_404=True,
    )


def search_dates(request: Request) -> Response:
    """``…/dates?from=&to=&dateFields=created,lastModified,lastDownloaded[&repos=]``

    One of the fields suffices; those are added that a file has.
    """
    asked = SearchRequest(request)
    asked.require_user()
    if not asked.text("from") and not asked.text("to"):
        raise BadRequest("The query parameters 'from' and 'to' are missing: one is needed.")
    fields = _date_fields(asked)
    return file_results(
        asked,
        [is_between(fields, *_range(asked))],
        content_type=media_type("ArtifactResult"),
        shape=_dates(fields),
        found_or_404=True,
    )


def search_usage(request: Request) -> Response:
    """``…/usage?notUsedSince=[&createdBefore=][&repos=]``: adds ``lastDownloaded`` and counts."""
    asked = SearchRequest(request)
    asked.require_user()
    asked.required("notUsedSince")
    since = asked.time("notUsedSince") or 0
    before = asked.time("createdBefore")
    unused = is_unused(since=since, created_before=since if before is None else before)
    return file_results(
        asked,
        [unused],
        content_type=media_type("ArtifactUsageResult"),
        shape=_usage,
        least_used_first=True,
        found_or_404=True,
    )


def _range(asked: SearchRequest) -> tuple[int, int]:
    start, end = asked.time("from"), asked.time("to")
    now = round(time.time() * 1000)
    return (0 if start is None else start, now if end is None else end)


def _date_fields(asked: SearchRequest) -> list[DateField]:
    asked.required("dateFields")
    names = [name.strip() for name in asked.values("dateFields")]
    known = [field.value for field in DateField]
    wrong = [name for name in names if name not in known]
    if wrong:
        raise BadRequest(
            f"'{wrong[0][:50]}' in 'dateFields' is not known; there are {', '.join(known)}."
        )
    return [DateField(name) for name in names]


def _dates(fields: Sequence[DateField]) -> Shape:
    def shape(found: Found) -> dict[str, Any]:
        return {name: iso(moment) for name, moment in _moments(found, fields)}

    return shape


def _moments(found: Found, fields: Sequence[DateField]) -> Iterator[tuple[str, datetime]]:
    moments = {
        DateField.CREATED: found.artifact.created,
        DateField.LAST_MODIFIED: found.artifact.modified,
        DateField.LAST_DOWNLOADED: found.downloads.last,
    }
    for field in fields:
        moment = moments[field]
        if moment is not None:
            yield field.value, moment


def _usage(found: Found) -> dict[str, Any]:
    return {
        "downloadCount": found.downloads.count,
        "lastDownloaded": iso(found.downloads.last or _NEVER),
        # what other servers that mirror this one have served is not known here
        "remoteDownloadCount": 0,
        "remoteLastDownloaded": iso(_NEVER),
    }
