"""The tokens of AQL: punctuation, names, numbers and JSON strings, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql import limits
from enum import StrEnum
import json
import re


#: as much of the offending piece is shown
SHOWN = 40


class Kind(StrEnum):
    """Kinds of tokens, by what they are called in messages."""

    PUNCTUATION = "punctuation"
    NAME = "a name"
    NUMBER = "a number"
    STRING = "a string"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is as written; of a string ``value`` is what it stands for."""

    kind: Kind
    text: str
    position: int
    value: str = ""

    @property
    def end(self) -> int:
        return self.position + len(self.text)


_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r"(?P<punctuation>[{}\[\]():,.])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_])"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")'
)
_KINDS = {
    "punctuation": Kind.PUNCTUATION,
    "name": Kind.NAME,
    "number": Kind.NUMBER,
    "string": Kind.STRING,
}
_WORD = re.compile(r"[^\s{}\[\]():,]+")


def failure(text: str, position: int, problem: str, *, near: str | None = None) -> InvalidQuery:
    """What to raise for a problem at ``position`` in the query ``text``."""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    shown = near if near is not None else _piece(text, position)
    return InvalidQuery(problem, line=line, column=column, near=shorten(shown))


def shorten(text: str) -> str:
    """At most ``SHOWN`` characters, all of them printable, and none that UTF-8 lacks."""
    cut = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in cut)


def _piece(text: str, position: int) -> str:
    word = _WORD.match(text, position)
    return word[0] if word else text[position : position + 1]


def tokenize(text: str) -> list[Token]:
    """All tokens of a query and one at its end.

    Strings are those of JSON. They may not hold NUL or halves of surrogate pairs, which no
    database stores.
    """
    if len(text) > limits.MAX_QUERY:
        problem = f"the query has {len(text)} characters, of {limits.MAX_QUERY} at most"
        raise failure(text, 0, problem, near="")
    tokens = []
    position = _skip_space(text, 0)
    while position < len(text):
        token = _token(text, position)
        tokens.append(token)
        position = _skip_space(text, token.end)
    tokens.append(Token(Kind.END, "", len(text)))
    return tokens


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _token(text: str, position: int) -> Token:
    found = _TOKEN.match(text, position)
    if found is None or found.lastgroup is None:
        raise failure(text, position, _why_no_token(text, position))
    kind = _KINDS[found.lastgroup]
    if found.end() - position > limits.MAX_TEXT:
        problem = f"this has {found.end() - position} characters, of {limits.MAX_TEXT} at most"
        raise failure(text, position, problem, near=found[0])
    value = _string(text, found) if kind is Kind.STRING else ""
    return Token(kind, found[0], position, value)


def _string(text: str, found: re.Match[str]) -> str:
    value: str = json.loads(found[0])
    if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
        problem = "a string may not hold NUL or half a surrogate pair"
        raise failure(text, found.start(), problem)
    return value


def _why_no_token(text: str, position: int) -> str:
    if text[position] == '"':
        return "this string does not end, or has a line break or a wrong escape in it"
    if text[position] in "'“”‘’`":  # noqa: RUF001 - what word processors make of quotes
        return 'strings stand between double quotes (")'
    return "this cannot be read; expected a name, a string, a number or one of {}[]():,."
