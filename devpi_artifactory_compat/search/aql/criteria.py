"""The criteria of ``find``: JSON in which keys may come again and all of them count.

::

    objects    = [object {"," object}]
    object     = "{" [criterion {"," criterion}] "}"
    criterion  = group ":" (object | "[" [object {"," object}] "]")
               | name ":" (value | "{" comparator ":" value {"," comparator ":" value} "}")
    group      = "$and" | "$or" | "$msp"
    value      = string | number | "true" | "false" | "null"

The criteria of an object in an array stand under the operator of the array.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from devpi_artifactory_compat.search.aql import limits
from devpi_artifactory_compat.search.aql.comparing import Subject
from devpi_artifactory_compat.search.aql.comparing import compare
from devpi_artifactory_compat.search.aql.comparing import is_about_properties
from devpi_artifactory_compat.search.aql.comparing import together
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.names import UnknownName
from devpi_artifactory_compat.search.aql.names import closest
from devpi_artifactory_compat.search.aql.names import resolve
from devpi_artifactory_compat.search.aql.query import Comparator
from devpi_artifactory_compat.search.aql.query import Criteria
from devpi_artifactory_compat.search.aql.query import Criterion
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Group
from devpi_artifactory_compat.search.aql.reading import Reader
from devpi_artifactory_compat.search.aql.tokens import Kind
from devpi_artifactory_compat.search.aql.tokens import Token
from devpi_artifactory_compat.search.aql.values import Scalar
from devpi_artifactory_compat.search.aql.values import UnfitComparator
from devpi_artifactory_compat.search.aql.values import UnfitValue


@dataclass(frozen=True)
class _Within:
    """Where a criterion stands."""

    group: Group = Group.AND
    depth: int = 0
    one_property: bool = False


_GROUPS = [each.value for each in Group]
_COMPARATORS = [each.value for each in Comparator]


class CriteriaParser:
    """Reads the criteria of a query for one domain."""

    def __init__(self, reader: Reader, domain: Domain) -> None:
        self._reader = reader
        self._domain = domain

    def objects(self) -> Criteria:
        """All that stands between the parentheses of ``find``; all of it must hold."""
        found: list[Criterion] = []
        if not self._reader.has(")"):
            found.extend(self._object(_Within()))
            while self._reader.skip(","):
                found.extend(self._object(_Within()))
        return self._group(Group.AND, found)

    def _group(self, group: Group, found: list[Criterion]) -> Criteria:
        if group is Group.AND and self._domain in DOMAINS_WITH_ROWS - {Domain.PROPERTIES}:
            found = together(found)
        return Criteria(group, tuple(found))

    def _object(self, within: _Within) -> Iterator[Criterion]:
        reader = self._reader
        reader.expect("{", where="before criteria")
        if reader.skip("}"):
            return
        yield from self._criterion(within)
        while reader.skip(","):
            yield from self._criterion(within)
        reader.expect("}", where="or ',' after a criterion")

    def _criterion(self, within: _Within) -> Iterator[Criterion]:
        what = "a field or one of $and, $or, $msp, between double quotes"
        name = self._reader.expect_kind(Kind.STRING, what=what)
        self._reader.expect(":", where="after the name")
        self._reader.count_criterion(name)
        if name.value.startswith("$"):
            yield self._nested(name, within)
        else:
            yield from self._comparisons(name, within)

    def _nested(self, name: Token, within: _Within) -> Criterion:
        group = self._which_group(name)
        depth = within.depth + 1
        if depth > limits.MAX_DEPTH:
            raise self._reader.failure(f"more than {limits.MAX_DEPTH} groups in each other", name)
        if group is Group.SAME_PROPERTY:
            self._check_same_property(name, within)
        one_property = within.one_property or group is Group.SAME_PROPERTY
        inner = _Within(group, depth, one_property)
        found = list(self._members(inner))
        if not found and group is not Group.AND:
            raise self._reader.failure(f"{group.value} needs at least one criterion", name)
        return Criteria(group, tuple(found)) if one_property else self._group(group, found)

    def _which_group(self, name: Token) -> Group:
        if name.value in _GROUPS:
            return Group(name.value)
        if name.value in _COMPARATORS:
            raise self._reader.failure("a comparator stands in the object after a field", name)
        raise self._reader.failure(f"unknown operator; {closest(name.value, _GROUPS)}", name)

    def _check_same_property(self, name: Token, within: _Within) -> None:
        if within.one_property:
            raise self._reader.failure("$msp cannot stand within $msp", name)
        if self._domain is Domain.PROPERTIES:
            problem = "every row of properties is one property already; use $and"
            raise self._reader.failure(problem, name)

    def _members(self, within: _Within) -> Iterator[Criterion]:
        reader = self._reader
        if reader.has("{"):
            yield from self._object(within)
            return
        reader.expect("[", where=f"or '{{' after {within.group.value}")
        if reader.skip("]"):
            return
        yield from self._member(within)
        while reader.skip(","):
            yield from self._member(within)
        reader.expect("]", where="or ',' after a criterion")

    def _member(self, within: _Within) -> Iterator[Criterion]:
        opening = self._reader.token
        found = list(self._object(within))
        if not found:
            raise self._reader.failure("expected a criterion in this object", opening)
        yield from found

    def _comparisons(self, name: Token, within: _Within) -> list[Criterion]:
        subject = self._subject(name)
        checked = within.one_property and self._domain in DOMAINS_WITH_ROWS
        if checked and not is_about_properties(subject):
            problem = "within $msp are properties only; let other criteria stand beside it"
            raise self._reader.failure(problem, name)
        if not self._reader.skip("{"):
            return [self._comparison(subject, Comparator.EQUALS, name)]
        found = [self._with_comparator(subject)]
        while self._reader.skip(","):
            found.append(self._with_comparator(subject))
        self._reader.expect("}", where="after the value")
        if len(found) > 1 and within.group is Group.OR:
            return [Criteria(Group.AND, tuple(found))]
        return found

    def _subject(self, name: Token) -> Subject:
        if name.value == "*" and self._domain is Domain.PROPERTIES:
            name = replace(name, value="@*")
        try:
            return Subject.of(resolve(self._domain, name.value))
        except (UnknownName, UnfitComparator) as exc:
            raise self._reader.failure(str(exc), name) from exc

    def _with_comparator(self, subject: Subject) -> Criterion:
        reader = self._reader
        token = reader.expect_kind(Kind.STRING, what='a comparator such as "$eq"')
        if token.value not in _COMPARATORS:
            guess = closest(token.value, _COMPARATORS)
            raise reader.failure(f"unknown comparator; {guess}", token)
        reader.expect(":", where="after the comparator")
        reader.count_criterion(token)
        return self._comparison(subject, Comparator(token.value), token)

    def _comparison(self, subject: Subject, comparator: Comparator, name: Token) -> Criterion:
        value = self._reader.token
        scalar = self._scalar()
        try:
            return compare(subject, comparator, scalar)
        except UnfitComparator as exc:
            raise self._reader.failure(str(exc), name) from exc
        except UnfitValue as exc:
            raise self._reader.failure(str(exc), value) from exc

    def _scalar(self) -> Scalar:
        token = self._reader.token
        if token.kind is Kind.STRING:
            return Scalar(self._reader.take().value)
        if token.kind is Kind.NUMBER or token.text in ("true", "false"):
            return Scalar(self._reader.take().text, is_number=token.kind is Kind.NUMBER)
        if self._reader.skip("null"):
            return Scalar(None)
        raise self._reader.unexpected("a value: a string, a number, true, false or null")
