"""XML-RPC: what Python's own library writes is read, and the other way round."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.packages.xml_rpc import Call
from devpi_artifactory_compat.packages.xml_rpc import Fault
from devpi_artifactory_compat.packages.xml_rpc import parse_answer
from devpi_artifactory_compat.packages.xml_rpc import parse_call
from devpi_artifactory_compat.packages.xml_rpc import render_answer
from devpi_artifactory_compat.packages.xml_rpc import render_call
from devpi_artifactory_compat.packages.xml_rpc import render_fault
from devpi_artifactory_compat.packages.xml_rpc import render_names
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st
import contextlib
import pytest
import xmlrpc.client


#: what XML 1.0 can hold
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_own_answers_are_read_back(value: object) -> None:
    assert parse_answer(render_answer(value)) == value


@given(VALUES)
def test_pythons_library_reads_our_answers(value: object) -> None:
    ((result,), method) = xmlrpc.client.loads(render_answer(value).decode())

    assert result == value
    assert method is None


@given(st.lists(VALUES, max_size=3))
def test_our_calls_are_read_back_by_us_and_by_pythons_library(params: list[object]) -> None:
    body = render_call("search", *params)

    assert parse_call(body) == Call("search", tuple(params))
    assert xmlrpc.client.loads(body.decode()) == (tuple(params), "search")


def test_calls_of_pythons_library_are_read() -> None:
    spec = {"name": ["a", "b & <c>"], "summary": "d", "deep": [[{"x": None}]]}
    body = xmlrpc.client.dumps((spec, "or", 1, True, 1.5), "search", allow_none=True)

    assert parse_call(body.encode()) == Call("search", (spec, "or", 1, True, 1.5))


def test_value_without_a_type_is_a_string() -> None:
    body = b"<methodCall><methodName> x </methodName><params><param><value> a </value></param>"

    assert parse_call(body + b"</params></methodCall>") == Call("x", (" a ",))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8"])
def test_other_encodings_are_read(encoding: str) -> None:
    body = f"<?xml version='1.0' encoding='{encoding}'?><methodCall><methodName>x</methodName>"
    body += "<params><param><value>\xe4</value></param></params></methodCall>"

    assert parse_call(body.encode(encoding)) == Call("x", ("\xe4",))


@given(st.binary(max_size=300))
@example(b"<?xml version='1.0' encoding='idna'?><a/>")
@example(b"<?xml version='1.0' encoding='base64'?><a/>")
@example(b"<?xml version='1.0' encoding='undefined'?><a/>")
@example(b"<?xml version='1.0' encoding='unicode_escape'?><a>\\x</a>")
def test_no_bytes_raise_anything_but_value_error(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_call(body)
    with contextlib.suppress(ValueError, Fault):
        parse_answer(body)


_TAGS = ("methodCall", "methodResponse", "methodName", "params", "param", "value", "array", "data")
_MORE = ("struct", "member", "name", "fault", "int", "boolean", "double", "string", "nil", "base64")
TREES = st.recursive(
    st.sampled_from(["", "1", "x", "search"]),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(_TAGS + _MORE),
        st.lists(inner, max_size=3),
    ),
    max_leaves=25,
)


@given(TREES, st.sampled_from(["methodCall", "methodResponse"]))
def test_no_tree_raises_anything_but_value_error(tree: str, root: str) -> None:
    head = "<methodName>m</methodName><params><param>"
    tail = "</param></params>"
    for body in (tree, f"<{root}>{tree}</{root}>", f"<{root}>{head}{tree}{tail}</{root}>"):
        with contextlib.suppress(ValueError):
            parse_call(body.encode())
        with contextlib.suppress(ValueError, Fault):
            parse_answer(body.encode())


@given(st.text())
def test_every_string_is_written_as_well_formed_xml(text: str) -> None:
    assert isinstance(parse_answer(render_answer({text: text})), dict)


def test_times_none_and_large_numbers_are_written() -> None:
    value = [datetime(2024, 5, 6, 7, 8, 9, 123, tzinfo=UTC), None, 2**40]

    ((result,), _) = xmlrpc.client.loads(render_answer(value).decode(), use_builtin_types=True)

    assert result == [datetime(2024, 5, 6, 7, 8, 9), None, 2**40]  # noqa: DTZ001 - XML-RPC's


def test_what_has_no_type_is_a_defect() -> None:
    with pytest.raises(TypeError, match="XML-RPC has no type for object"):
        render_answer(object())


def test_faults_are_read_and_written() -> None:
    body = render_fault(Fault(-32601, "There is no <method>"))

    with pytest.raises(xmlrpc.client.Fault, match="There is no <method>") as caught:
        xmlrpc.client.loads(body.decode())
    assert caught.value.faultCode == -32601
    with pytest.raises(Fault, match="There is no <method>"):
        parse_answer(body)


@pytest.mark.parametrize("told", ["<value>x</value>", "<value><struct></struct></value>"])
def test_fault_without_its_fields_is_a_fault(told: str) -> None:
    with pytest.raises(Fault):
        parse_answer(f"<methodResponse><fault>{told}</fault></methodResponse>".encode())


@pytest.mark.parametrize("count", [0, 1, 2500])
def test_names_are_written_in_pieces(count: int) -> None:
    names = [f"project-{number}" for number in range(count)]

    assert parse_answer(b"".join(render_names(names))) == names
