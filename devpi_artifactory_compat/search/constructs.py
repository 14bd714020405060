"""What SQLite and PostgreSQL write differently, or plan differently, as one construct each.

Both give equal answers: text is compared by code points, and patterns by characters.
"""

from __future__ import annotations

from itertools import chain
from sqlalchemy import Boolean
from sqlalchemy import Text
from sqlalchemy import literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from typing import Any
import re


#: as many characters of a long text are indexed: PostgreSQL's indexes take 2,700 bytes of a row
HEAD = 200

_LIKE_ESCAPE = "~"
_LAST_BEFORE_SURROGATES = "\ud7ff"
_FIRST_AFTER_SURROGATES = "\ue000"
_LAST = "\U0010ffff"


class Head(FunctionElement[str]):
    """The part of a long text that is indexed: at least its first ``HEAD`` characters."""

    type = Text()
    inherit_cache = True
    name = "head"


@compiles(Head)
def _head(element: Head, compiler: SQLCompiler, **kw: Any) -> str:
    return f"substr({_inner(element, compiler, **kw)}, 1, {HEAD})"


@compiles(Head, "sqlite")
def _whole(element: Head, compiler: SQLCompiler, **kw: Any) -> str:
    # a plain column makes an index that covers, and SQLite takes texts of any length
    return _inner(element, compiler, **kw)


class Folded(FunctionElement[str]):
    """A text in lower case, of any alphabet."""

    type = Text()
    inherit_cache = True
    name = "folded"


@compiles(Folded)
def _folded(element: Folded, compiler: SQLCompiler, **kw: Any) -> str:
    # the collation "C" of the columns knows the letters of ASCII only
    inner = _inner(element, compiler, **kw)
    return f'lower({inner} COLLATE "und-x-icu") COLLATE "C"'


@compiles(Folded, "sqlite")
def _folded_by_us(element: Folded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"lower({_inner(element, compiler, **kw)})"


class _Predicate(FunctionElement[bool]):
    """True, false or NULL: SQLite is not to compare it with 1, which no index knows."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        return self


class Enclosed(_Predicate):
    """A condition in parentheses that stay where they are."""

    inherit_cache = True
    name = "enclosed"


@compiles(Enclosed)
def _enclosed(element: Enclosed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({_inner(element, compiler, **kw)})"


class Matches(_Predicate):
    """Whether a text fits a pattern in which ``*`` stands for any characters, ``?`` for one.

    All other characters stand for themselves, in their own case.
    """

    inherit_cache = True
    name = "matches"

    def __init__(self, text: ColumnElement[str], pattern: str) -> None:
        super().__init__(text, literal(_as_glob(pattern)), literal(_as_like(pattern)))


@compiles(Matches)
def _like(element: Matches, compiler: SQLCompiler, **kw: Any) -> str:
    text, _, pattern = element.clauses
    escape = f"ESCAPE '{_LIKE_ESCAPE}'"
    return f"({compiler.process(text, **kw)} LIKE {compiler.process(pattern, **kw)} {escape})"


@compiles(Matches, "sqlite")
def _glob(element: Matches, compiler: SQLCompiler, **kw: Any) -> str:
    text, pattern, _ = element.clauses
    return f"({compiler.process(text, **kw)} GLOB {compiler.process(pattern, **kw)})"


class Unindexed(FunctionElement[Any]):
    """A column by which SQLite is not to look for rows, because another way is better.

    PostgreSQL decides by its statistics of the values.
    """

    inherit_cache = True
    name = "unindexed"

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _plain(element: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return _inner(element, compiler, **kw)


@compiles(Unindexed, "sqlite")
def _with_plus(element: Unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{_inner(element, compiler, **kw)}"


class JsonObjects(FunctionElement[str]):
    """The rows of a group as the text of a JSON array, an object with these members for each."""

    type = Text()
    inherit_cache = True
    name = "json_objects"

    def __init__(self, **members: ColumnElement[Any]) -> None:
        named = chain.from_iterable((literal(name, Text()), members[name]) for name in members)
        super().__init__(*named)


@compiles(JsonObjects)
def _json_agg(element: JsonObjects, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(json_agg(json_build_object({_inner(element, compiler, **kw)})) AS TEXT)"


@compiles(JsonObjects, "sqlite")
def _json_group_array(element: JsonObjects, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_group_array(json_object({_inner(element, compiler, **kw)}))"


def _inner(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return ", ".join(compiler.process(each, **kw) for each in element.clauses)


def _as_glob(pattern: str) -> str:
    return re.sub(r"\*+", "*", pattern).replace("[", "[[]")


def _as_like(pattern: str) -> str:
    escaped = re.sub(rf"[%_{_LIKE_ESCAPE}]", rf"{_LIKE_ESCAPE}\g<0>", pattern)
    return re.sub(r"\*+", "%", escaped).replace("?", "_")


def literal_prefix(pattern: str) -> str:
    """What every text begins with that fits the pattern."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]


def after_prefix(prefix: str) -> str | None:
    """The first text, by code points, behind all that begin with ``prefix``.

    None when there is none.
    """
    kept = prefix.rstrip(_LAST)
    if not kept:
        return None
    last = kept[-1]
    return kept[:-1] + (
        _FIRST_AFTER_SURROGATES if last == _LAST_BEFORE_SURROGATES else chr(ord(last) + 1)
    )
