"""XML-RPC (xmlrpc.com/spec.md), calls and answers; with 64-bit integers and nil."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from devpi_artifactory_compat.packages.xml_text import parse_xml
from devpi_artifactory_compat.packages.xml_text import xml_text
from xml.etree.ElementTree import Element
from itertools import islice
import re


#: "Specification for Fault Code Interoperability"
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602

_HEAD = "<?xml version='1.0' encoding='utf-8'?>\n"
_METHOD_NAME = re.compile(r"[A-Za-z0-9_.:/]{1,100}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)
_BOOLEANS = {"0": False, "1": True}
_NAMES_PER_PIECE = 1000
_TEXTS = frozenset({"string", "base64", "dateTime.iso8601"})
_INTEGERS = frozenset({"int", "i4", "i8"})


class Fault(Exception):
    """What a call is answered by when the method cannot do what was asked."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{message} (fault {code})")


@dataclass(frozen=True)
class Call:
    method: str
    params: tuple[object, ...]


# reading


def parse_call(body: bytes) -> Call:
    """Raises ValueError for what is no XML-RPC call; the message says why in one sentence."""
    root = parse_xml(body)
    if root.tag != "methodCall":
        raise ValueError("It is no <methodCall>.")
    method = (root.findtext("methodName") or "").strip()
    if not _METHOD_NAME.fullmatch(method):
        raise ValueError("Its <methodName> is missing or holds other than letters and digits.")
    return Call(method, tuple(_value(_only(param)) for param in root.iterfind("params/param")))


def parse_answer(body: bytes) -> object:
    """The result of a call. Raises Fault, or ValueError for what is no XML-RPC answer."""
    root = parse_xml(body)
    if root.tag != "methodResponse":
        raise ValueError("It is no <methodResponse>.")
    fault = root.find("fault")
    if fault is not None:
        told = _value(_only(fault))
        code, text = (
            (told.get("faultCode"), told.get("faultString"))
            if isinstance(told, Mapping)
            else (0, None)
        )
        raise Fault(code if isinstance(code, int) else 0, str(text or "no reason"))
    (param,) = _exactly_one(root.findall("params/param"))
    return _value(_only(param))


def _exactly_one(elements: Sequence[Element]) -> Sequence[Element]:
    if len(elements) != 1:
        raise ValueError("An element holds none or several where one belongs.")
    return elements


def _only(parent: Element) -> Element:
    (child,) = _exactly_one(list(parent))
    return child


def _value(element: Element) -> object:
    if element.tag != "value":
        raise ValueError("A <value> is missing.")
    if not len(element):
        return element.text or ""
    typed = _only(element)
    if typed.tag == "array":
        return [_value(item) for item in _only(typed)]
    if typed.tag == "struct":
        return dict(map(_member, typed))
    return _scalar(str(typed.tag), typed.text or "")


def _member(element: Element) -> tuple[str, object]:
    value = element.find("value")
    if element.tag != "member" or value is None:
        raise ValueError("A <struct> holds other than members with a name and a value.")
    return element.findtext("name") or "", _value(value)


def _scalar(kind: str, text: str) -> object:
    if kind in _TEXTS:
        return text
    if kind == "nil":
        return None
    stripped = text.strip()
    if kind in _INTEGERS and _INTEGER.fullmatch(stripped) and int(stripped) in _INT64:
        return int(stripped)
    if kind == "boolean" and stripped in _BOOLEANS:
        return _BOOLEANS[stripped]
    if kind == "double":
        return float(stripped)
    raise ValueError(f"There is no value {stripped[:40]!a} of type {kind[:40]!a}.")


# writing


def render_call(method: str, *params: object) -> bytes:
    name = f"<methodName>{xml_text(method)}</methodName>"
    return _document("methodCall", [name, *_params(params)])


def render_answer(result: object) -> bytes:
    """``result``: text, numbers, booleans, None, datetimes, sequences, mappings from text."""
    return _document("methodResponse", _params([result]))


def render_names(names: Iterable[str]) -> Iterator[bytes]:
    """The answer whose result is an array of strings, in pieces; there may be a million."""
    opening = "<methodResponse><params><param><value><array><data>"
    yield f"{_HEAD}{opening}\n".encode()
    rest = iter(names)
    while piece := list(islice(rest, _NAMES_PER_PIECE)):
        lines = (f"<value><string>{xml_text(name)}</string></value>\n" for name in piece)
        yield "".join(lines).encode()
    yield b"</data></array></value></param></params></methodResponse>\n"


def render_fault(fault: Fault) -> bytes:
    told = {"faultCode": fault.code, "faultString": fault.message}
    return _document("methodResponse", ["<fault>", *_written(told), "</fault>"])


def _document(root: str, content: Iterable[str]) -> bytes:
    return f"{_HEAD}<{root}>{''.join(content)}</{root}>\n".encode()


def _params(values: Iterable[object]) -> Iterator[str]:
    yield "<params>"
    for value in values:
        yield "<param>"
        yield from _written(value)
        yield "</param>\n"
    yield "</params>"


def _written(value: object) -> Iterator[str]:
    yield "<value>"
    if isinstance(value, Mapping):
        yield "<struct>"
        for name, item in value.items():
            yield f"<member><name>{xml_text(str(name))}</name>"
            yield from _written(item)
            yield "</member>\n"
        yield "</struct>"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield "<array><data>"
        for item in value:
            yield from _written(item)
        yield "</data></array>"
    else:
        yield _written_scalar(value)
    yield "</value>"


def _written_scalar(value: object) -> str:
    match value:
        case None:
            return "<nil/>"
        case bool():
            return f"<boolean>{int(value)}</boolean>"
        case int():
            kind = "int" if value in _INT32 else "i8"
            return f"<{kind}>{value}</{kind}>"
        case float():
            return f"<double>{value!r}</double>"
        case datetime():
            # the specification knows no time zone
            return f"<dateTime.iso8601>{value:%Y%m%dT%H:%M:%S}</dateTime.iso8601>"
        case str():
            return f"<string>{xml_text(value)}</string>"
    raise TypeError(f"XML-RPC has no type for {type(value).__name__}")
