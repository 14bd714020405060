"""What the rows of an answer look like."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.search.aql.answer import empty_answer
from devpi_artifactory_compat.search.aql.answer import is_empty
from devpi_artifactory_compat.search.aql.compiler import compile_query
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.places import Places
from devpi_artifactory_compat.search.tables import tables
from devpi_artifactory_compat.search.visible import Visible
from support.search_databases import Asker
from support.search_databases import filled
from support.search_rows import READABLE
from support.search_rows import VISIBLE
from support.search_rows import changes
import json
import pytest


@pytest.fixture(scope="module")
def asker(database_url: str) -> Iterator[Asker]:
    with filled(database_url, changes()) as database:
        yield Asker(database, VISIBLE)


WHEEL = READABLE[3]
ONE = '{"repo": "libs", "name": "a-1.0-py3-none-any.whl"}'


def test_default_fields(asker: Asker) -> None:
    """The fields that Artifactory shows, in its order."""
    (row,) = asker.rows(f"items.find({ONE})")

    assert list(row.items()) == [
        ("repo", "libs"),
        ("path", "a/1.0"),
        ("name", "a-1.0-py3-none-any.whl"),
        ("type", "file"),
        ("size", 10),
        ("depth", 3),
        ("created", "2026-10-15T12:00:00.000Z"),
        ("created_by", "bob"),
        ("modified", "2026-11-23T12:00:00.000Z"),
        ("modified_by", "bob"),
        ("updated", "2026-11-23T12:00:00.000Z"),
    ]


def test_named_fields(asker: Asker) -> None:
    """What is included, and nothing else."""
    include = '"name", "actual_md5", "actual_sha1", "sha256", "original_md5", "original_sha1"'
    (row,) = asker.rows(f"items.find({ONE}).include({include})")

    assert row == {
        "name": "a-1.0-py3-none-any.whl",
        "actual_md5": WHEEL.checksum("md5"),
        "actual_sha1": WHEEL.checksum("sha1"),
        "sha256": WHEEL.checksum("sha256"),
        "original_md5": WHEEL.checksum("md5"),
        "original_sha1": WHEEL.checksum("sha1"),
    }


def test_virtual_repos(asker: Asker) -> None:
    """The virtual repositories that show the row's; a remote is none of its cache."""
    rows = asker.rows('items.find({"name": {"$match": "*a*"}}).include("repo", "virtual_repos")')
    found = {row["repo"]: row["virtual_repos"] for row in rows}

    assert found["libs"] == found["far-cache"] == ["all"]
    assert {
        row["repo"]: row["virtual_repos"]
        for row in asker.rows('items.find({"repo": "Äpfel"}).include("*")')
    } == {"Äpfel": []}


def test_folder(asker: Asker) -> None:
    """A folder has size 0 and no checksums; the root's path and name are "."."""
    (row,) = asker.rows('items.find({"type": "folder", "repo": "libs", "name": "."}).include("*")')

    assert row["size"] == row["depth"] == 0
    assert row["path"] == row["name"] == "."
    assert not {"sha256", "actual_md5", "actual_sha1"} & row.keys()


def test_properties(asker: Asker) -> None:
    """In their order, an entry for each value; a row without any has an empty list."""
    rows = asker.rows(
        'items.find({"repo": "libs", "name": {"$match": "*t*"}}).include("name", "property")'
    )
    found = {row["name"]: row["properties"] for row in rows}

    assert found["a-1.0.tar.gz"] == [
        {"key": "pypi.name", "value": "a"},
        {"key": "pypi.version", "value": "1.0"},
        {"key": "qa", "value": "failed"},
        {"key": "qa", "value": "passed"},
    ]
    assert found["root.txt"] == []


def test_properties_of_keys(asker: Asker) -> None:
    """Only those that are named; rows without them stay."""
    query = 'items.find({"repo": "libs", "path": {"$match": "a/*"}}).include("name", "@qa", "@no")'
    found = {row["name"]: row["properties"] for row in asker.rows(query)}

    assert found == {
        "A-2.0.whl": [{"key": "qa", "value": ""}],
        "a-1.0-py3-none-any.whl": [{"key": "qa", "value": "passed"}],
        "a-1.0.tar.gz": [{"key": "qa", "value": "failed"}, {"key": "qa", "value": "passed"}],
    }


@pytest.mark.parametrize("include", ['"property"', '"@qa"', '"property.key"', '"stat"'])
def test_default_fields_stay(asker: Asker, include: str) -> None:
    """Who includes nothing of the item itself gets its default fields as well."""
    (plain,) = asker.rows(f"items.find({ONE})")
    (row,) = asker.rows(f"items.find({ONE}).include({include})")

    assert plain.items() <= row.items()
    assert len(row) == len(plain) + 1


def test_parts_of_properties(asker: Asker) -> None:
    """Keys alone are shown alone."""
    (row,) = asker.rows(f'items.find({ONE}).include("name", "property.key")')

    assert row["properties"] == [{"key": "pypi.name"}, {"key": "pypi.version"}, {"key": "qa"}]


def test_hard_text(asker: Asker) -> None:
    """Quotes, backslashes and every alphabet come as they are."""
    rows = asker.rows('items.find({"repo": {"$ne": "libs"}}).include("*", "property")')
    found = {
        f"{row['repo']}:{row['path']}/{row['name']}": [
            (each["key"], each["value"]) for each in row["properties"]
        ]
        for row in rows
    }
    files = [row for row in READABLE if row.repo != "libs" and not row.is_folder]

    assert found == {f"{row.repo}:{row.path}/{row.name}": row.values for row in files}


def test_statistics(asker: Asker) -> None:
    """A list of one; of a file that was never downloaded the numbers alone."""
    query = 'items.find({"repo": "libs", "path": "a/1.0"}).include("name", "stat")'
    found = {row["name"]: row["stats"] for row in asker.rows(query)}

    assert found == {
        "a-1.0-py3-none-any.whl": [
            {
                "downloads": 3,
                "downloaded": "2026-11-22T12:00:00.000Z",
                "downloaded_by": "ann",
                "remote_downloads": 0,
            }
        ],
        "a-1.0.tar.gz": [{"downloads": 0, "remote_downloads": 0}],
    }


def test_everything_of_a_page(asker: Asker) -> None:
    """The rows of a page have all that the same rows have without."""
    query = 'items.find({"repo": "all"}).include("*", "property", "stat").sort({"$asc": ["path"]})'

    assert asker.rows(f"{query}.limit(4).offset(2)") == asker.rows(query)[2:6]


def test_properties_domain(asker: Asker) -> None:
    """Rows that are properties, with what is included of their item."""
    query = (
        'properties.find({"item.repo": "libs", "key": "qa"})'
        '.include("value", "item.name", "item.repo", "item.stat.downloads")'
        '.sort({"$asc": ["item.name", "value"]})'
    )

    assert asker.rows(query) == [
        {
            "value": "",
            "items": [{"repo": "libs", "name": "A-2.0.whl", "stats": [{"downloads": 0}]}],
        },
        {
            "value": "passed",
            "items": [
                {"repo": "libs", "name": "a-1.0-py3-none-any.whl", "stats": [{"downloads": 3}]}
            ],
        },
        {
            "value": "failed",
            "items": [{"repo": "libs", "name": "a-1.0.tar.gz", "stats": [{"downloads": 0}]}],
        },
        {
            "value": "passed",
            "items": [{"repo": "libs", "name": "a-1.0.tar.gz", "stats": [{"downloads": 0}]}],
        },
    ]


def test_distinct_properties(asker: Asker) -> None:
    """Which keys there are."""
    query = (
        'properties.find({"item.repo": "libs"}).include("key").distinct(true)'
        '.sort({"$asc": ["key"]})'
    )

    assert [row["key"] for row in asker.rows(query)] == [
        "a[b]",
        "a_b",
        "license",
        "pypi.name",
        "pypi.version",
        "qa",
        "team",
        "~",
    ]


def test_statistics_domain(asker: Asker) -> None:
    """A row for each file that was downloaded."""
    query = (
        'stats.find({"downloads": {"$gt": 1}}).include("downloads", "item.repo", "item.@qa")'
        '.sort({"$asc": ["downloads"]})'
    )

    assert asker.rows(query) == [
        {
            "downloads": 3,
            "items": [{"repo": "libs", "properties": [{"key": "qa", "value": "passed"}]}],
        },
        {
            "downloads": 100,
            "items": [{"repo": "far-cache", "properties": [{"key": "qa", "value": "passed"}]}],
        },
    ]


def test_transitive(asker: Asker) -> None:
    """What a virtual repository's members have cached."""
    query = (
        'items.find({"repo": "all", "name": {"$match": "a-1.0-*"}}).include("repo").transitive()'
    )

    assert sorted(row["repo"] for row in asker.rows(query)) == ["far-cache", "libs"]


def test_range(asker: Asker) -> None:
    """Where the rows begin, and how many there are."""
    found = asker.answer('items.find({"repo": "libs"}).sort({"$asc": ["name"]}).offset(2).limit(3)')

    assert found["range"] == {"start_pos": 2, "end_pos": 3, "total": 3, "limit": 3}
    assert len(found["results"]) == 3


def test_range_without_limit(asker: Asker) -> None:
    assert asker.answer(f"items.find({ONE})")["range"] == {"start_pos": 0, "end_pos": 1, "total": 1}


@pytest.mark.parametrize(
    "domain", ["builds", "modules", "releases", "build.promotions", "item.infos"]
)
def test_domains_without_rows(domain: str) -> None:
    """They are known to be empty without a look at the database."""
    query = parse(f"{domain}.find()")

    assert is_empty(query)
    assert json.loads(b"".join(empty_answer(query))) == {
        "results": [],
        "range": {"start_pos": 0, "end_pos": 0, "total": 0},
    }


def test_many_repositories(asker: Asker) -> None:
    """A reader of very many repositories is answered as one of few."""
    many = {f"key{number}": f"user/index{number}" for number in range(50_000)}
    reader = Asker(asker.database, Visible(repositories={**many, "libs": "repo/libs"}))

    assert reader.rows(f"items.find({ONE})")[0]["repo"] == "libs"


def test_many_comparisons_of_many_repositories() -> None:
    """What would take the server long is refused; repositories by name are not."""
    places = {number: f"key{number}" for number in range(50_000)}
    visible = Visible(repositories={key: f"user/{key}" for key in places.values()})
    many = Places(visible=visible, keys=places, are_all=True)

    def compiled(comparator: str, count: int) -> None:
        criteria = [{"repo": {comparator: f"key{number}*"}} for number in range(count)]
        query = parse(f"items.find({json.dumps({'$or': criteria})})")
        compile_query(query, tables("a"), many, now=0, row_limit=10)

    compiled("$eq", 900)
    compiled("$match", 5)
    with pytest.raises(BadRequest, match="compares the repository too often"):
        compiled("$match", 50)
