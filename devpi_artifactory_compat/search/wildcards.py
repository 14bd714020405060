"""Text with the wildcards ``*`` (any characters) and ``?`` (one), as both databases match it.

Every other character stands for itself.
"""

from __future__ import annotations

from devpi_artifactory_compat.search.tables import HEAD
from devpi_artifactory_compat.search.tables import head
from sqlalchemy import Boolean
from sqlalchemy import ColumnElement
from sqlalchemy import Dialect
from sqlalchemy import Text
from sqlalchemy import TypeDecorator
from sqlalchemy import and_
from sqlalchemy import bindparam
from sqlalchemy import func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from typing import Any
import re
import sys


WILDCARDS = frozenset("*?")

#: stands before a character of LIKE that stands for itself
_ESCAPE = "!"

_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF


def has_wildcards(pattern: str) -> bool:
    return not WILDCARDS.isdisjoint(pattern)


def literal_start(pattern: str) -> str:
    """What everything that matches begins with."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def matches(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Whether the whole text matches, with its case."""
    return _Matches(column, bindparam(None, pattern, type_=_Pattern(), unique=True))


def matches_in_any_case(column: ColumnElement[str], pattern: str) -> ColumnElement[bool]:
    """Whether the whole text matches, whatever its case."""
    if pattern.isascii():
        # what SQLite knows of cases suffices, which is far quicker than our function
        given = bindparam(None, pattern, type_=_LikePattern(), unique=True)
        return _MatchesInAnyCase(column, given)
    return matches(func.lower(column), pattern.lower())


def starts_with(column: ColumnElement[str], start: str) -> ColumnElement[bool]:
    """For a column whose ``head`` is indexed."""
    indexed, known = head(column), start[:HEAD]
    conditions = [indexed >= known, func.substr(column, 1, len(start)) == start]
    end = _successor(known)
    if end:
        conditions.append(indexed < end)
    return and_(*conditions)


def _successor(text: str) -> str:
    """The least text above all that begin with ``text``, by code points; "" when there is none."""
    text = text.rstrip(chr(sys.maxunicode))
    if not text:
        return ""
    following = ord(text[-1]) + 1
    if _FIRST_SURROGATE <= following <= _LAST_SURROGATE:
        following = _LAST_SURROGATE + 1
    return text[:-1] + chr(following)


def _like(pattern: str) -> str:
    quoted = re.sub(r"[%_!]", lambda found: f"{_ESCAPE}{found[0]}", pattern)
    return quoted.replace("*", "%").replace("?", "_")


def _glob(pattern: str) -> str:
    return pattern.replace("[", "[[]")


class _Pattern(TypeDecorator[str]):
    """In the words of the database's operator that minds case."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _glob(value) if dialect.name == "sqlite" else _like(value)


class _LikePattern(TypeDecorator[str]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _like(value)


class _Matches(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


class _MatchesInAnyCase(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


@compiles(_Matches, "sqlite")
def _with_glob(element: _Matches, compiler: Any, **kw: Any) -> str:
    return _operation(element, "GLOB", compiler, **kw)


@compiles(_Matches)
def _with_like(element: _Matches, compiler: Any, **kw: Any) -> str:
    return f"{_operation(element, 'LIKE', compiler, **kw)} ESCAPE '{_ESCAPE}'"


@compiles(_MatchesInAnyCase, "sqlite")
def _with_sqlites_like(element: _MatchesInAnyCase, compiler: Any, **kw: Any) -> str:
    return f"{_operation(element, 'LIKE', compiler, **kw)} ESCAPE '{_ESCAPE}'"


@compiles(_MatchesInAnyCase)
def _with_ilike(element: _MatchesInAnyCase, compiler: Any, **kw: Any) -> str:
    return f"{_operation(element, 'ILIKE', compiler, **kw)} ESCAPE '{_ESCAPE}'"


def _operation(element: FunctionElement[bool], operator: str, compiler: Any, **kw: Any) -> str:
    left, right = element.clauses
    return f"{compiler.process(left, **kw)} {operator} {compiler.process(right, **kw)}"
