"""AQL, from text to a ``Query``.

::

    query    = domain "." "find" "(" [criteria] ")" {"." method} end
    method   = "include" "(" name {"," name} ")"
             | "sort" "(" "{" ("$asc" | "$desc") ":" "[" name {"," name} "]" "}" ")"
             | ("offset" | "limit") "(" number ")"
             | "distinct" "(" ("true" | "false") ")"
             | "transitive" "(" ")"

Names are strings. Methods come in any order, each at most once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from devpi_artifactory_compat.search.aql import limits
from devpi_artifactory_compat.search.aql.checking import check_distinct
from devpi_artifactory_compat.search.aql.checking import check_transitive
from devpi_artifactory_compat.search.aql.checking import sortable
from devpi_artifactory_compat.search.aql.criteria import CriteriaParser
from devpi_artifactory_compat.search.aql.names import UnknownName
from devpi_artifactory_compat.search.aql.names import closest
from devpi_artifactory_compat.search.aql.names import resolve_included
from devpi_artifactory_compat.search.aql.query import Direction
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import Included
from devpi_artifactory_compat.search.aql.query import Query
from devpi_artifactory_compat.search.aql.query import Sort
from devpi_artifactory_compat.search.aql.reading import Reader
from devpi_artifactory_compat.search.aql.tokens import Kind
from devpi_artifactory_compat.search.aql.tokens import Token
from devpi_artifactory_compat.search.aql.tokens import failure
from typing import TypeVar
import re


_DOMAINS = [each.value for each in Domain]
_CHANGING = ("delete", "update")

_Resolved = TypeVar("_Resolved")

#: what may come after ``find``, in the documented order
METHODS = ("include", "sort", "offset", "limit", "distinct", "transitive")


def parse(text: str | bytes) -> Query:
    """The query that ``text`` (UTF-8) asks; ``InvalidQuery``, with the place in it, for others."""
    reader = Reader(_decoded(text) if isinstance(text, bytes) else text)
    return _Parser(reader).query()


def _decoded(text: bytes) -> str:
    if len(text) > 4 * limits.MAX_QUERY:
        problem = f"the query has {len(text)} bytes, of {limits.MAX_QUERY} characters at most"
        raise failure("", 0, problem)
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = text[: exc.start].decode("utf-8-sig", "replace")
        problem = "the query is not UTF-8"
        raise failure(before, len(before), problem, near=f"byte 0x{text[exc.start]:02x}") from exc


class _Parser:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        reads = (
            self._include,
            self._sort,
            self._offset,
            self._limit,
            self._distinct,
            self._transitive,
        )
        self._methods = dict(zip(METHODS, reads, strict=True))

    def query(self) -> Query:
        domain = self._domain()
        self._reader.expect("(", where="after find")
        found = Query(domain=domain, criteria=CriteriaParser(self._reader, domain).objects())
        self._reader.expect(")", where="after the criteria")
        used: dict[str, Token] = {}
        while self._reader.skip("."):
            name = self._method_name(used)
            self._reader.expect("(", where=f"after {name}")
            found = self._methods[name](found)
            self._reader.expect(")", where=f"at the end of {name}")
        if self._reader.token.kind is not Kind.END:
            raise self._reader.unexpected("'.' and a method, or the end of the query")
        self._check(found, used)
        return found

    def _domain(self) -> Domain:
        reader = self._reader
        first = reader.token
        what = f"a domain: one of {', '.join(_DOMAINS)}"
        names = [reader.expect_kind(Kind.NAME, what=what).text]
        while reader.skip("."):
            name = reader.expect_kind(Kind.NAME, what="find after the domain")
            if name.text == "find":
                return self._known_domain(".".join(names), first)
            if name.text in _CHANGING:
                raise reader.failure("queries here only read: expected find", name)
            names.append(name.text)
        self._known_domain(".".join(names), first)
        raise reader.unexpected("'.find(' after the domain")

    def _known_domain(self, name: str, token: Token) -> Domain:
        if name.partition(".")[0] in ("archive", "archives"):
            problem = "the archive domain was removed from AQL"
            raise self._reader.failure(problem, token)
        if name not in _DOMAINS:
            raise self._reader.failure(f"unknown domain; {closest(name, _DOMAINS)}", token)
        return Domain(name)

    def _method_name(self, used: dict[str, Token]) -> str:
        what = f"a method: one of {', '.join(self._methods)}"
        token = self._reader.expect_kind(Kind.NAME, what=what)
        if token.text not in self._methods:
            guess = closest(token.text, self._methods)
            raise self._reader.failure(f"unknown method; {guess}", token)
        if token.text in used:
            raise self._reader.failure(f"{token.text} comes twice", token)
        used[token.text] = token
        return token.text

    def _include(self, query: Query) -> Query:
        found = [self._included(query.domain)]
        while self._reader.skip(","):
            if len(found) == limits.MAX_INCLUDES:
                raise self._reader.failure(f"more than {limits.MAX_INCLUDES} fields are included")
            found.append(self._included(query.domain))
        return replace(query, include=tuple(dict.fromkeys(found)))

    def _included(self, domain: Domain) -> Included:
        return self._named(resolve_included, domain)

    def _sort(self, query: Query) -> Query:
        reader = self._reader
        directions = [each.value for each in Direction]
        reader.expect("{", where='in sort, as in {"$asc": ["name"]}')
        token = reader.expect_kind(Kind.STRING, what='"$asc" or "$desc"')
        if token.value not in directions:
            raise reader.failure(f"unknown direction; {closest(token.value, directions)}", token)
        reader.expect(":", where="after the direction")
        reader.expect("[", where="before the fields")
        fields = [self._sort_field(query.domain)]
        while reader.skip(","):
            if len(fields) == limits.MAX_SORT_FIELDS:
                raise reader.failure(f"more than {limits.MAX_SORT_FIELDS} fields to sort by")
            fields.append(self._sort_field(query.domain))
        reader.expect("]", where="or ',' after a field")
        reader.expect("}", where="after the fields (there is one direction for all of them)")
        return replace(query, sort=Sort(Direction(token.value), tuple(dict.fromkeys(fields))))

    def _sort_field(self, domain: Domain) -> Field:
        return self._named(sortable, domain)

    def _named(self, resolve: Callable[[Domain, str], _Resolved], domain: Domain) -> _Resolved:
        what = "the name of a field between double quotes"
        token = self._reader.expect_kind(Kind.STRING, what=what)
        try:
            return resolve(domain, token.value)
        except UnknownName as exc:
            raise self._reader.failure(str(exc), token) from exc

    def _offset(self, query: Query) -> Query:
        return replace(query, offset=self._number("offset"))

    def _limit(self, query: Query) -> Query:
        return replace(query, limit=self._number("limit"))

    def _number(self, name: str) -> int:
        what = f"a whole number for {name}, not below 0 and below 2**63"
        token = self._reader.expect_kind(Kind.NUMBER, what=what)
        if not re.fullmatch(r"[0-9]{1,19}", token.text) or int(token.text) > limits.MAX_NUMBER:
            raise self._reader.failure(f"expected {what}", token)
        return int(token.text)

    def _distinct(self, query: Query) -> Query:
        if self._reader.has("true") or self._reader.has("false"):
            return replace(query, distinct=self._reader.take().text == "true")
        raise self._reader.unexpected("true or false")

    def _transitive(self, query: Query) -> Query:
        return replace(query, transitive=True)

    def _check(self, query: Query, used: dict[str, Token]) -> None:
        if query.transitive:
            problem = check_transitive(query)
            if problem:
                raise self._reader.failure(problem, used["transitive"])
        if query.distinct and query.sort:
            problem = check_distinct(query)
            if problem:
                raise self._reader.failure(problem, used["sort"])
