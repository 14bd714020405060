"""Dates are milliseconds since the epoch in UTC; periods are those of the calendar."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.search.aql.dates import parse_date
from devpi_artifactory_compat.search.aql.periods import EARLIEST
from devpi_artifactory_compat.search.aql.periods import UNITS
from devpi_artifactory_compat.search.aql.periods import before_now
from devpi_artifactory_compat.search.aql.periods import is_period
from hypothesis import given
from hypothesis import strategies as st
import pytest


def at(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026", at(2026, 1, 1)),
        ("2026-11", at(2026, 11, 1)),
        ("2026-11-24", at(2026, 11, 24)),
        ("2026-11-24T09", at(2026, 11, 24, 9)),
        ("2026-11-24T09:30", at(2026, 11, 24, 9, 30)),
        ("2026-11-24T09:30:15", at(2026, 11, 24, 9, 30, 15)),
        ("2026-11-24 09:30:15", at(2026, 11, 24, 9, 30, 15)),
        ("2026-11-24T09:30:15.5", at(2026, 11, 24, 9, 30, 15) + 500),
        ("2026-11-24T09:30:15.123456789Z", at(2026, 11, 24, 9, 30, 15) + 123),
        ("2026-11-24T09:30:15.001Z", at(2026, 11, 24, 9, 30, 15) + 1),
        ("2026-11-24t09:30:15z", at(2026, 11, 24, 9, 30, 15)),
        ("2026-11-24T09:30:15+02:00", at(2026, 11, 24, 7, 30, 15)),
        ("2026-11-24T09:30:15.000-0130", at(2026, 11, 24, 11, 0, 15)),
        ("2026-11-24T09:30:15-01", at(2026, 11, 24, 10, 30, 15)),
        ("2026-11-24Z", at(2026, 11, 24)),
        ("0001-01-01T00:00:00+23:59", EARLIEST - 86_340_000),
        ("1795474800000", 1_795_474_800_000),
        ("0", 0),
        ("-1", -1),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_dates(text: str, milliseconds: int) -> None:
    """All forms that clients send are understood, without an offset as UTC."""
    assert parse_date(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01",
        "2026-02-30",
        "0000-01-01",
        "2026-11-24T24:00",
        "2026-11-24T09:60",
        "2026-11-24T09:30:15+24:00",
        "2026-11-24T09:30:15+01:60",
        "2026-11-24 ",
        "24.11.2026",
        "2026-W48",
        "9223372036854775808",
        "\u0662\u0660\u0662\u0666-11-24",
        "2026-11-24\n",
    ],
)
def test_what_is_no_date(text: str) -> None:
    """There is no guess where a text is no date."""
    assert parse_date(text) is None


NOW = at(2026, 3, 31, 12)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("0d", NOW),
        ("100ms", NOW - 100),
        ("100millis", NOW - 100),
        ("30s", NOW - 30_000),
        ("10mi", NOW - 600_000),
        ("10Minutes", NOW - 600_000),
        ("3d", at(2026, 3, 28, 12)),
        ("3D", at(2026, 3, 28, 12)),
        (" 3 days ", at(2026, 3, 28, 12)),
        ("2w", at(2026, 3, 17, 12)),
        ("1mo", at(2026, 2, 28, 12)),
        ("13 months", at(2025, 2, 28, 12)),
        ("25mo", at(2024, 2, 29, 12)),
        ("3mo", at(2025, 12, 31, 12)),
        ("1y", at(2025, 3, 31, 12)),
        ("2years", at(2024, 3, 31, 12)),
        ("999999999999999999d", EARLIEST),
        ("999999999999999999y", EARLIEST),
        ("2025y", at(1, 3, 31, 12)),
        ("2026y", EARLIEST),
    ],
)
def test_periods(text: str, then: int) -> None:
    """Months and years are those of the calendar; nothing is before the year 1."""
    assert is_period(text)
    assert before_now(text, NOW) == then


def test_year_before_a_leap_day_is_the_last_of_february() -> None:
    assert before_now("1y", at(2024, 2, 29)) == at(2023, 2, 28)


@pytest.mark.parametrize("text", ["", "d", "3", "-3d", "3.5d", "3h", "3d2h", "\u0663d", "1e3d"])
def test_what_is_no_period(text: str) -> None:
    """JFrog documents neither hours nor fractions nor sums."""
    assert not is_period(text)
    with pytest.raises(ValueError, match="not a period"):
        before_now(text, NOW)


@given(
    st.integers(0, 10**18 - 1),
    st.sampled_from(sorted(UNITS)),
    st.integers(at(1970, 1, 1), at(9999, 12, 31)),
)
def test_longer_periods_begin_earlier(amount: int, unit: str, now: int) -> None:
    then = before_now(f"{amount}{unit}", now)

    assert EARLIEST <= then <= now
    if amount:
        assert then <= before_now(f"{amount - 1}{unit}", now)
