"""What search shows: one line, in the spelling and the version that users expect."""

from __future__ import annotations

from devpi_artifactory_compat.packages.summaries import MAX_SUMMARY
from devpi_artifactory_compat.packages.summaries import name_and_summary
from devpi_artifactory_compat.packages.summaries import one_line
from devpi_artifactory_compat.packages.summaries import preference
from devpi_artifactory_compat.packages.summaries import shown_name
from hypothesis import given
from hypothesis import strategies as st
import pytest


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Name: demo\nSummary: A line\n\nSummary: no\n", ("demo", "A line")),
        (b"Name: Demo.Lib\r\nSummary: A line\r\n\r\nbody", ("Demo.Lib", "A line")),
        (b"summary:A\n  second\n\tthird\nNAME:demo", ("demo", "A second third")),
        (b"Name: demo\nSummary: one\nSummary: two\n", ("demo", "one")),
        (b"Name: demo\nDescription: x\n  Summary: y\n", ("demo", "")),
        (b"Name: a b\nSummary: \xff\xfe\n", ("", "\ufffd\ufffd")),
        (b"Summary: " + b"\xc3\xa4" * 3, ("", "äää")),
        (b"", ("", "")),
    ],
)
def test_headers_are_read_without_the_rest(raw: bytes, expected: tuple[str, str]) -> None:
    assert name_and_summary(raw) == expected


@given(st.binary())
def test_any_bytes_are_read(raw: bytes) -> None:
    name, summary = name_and_summary(raw)

    assert name.isascii()
    assert len(summary) <= MAX_SUMMARY


@given(st.text())
def test_one_line_is_printable_and_bounded(text: str) -> None:
    line = one_line(text)

    assert len(line) <= MAX_SUMMARY
    assert line.isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [("demo", "demo"), ("Fancy_Lib", "Fancy-Lib"), ("zope.interface", "zope.interface")],
)
def test_name_is_spelled_as_setuptools_spells_it(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_final_releases_are_preferred_in_the_order_of_pep_440() -> None:
    versions = ["1.0", "1.10", "1.9", "2.0rc1", "2.0a1", "1.10.post1", "0.9.dev1", "ancient"]

    assert sorted(versions, key=preference) == [
        "ancient",
        "0.9.dev1",
        "2.0a1",
        "2.0rc1",
        "1.0",
        "1.9",
        "1.10",
        "1.10.post1",
    ]
