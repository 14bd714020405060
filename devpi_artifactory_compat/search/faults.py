"""What a failure of the database means."""

from __future__ import annotations

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout


#: PostgreSQL's codes: a statement that was cancelled by its time limit; a table, a column that is
#: not there; a lock that was not to be had; a deadlock
_CANCELLED = "57014"
_MISSING = frozenset({"42P01", "42703", "3F000"})
_LOCKED = frozenset({"55P03", "40P01", "40001"})

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_UNUSABLE = (
    "SQLITE_CANTOPEN",
    "SQLITE_IOERR",
    "SQLITE_FULL",
    "SQLITE_READONLY",
    "SQLITE_PERM",
    "SQLITE_NOMEM",
    "SQLITE_PROTOCOL",
)
#: PostgreSQL's classes: no connection, wrong credentials, no such database, no right, no resources,
#: an operator, the system
_DOWN = ("08", "28", "3D", "42501", "53", "57P", "58")
_NO_SUCH = ("no such table", "no such column", "has no column named")

_HIDDEN = "***"
_SECRETS = frozenset({"password", "passfile", "sslpassword"})


def is_timeout(exc: DBAPIError) -> bool:
    """A statement took longer than it may."""
    return _state(exc) == _CANCELLED or _name(exc) == "SQLITE_INTERRUPT"


def is_damage(exc: SQLAlchemyError) -> bool:
    """The file is broken, or a table or column is not there."""
    if not isinstance(exc, DBAPIError):
        return False
    said = str(exc.orig)
    return (
        _state(exc) in _MISSING
        or _name(exc).startswith(_DAMAGED)
        or any(phrase in said for phrase in _NO_SUCH)
    )


def is_broken_file(exc: SQLAlchemyError) -> bool:
    """SQLite cannot go on with the file; only another one helps."""
    return isinstance(exc, DBAPIError) and _name(exc).startswith(_DAMAGED)


def is_busy(exc: SQLAlchemyError) -> bool:
    """Others are writing, or use all connections."""
    if isinstance(exc, PoolTimeout):
        return True
    return isinstance(exc, DBAPIError) and (_state(exc) in _LOCKED or _name(exc).startswith(_BUSY))


def is_unreachable(exc: SQLAlchemyError) -> bool:
    """The database server or the file cannot be used now: it is down, or a disk is full."""
    if not isinstance(exc, DBAPIError):
        return False
    name = _name(exc)
    if name:
        return name.startswith(_UNUSABLE)
    # of a server that is not there no code comes
    lost = isinstance(exc, OperationalError | InterfaceError) and not _state(exc)
    return lost or exc.connection_invalidated or _state(exc).startswith(_DOWN)


def shown(url: URL) -> str:
    """The URL without the password."""
    for name in _SECRETS & set(url.query):
        url = url.update_query_dict({name: _HIDDEN})
    return url.render_as_string(hide_password=True)


def told(exc: SQLAlchemyError, url: URL) -> str:
    """The failure in one line, without the password."""
    said = exc.orig if isinstance(exc, DBAPIError) and exc.orig is not None else exc
    line = " ".join(str(said).split())
    options = [url.query[name] for name in _SECRETS & set(url.query)]
    for secret in (url.password, *options):
        if secret:
            line = line.replace(str(secret), _HIDDEN)
    return line[:500]


def _state(exc: DBAPIError) -> str:
    return getattr(exc.orig, "sqlstate", None) or ""


def _name(exc: DBAPIError) -> str:
    return getattr(exc.orig, "sqlite_errorname", None) or ""
