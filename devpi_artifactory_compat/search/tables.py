"""The tables of the search database.

Everything but ``generations`` is there twice, as generation "a" and generation "b": while one
answers searches, the other can be filled anew. Text is compared and ordered by code points.
"""

from __future__ import annotations

from dataclasses import dataclass
from devpi_artifactory_compat.search.constructs import Head
from functools import cache
from sqlalchemy import BigInteger
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import LargeBinary
from sqlalchemy import MetaData
from sqlalchemy import SmallInteger
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy.sql.expression import ColumnElement
from typing import Any


#: to be raised with every change of the tables, or of what is written into them
SCHEMA = 1

#: the path of what lies in the root of a repository, and the path and name of the root itself
ROOT = "."

LETTERS = ("a", "b")

FILE = "file"
FOLDER = "folder"


def _text() -> Text:
    # PostgreSQL would order text by the language of the database, and not find prefixes by index
    text: Text = Text().with_variant(Text(collation="C"), "postgresql")
    return text


def _integer_key() -> BigInteger:
    # SQLite's own row number has this type only
    key: BigInteger = BigInteger().with_variant(Integer(), "sqlite")
    return key


def head(column: ColumnElement[str]) -> ColumnElement[str]:
    """The part of a long text that is indexed."""
    return Head(column)


_COMMON = MetaData()

#: which generation answers, how far each has been brought, and how a rebuild gets on:
#: ``serial`` is devpi's, of the last change that is in it, and ``mark`` tells that change from
#: another one of the same serial; ``server`` says whose changes these are; ``builder`` is whoever
#: builds a generation, or has built it; ``touched`` is when the builder was last seen at work, in
#: seconds since the epoch
generations = Table(
    "artifactory_generations",
    _COMMON,
    Column("letter", Text, primary_key=True),
    Column("schema_version", Integer, nullable=False),
    Column("server", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("mark", Text, nullable=False),
    Column("builder", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("touched", BigInteger, nullable=False),
)


@dataclass(frozen=True)
class Tables:
    """One generation.

    ``places`` are devpi's indexes by their names. ``items`` are files and folders: ``path`` is
    that of the folder they lie in (``ROOT`` in the root), times are milliseconds since the epoch,
    checksums are NULL for folders, ``digest`` is that of the whole path, ``project`` is that of an
    indexed distribution. ``properties`` have a row for each value, in their order.
    ``statistics`` has a row for each file that was downloaded.
    """

    letter: str
    metadata: MetaData
    places: Table
    items: Table
    properties: Table
    statistics: Table


@cache
def tables(letter: str) -> Tables:
    """Those of generation ``letter``."""
    metadata = MetaData()
    return Tables(
        letter=letter,
        metadata=metadata,
        places=_places(letter, metadata),
        items=_items(letter, metadata),
        properties=_properties(letter, metadata),
        statistics=_statistics(letter, metadata),
    )


def common() -> MetaData:
    """What there is once."""
    return _COMMON


def _places(letter: str, metadata: MetaData) -> Table:
    return Table(
        f"artifactory_places_{letter}",
        metadata,
        Column("id", _integer_key(), primary_key=True, autoincrement=False),
        Column("name", _text(), nullable=False, unique=True),
    )


def _items(letter: str, metadata: MetaData) -> Table:
    name = f"artifactory_items_{letter}"
    table = Table(
        name,
        metadata,
        Column("id", _integer_key(), primary_key=True, autoincrement=False),
        Column("place_id", BigInteger, nullable=False),
        Column("type", _text(), nullable=False),
        Column("path", _text(), nullable=False),
        Column("name", _text(), nullable=False),
        Column("depth", SmallInteger, nullable=False),
        Column("size", BigInteger, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("created_by", _text(), nullable=False),
        Column("modified", BigInteger, nullable=False),
        Column("modified_by", _text(), nullable=False),
        Column("md5", _text()),
        Column("sha1", _text()),
        Column("sha256", _text()),
        Column("project", _text()),
        Column("digest", LargeBinary, nullable=False),
    )
    found = table.c
    Index(f"{name}_digest", found.place_id, found.digest, found.type, unique=True)
    # files of few places in the order of a column, without a look at their rows: the type stands
    # before it because searches find files only, the name behind it because most look at it
    Index(f"{name}_name", found.place_id, found.type, found.name)
    for column in (found.created, found.modified):
        Index(f"{name}_{column.name}", found.place_id, found.type, column, found.name)
    Index(f"{name}_path", found.place_id, found.type, head(found.path), found.name)
    for checksum in (found.md5, found.sha1, found.sha256):
        Index(f"{name}_{checksum.name}", checksum)
    given: dict[str, Any] = dict.fromkeys(
        ("sqlite_where", "postgresql_where"), found.project.is_not(None)
    )
    Index(f"{name}_project", found.place_id, found.project, **given)
    return table


def _properties(letter: str, metadata: MetaData) -> Table:
    name = f"artifactory_properties_{letter}"
    table = Table(
        name,
        metadata,
        Column("item_id", BigInteger, primary_key=True, autoincrement=False),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("key", _text(), nullable=False),
        Column("value", _text(), nullable=False),
        sqlite_with_rowid=False,
    )
    Index(f"{name}_value", table.c.key, head(table.c.value), table.c.item_id)
    return table


def _statistics(letter: str, metadata: MetaData) -> Table:
    return Table(
        f"artifactory_statistics_{letter}",
        metadata,
        Column("item_id", _integer_key(), primary_key=True, autoincrement=False),
        Column("downloads", BigInteger, nullable=False),
        Column("downloaded", BigInteger, nullable=False),
        Column("downloaded_by", _text(), nullable=False),
    )
