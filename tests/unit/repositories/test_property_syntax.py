"""How properties stand in URLs."""

from __future__ import annotations

from collections.abc import Callable
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.repositories.property_syntax import FORBIDDEN_IN_KEYS
from devpi_artifactory_compat.repositories.property_syntax import check_properties
from devpi_artifactory_compat.repositories.property_syntax import parse_keys
from devpi_artifactory_compat.repositories.property_syntax import parse_matrix
from devpi_artifactory_compat.repositories.property_syntax import parse_properties
from devpi_artifactory_compat.repositories.property_syntax import split_matrix
from hypothesis import given
from hypothesis import strategies as st
from urllib.parse import quote
import pytest


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("k=v", {"k": ("v",)}),
        ("k=v1,v2;k2=w", {"k": ("v1", "v2"), "k2": ("w",)}),
        ("k=v1|k2=w", {"k": ("v1",), "k2": ("w",)}),
        ("k=v1%7Ck2=w", {"k": ("v1",), "k2": ("w",)}),
        # jf: a comma in a value is encoded, a blank is a plus sign
        ("k8=x%2Cy;k9=a+b", {"k8": ("x,y",), "k9": ("a b",)}),
        # pyartifactory: encoded as a whole
        ("x%3D1%2C2%3By%3Dz", {"x": ("1", "2"), "y": ("z",)}),
        # dohq: escaped with a backslash
        ("k=a%5C,b%5C=c%5C%7Cd%5C;e", {"k": ("a,b=c|d;e",)}),
        (r"k=a\,b\\c", {"k": (r"a,b\c",)}),
        ("x%3Da%5C%2Cb", {"x": ("a,b",)}),
        ("k=", {"k": ("",)}),
        ("k=a=b", {"k": ("a=b",)}),
        ("k=1;k=2,1", {"k": ("1", "2")}),
        ("k=%C3%BC", {"k": ("ü",)}),
    ],
)
def test_query_is_read_as_clients_write_it(raw: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert parse_properties(raw) == expected


def test_matrix_parameters_are_taken_from_every_segment() -> None:
    path, parameters = split_matrix("/l;a=1/b/c%3Bd;k=v1,v2;k=v+3;flag;")

    assert path == "/l/b/c%3Bd"
    assert parse_matrix(parameters) == {"a": ("1",), "k": ("v1", "v2", "v 3"), "flag": ("",)}


@pytest.mark.parametrize("raw", ["", ";", "k", "k;a=b", "=v", "%00=v"])
def test_what_sets_nothing_is_refused(raw: str) -> None:
    with pytest.raises(BadRequest):
        parse_properties(raw)


@pytest.mark.parametrize("char", FORBIDDEN_IN_KEYS)
def test_keys_hold_none_of_the_forbidden_characters(char: str) -> None:
    with pytest.raises(BadRequest, match="Property key"):
        check_properties({f"a{char}b": ["v"]})


@pytest.mark.parametrize(
    "properties",
    [
        {"k" * 256: ["v"]},
        {"k": ["v" * 2401]},
        {"k": ["a\0b"]},
        {"k": [str(number) for number in range(501)]},
        {f"k{number}": ["v"] for number in range(501)},
    ],
)
def test_limits(properties: dict[str, list[str]]) -> None:
    """A key of 255 characters, a value of 2,400, 500 values of a key, 500 keys."""
    with pytest.raises(BadRequest):
        check_properties(properties)


@pytest.mark.parametrize(("raw", "keys"), [("", ()), ("a", ("a",)), ("a,b%2Cc", ("a", "b", "c"))])
def test_keys_are_separated_by_commas(raw: str, keys: tuple[str, ...]) -> None:
    assert parse_keys(raw) == keys


@given(
    st.dictionaries(
        st.text("abcäß.-_1", min_size=1, max_size=9),
        st.lists(st.text(max_size=9).filter(lambda t: "\0" not in t and "�" not in t), min_size=1),
        min_size=1,
    )
)
def test_encoded_values_come_back_as_they_were(properties: dict[str, list[str]]) -> None:
    def encoded(text: str) -> str:
        escaped = "".join(f"\\{char}" if char in "\\,|;=" else char for char in text)
        return quote(escaped, safe="")

    try:
        raw = ";".join(
            f"{quote(key, safe='')}={','.join(map(encoded, values))}"
            for key, values in properties.items()
        )
    except UnicodeEncodeError:
        # half of a character cannot be sent
        return

    assert parse_properties(raw) == {
        key: tuple(dict.fromkeys(values)) for key, values in properties.items()
    }


def outcome(parse: Callable[[str], object], raw: str) -> object:
    try:
        return parse(raw)
    except BadRequest as exc:
        return exc


@given(st.text())
def test_no_input_is_worse_than_a_bad_request(raw: str) -> None:
    assert isinstance(outcome(parse_properties, raw), dict | BadRequest)
    assert isinstance(
        outcome(lambda text: parse_matrix(split_matrix(text)[1]), raw), dict | BadRequest
    )
