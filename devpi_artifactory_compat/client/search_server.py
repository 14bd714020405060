"""Asks a server that runs for the state of its search database, and to build it anew."""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.client.failure import CannotAsk
from http import HTTPStatus
from pathlib import Path
from typing import Any
from typing import NoReturn
from typing import Self
import httpx
import netrc
import os


DEFAULT_URL = "http://localhost:8081"
DEFAULT_USER = "root"

PASSWORD_VARIABLE = "DEVPI_ARTIFACTORY_PASSWORD"  # noqa: S105 - its name

_TIMEOUT_SECS = 60
_PATH = "/artifactory/api/system/search-database"


@dataclass(frozen=True, kw_only=True)
class SearchDatabaseState:
    """As the server tells it; ``requested`` is the ``id`` of what was asked to be built."""

    data: dict[str, Any]

    @property
    def active(self) -> dict[str, Any] | None:
        return self.data.get("active")

    @property
    def rebuild(self) -> dict[str, Any] | None:
        return self.data.get("rebuild")

    @property
    def requested(self) -> str:
        return str(self.data.get("requested", ""))

    @property
    def problem(self) -> str:
        return self.data.get("problem") or ""


class SearchServer:
    """A context; every method raises CannotAsk, whose message holds no password."""

    def __init__(self, url: str, *, user: str, password: str) -> None:
        self._url = base_url(url)
        self._user = user
        self._client = httpx.Client(auth=(user, password), timeout=_TIMEOUT_SECS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def state(self) -> SearchDatabaseState:
        return self._ask("GET", _PATH)

    def rebuild(self) -> SearchDatabaseState:
        """Returns at once, while the server builds."""
        return self._ask("POST", f"{_PATH}/rebuild")

    def _ask(self, method: str, path: str) -> SearchDatabaseState:
        try:
            answer = self._client.request(method, f"{self._url}{path}")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise CannotAsk(f"{self._url} cannot be reached: {exc or type(exc).__name__}") from exc
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            self._refused(answer)
        try:
            data = answer.json()
        except ValueError as exc:
            raise CannotAsk(f"{self._url} is no server of this kind.") from exc
        if not isinstance(data, dict) or "serverSerial" not in data:
            raise CannotAsk(f"{self._url} is no server of this kind.")
        return SearchDatabaseState(data=data)

    def _refused(self, answer: httpx.Response) -> NoReturn:
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise CannotAsk(f"{self._url} does not take the password of user '{self._user}'.")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise CannotAsk(f"{self._url} is no server of this kind, or an older one.")
        raise CannotAsk(f"{self._url} answers {answer.status_code}: {_message(answer)}")


def base_url(url: str) -> str:
    """A server's URL, however much of it was given.

    Raises CannotAsk for what is none, and for one with a password, which others could see.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise CannotAsk(f"The URL of the server is wrong: {exc}") from exc
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise CannotAsk("The URL of the server must begin with http:// or https://.")
    if parsed.userinfo:
        raise CannotAsk(
            f"The URL of the server must not hold a user: give --user and {PASSWORD_VARIABLE}."
        )
    plain = str(parsed.copy_with(query=None, fragment=None)).rstrip("/")
    return plain.removesuffix("/artifactory")


def known_password(url: str, user: str) -> str | None:
    """From the environment, or for that user of that host from ``~/.netrc`` (or ``$NETRC``)."""
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        found = netrc.netrc(path).authenticators(httpx.URL(url).host)
    except OSError:
        return None
    except netrc.NetrcParseError as exc:
        raise CannotAsk(f"{path} cannot be read: {exc.msg}") from exc
    return found[2] if found is not None and found[0] == user else None


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["errors"][0]["message"])
    except (ValueError, LookupError, TypeError):
        return answer.reason_phrase
