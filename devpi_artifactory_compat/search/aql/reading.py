"""The tokens of one query, read from the first to the last."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql import limits
from devpi_artifactory_compat.search.aql.tokens import Kind
from devpi_artifactory_compat.search.aql.tokens import Token
from devpi_artifactory_compat.search.aql.tokens import failure
from devpi_artifactory_compat.search.aql.tokens import tokenize


class Reader:
    """Takes tokens one after the other, and counts what is limited."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokenize(text)
        self._next = 0
        self._criteria = 0

    @property
    def token(self) -> Token:
        """The one that comes next; the last is that of the end."""
        return self._tokens[self._next]

    def take(self) -> Token:
        taken = self.token
        if taken.kind is not Kind.END:
            self._next += 1
        return taken

    def has(self, text: str) -> bool:
        """Whether this punctuation or name comes next."""
        return self.token.kind in (Kind.PUNCTUATION, Kind.NAME) and self.token.text == text

    def skip(self, text: str) -> bool:
        """Take it if it comes next."""
        found = self.has(text)
        if found:
            self.take()
        return found

    def expect(self, text: str, *, where: str) -> Token:
        if not self.has(text):
            raise self.unexpected(f"'{text}' {where}")
        return self.take()

    def expect_kind(self, kind: Kind, *, what: str) -> Token:
        if self.token.kind is not kind:
            raise self.unexpected(what)
        return self.take()

    def unexpected(self, expected: str) -> InvalidQuery:
        """What to raise when something else comes next."""
        if self.token.kind is Kind.END:
            return failure(self._text, self.token.position, f"it ends where {expected} should be")
        return self.failure(f"expected {expected}")

    def failure(self, problem: str, token: Token | None = None) -> InvalidQuery:
        """What to raise for a problem with a token, else with the one that comes next."""
        about = token or self.token
        return failure(self._text, about.position, problem, near=about.text)

    def count_criterion(self, token: Token) -> None:
        self._criteria += 1
        if self._criteria > limits.MAX_CRITERIA:
            raise self.failure(f"more than {limits.MAX_CRITERIA} criteria", token)
