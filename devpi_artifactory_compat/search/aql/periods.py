"""Periods of time as ``$last`` and ``$before`` take them: ``3d``, ``2 weeks``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from types import MappingProxyType
import calendar
import re


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

#: nothing is earlier than the year 1, in milliseconds since the epoch
EARLIEST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND


@dataclass(frozen=True)
class Unit:
    """Milliseconds of a unit, or months of one whose length is the calendar's."""

    milliseconds: int = 0
    months: int = 0


_SECOND = 1_000
_DAY = 86_400 * _SECOND

#: every spelling, which are read in any case
UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        spelling: unit
        for unit, spellings in (
            (Unit(milliseconds=1), ("ms", "millis", "mills", "milliseconds")),
            (Unit(milliseconds=_SECOND), ("s", "second", "seconds")),
            (Unit(milliseconds=60 * _SECOND), ("mi", "minute", "minutes")),
            (Unit(milliseconds=_DAY), ("d", "day", "days")),
            (Unit(milliseconds=7 * _DAY), ("w", "week", "weeks")),
            (Unit(months=1), ("mo", "month", "months")),
            (Unit(months=12), ("y", "year", "years")),
        )
        for spelling in spellings
    }
)

_PERIOD = re.compile(r"\s*([0-9]{1,18})\s*([A-Za-z]+)\s*", re.ASCII)


def is_period(text: str) -> bool:
    found = _PERIOD.fullmatch(text)
    return found is not None and found[2].lower() in UNITS


def before_now(text: str, now: int) -> int:
    """The time that lies the period ``text`` before ``now``, both milliseconds since the epoch.

    A month before the 31st is the last day of a shorter month; nothing is before ``EARLIEST``.
    ``ValueError`` for what ``is_period`` refuses.
    """
    found = _PERIOD.fullmatch(text)
    unit = UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ValueError(f"not a period: {text!r}")
    amount = int(found[1])
    if unit.months:
        return _months_before(now, amount * unit.months)
    return max(now - amount * unit.milliseconds, EARLIEST)


def _months_before(now: int, months: int) -> int:
    then = _EPOCH + now * _MILLISECOND
    year, month = divmod(then.year * 12 + then.month - 1 - months, 12)
    if year < 1:
        return EARLIEST
    day = min(then.day, calendar.monthrange(year, month + 1)[1])
    return (then.replace(year=year, month=month + 1, day=day) - _EPOCH) // _MILLISECOND
