"""Times as AQL writes them, in milliseconds since the epoch."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from devpi_artifactory_compat.search.aql import limits
import re


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_HOURS = 24
_MINUTES = 60

_TIME = (
    r"[T ](?P<hour>\d{2})"
    r"(?::?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
)
_OFFSET = r" ?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)"
_DATE = re.compile(
    rf"(?P<year>\d{{4}})(?:-(?P<month>\d{{2}})(?:-(?P<day>\d{{2}})(?:{_TIME})?(?:{_OFFSET})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_MILLISECONDS = re.compile(r"-?[0-9]{1,19}", re.ASCII)

EXAMPLES = '"2026-11-24", "2026-11-24T09:30:00.000Z", or milliseconds since the epoch'


def parse_date(text: str) -> int | None:
    """Milliseconds since the epoch; None for what is no date.

    ISO 8601 from the year alone to fractions of a second, with ``T`` or a space; without an
    offset it is UTC. More than four digits alone are milliseconds.
    """
    found = _DATE.fullmatch(text)
    return _iso(found) if found else parse_milliseconds(text)


def parse_milliseconds(text: str) -> int | None:
    """Milliseconds since the epoch as digits; None for anything else."""
    if not _MILLISECONDS.fullmatch(text):
        return None
    value = int(text)
    return value if abs(value) <= limits.MAX_NUMBER else None


def _iso(found: re.Match[str]) -> int | None:
    offset = _offset(found["offset"] or "")
    try:
        day = datetime(
            int(found["year"]), int(found["month"] or 1), int(found["day"] or 1), tzinfo=UTC
        )
        moment = day.replace(
            hour=int(found["hour"] or 0),
            minute=int(found["minute"] or 0),
            second=int(found["second"] or 0),
        )
    except ValueError:
        return None
    if offset is None:
        return None
    fraction = int((found["fraction"] or "0").ljust(3, "0")[:3])
    return (moment - _EPOCH) // _MILLISECOND + fraction - offset


def _offset(text: str) -> int | None:
    digits = re.sub(r"[^0-9]", "", text)
    if not digits:
        return 0
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours >= _HOURS or minutes >= _MINUTES:
        return None
    milliseconds = (hours * _MINUTES + minutes) * 60_000
    return -milliseconds if "-" in text else milliseconds
