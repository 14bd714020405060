"""Who downloads, for the statistics: never at the price of a password check for each file."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pyramid.request import Request
from typing import cast
import hashlib
import hmac
import secrets
import threading
import time


NOBODY = "anonymous"

#: for so long credentials name the same user without being looked at again, in seconds
REMEMBERED_SECS = 300.0
REMEMBERED = 10_000

#: where credentials are sent, as WSGI names the headers
_CREDENTIALS = ("HTTP_AUTHORIZATION", "HTTP_X_JFROG_ART_API", "HTTP_X_DEVPI_AUTH")


class KnownCredentials:
    """The users that credentials were found to be, under digests that say nothing of them.

    Only good for telling who downloads: rights are always asked of devpi. ``clock`` gives seconds
    and never goes backwards. Safe in threads.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._guard = threading.Lock()
        self._users: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def user(self, sent: str, ask: Callable[[], str]) -> str:
        """``ask`` finds out whose credentials were sent."""
        digest = hmac.digest(self._key, sent.encode("utf-8", "surrogatepass"), hashlib.sha256)
        with self._guard:
            known = self._users.get(digest)
        if known is not None and known[1] > self._clock():
            return known[0]
        user = ask()
        with self._guard:
            self._users.pop(digest, None)
            self._users[digest] = (user, self._clock() + REMEMBERED_SECS)
            if len(self._users) > REMEMBERED:
                self._users.popitem(last=False)
        return user


def downloader(request: Request) -> str:
    """The name of the user whose request this is, ``anonymous`` for nobody known."""
    sent = "\n".join(filter(None, map(request.environ.get, _CREDENTIALS)))
    if not sent:
        return NOBODY
    known = request.registry["xom"].setdefault_singleton(
        "+artifactory", "known-credentials", factory=KnownCredentials
    )
    return cast("KnownCredentials", known).user(sent, lambda: _ask(request))


def _ask(request: Request) -> str:
    return cast("str | None", request.authenticated_userid) or NOBODY
