"""Each comparator and each part of a query, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.search.aql.limits import MAX_CRITERIA
from devpi_artifactory_compat.search.aql.limits import MAX_DEPTH
from devpi_artifactory_compat.search.aql.limits import MAX_TEXT
from support.search_databases import Asker
from support.search_databases import filled
from support.search_rows import HIDDEN
from support.search_rows import LONG
from support.search_rows import LONGER
from support.search_rows import READABLE
from support.search_rows import ROWS
from support.search_rows import VISIBLE
from support.search_rows import changes
from devpi_artifactory_compat.search.visible import Visible
import json
import pytest


@pytest.fixture(scope="module")
def asker(database_url: str) -> Iterator[Asker]:
    with filled(database_url, changes()) as database:
        yield Asker(database, VISIBLE)


WHEEL = "libs:a/1.0/a-1.0-py3-none-any.whl"
SDIST = "libs:a/1.0/a-1.0.tar.gz"
CAPITAL = "libs:a/2.0/A-2.0.whl"
ROOT = "libs:root.txt"
PERCENT = "libs:a_b/100%.txt"
LETTER = "libs:axb/100x.txt"
BRACKETS = "libs:[a]/x[1].txt"
TILDE = "libs:tilde/~a_b.txt"
LATER = "apps:a/1.0/a-1.0.tar.gz"
UMLAUT = "apps:ä/Ä-1.whl"
ASTRAL = "apps:\U0001f600/\ud7ff.txt"
CACHED = "far-cache:packages/ab/a-1.0-py3-none-any.whl"
STAR = "Äpfel:?/*.txt"

LIBS = {WHEEL, SDIST, CAPITAL, ROOT, PERCENT, LETTER, BRACKETS, TILDE}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        # text
        ({"name": "root.txt"}, {ROOT}),
        ({"name": {"$eq": "a-1.0.tar.gz"}}, {SDIST, LATER}),
        ({"name": {"$eqic": "a-2.0.WHL"}}, {CAPITAL}),
        ({"name": {"$eqic": "ä-1.whl"}}, {UMLAUT}),
        ({"repo": "libs", "name": {"$ne": "root.txt"}}, LIBS - {ROOT}),
        ({"name": {"$match": "a-*.whl"}}, {WHEEL, CACHED}),
        ({"name": {"$match": "A-*"}}, {CAPITAL}),
        ({"name": {"$matchic": "a-2*.WHL"}}, {CAPITAL}),
        ({"name": {"$matchic": "ä-?.whl"}}, {UMLAUT}),
        ({"name": {"$match": "100?.txt"}}, {PERCENT, LETTER}),
        ({"name": {"$match": "100%.*"}}, {PERCENT}),
        ({"name": {"$match": "?[1].*"}}, {BRACKETS}),
        ({"name": {"$match": "~a_b*"}}, {TILDE}),
        ({"name": {"$match": "~*"}}, {TILDE}),
        ({"name": {"$match": "\ud7ff*"}}, {ASTRAL}),
        ({"path": {"$match": "a_b*"}}, {PERCENT}),
        ({"path": {"$match": "\U0001f600*"}}, {ASTRAL}),
        ({"path": {"$match": "??"}}, set()),
        ({"repo": "libs", "name": {"$nmatch": "*.txt"}}, {WHEEL, SDIST, CAPITAL}),
        ({"repo": "libs", "name": {"$gt": "a", "$lt": "b"}}, {WHEEL, SDIST}),
        ({"repo": "libs", "name": {"$gte": "root.txt", "$lte": "root.txt"}}, {ROOT}),
        ({"created_by": "\U0010ffff"}, {ASTRAL}),
        ({"created_by": {"$gt": "\U0010fffe"}}, {ASTRAL}),
        ({"path": ".", "repo": "libs"}, {ROOT}),
        # what is longer than the indexed part
        ({"path": LONG}, {f"apps:{LONG}/x"}),
        ({"path": LONGER}, {f"apps:{LONGER}/x"}),
        ({"path": {"$gt": LONG, "$lt": LONGER}}, {f"apps:{LONG}k/x"}),
        ({"path": {"$match": f"{LONG}?"}}, {f"apps:{LONG}k/x", f"apps:{LONGER}/x"}),
        ({"path": {"$match": f"{LONGER}*"}}, {f"apps:{LONGER}/x"}),
        ({"@long": LONGER}, {f"apps:{LONG}/x", f"apps:{LONGER}/x"}),
        # numbers
        ({"size": 10}, {WHEEL, CAPITAL}),
        ({"size": {"$gt": "4", "$lt": "10"}}, {CACHED}),
        ({"size": {"$gte": 2**40}}, {PERCENT}),
        ({"size": {"$lte": 5, "$ne": 0}}, {ROOT, CACHED}),
        ({"size": {"$gt": 2**63 - 1}}, set()),
        ({"depth": 1}, {ROOT}),
        # times; now is 2026-11-24T12:00Z
        ({"created": {"$gt": "2026-11-24"}}, {LATER}),
        ({"created": {"$before": "1y"}}, {ROOT}),
        (
            {"created": {"$last": "40d"}, "size": {"$gt": "0"}, "repo": "libs"},
            LIBS - {ROOT, LETTER, BRACKETS, TILDE},
        ),
        ({"created": {"$lt": "2026-10-15T12:00:00.001Z", "$gte": "2026-10-15T12:00:00Z"}}, {WHEEL}),
        ({"modified": {"$last": "1s"}}, {CACHED}),
        ({"updated": {"$last": "1s"}}, {CACHED}),
        # checksums
        ({"actual_md5": {"$eq": None}}, set()),
        ({"sha256": READABLE[3].checksum("sha256")}, {WHEEL}),
        ({"actual_sha1": READABLE[3].checksum("sha1")}, {WHEEL}),
        ({"original_md5": READABLE[3].checksum("md5")}, {WHEEL}),
        # statistics
        ({"stat.downloads": {"$gt": "1"}}, {WHEEL, CACHED}),
        ({"stat.downloaded": {"$before": "3mo"}}, {CACHED}),
        ({"stat.downloads": {"$eq": None}, "name": {"$match": "a-*"}}, {SDIST, LATER}),
        ({"stat.downloads": {"$ne": None}, "repo": "libs"}, {WHEEL}),
        ({"stat.downloaded_by": "bob"}, {CACHED}),
        ({"stat.remote_downloads": 0}, {WHEEL, CACHED, f"apps:{LONG}k/x"}),
        (
            {
                "$and": [
                    {"stat.downloaded": {"$lte": "2026-10-25"}},
                    {"stat.remote_downloaded": {"$lte": "2026-10-25"}},
                ]
            },
            {CACHED},
        ),
        ({"stat.remote_origin": {"$ne": None}}, set()),
        # properties
        ({"@qa": "passed"}, {WHEEL, SDIST, CACHED}),
        ({"@qa": ""}, {CAPITAL}),
        ({"@qa": {"$eq": "*"}}, {WHEEL, SDIST, CAPITAL, LATER, CACHED}),
        ({"@qa": {"$match": "*"}}, {WHEEL, SDIST, CAPITAL, LATER, CACHED}),
        ({"@qa": {"$match": "p?ss*"}}, {WHEEL, SDIST, CACHED}),
        ({"@qa": {"$gt": "2"}, "repo": "apps"}, {LATER}),
        ({"@name": {"$eqic": "ÄRGER"}}, {UMLAUT}),
        ({"@a[b]": "[x]"}, {BRACKETS}),
        ({"@a_b": {"$match": "5_*"}}, {PERCENT}),
        ({"@*": "MIT"}, {PERCENT}),
        ({"@\U0001f600": "\U0001f600"}, {ASTRAL, UMLAUT} - {ASTRAL}),
        ({"repo": "libs", "@qa": {"$ne": "passed"}}, LIBS - {WHEEL, SDIST}),
        ({"repo": "libs", "@license": {"$nmatch": "*GPL*"}}, LIBS - {LETTER, BRACKETS}),
        ({"repo": "libs", "@qa": {"$ne": "*"}}, LIBS - {WHEEL, SDIST, CAPITAL}),
        ({"repo": "libs", "@qa": {"$eq": None}}, LIBS - {WHEEL, SDIST, CAPITAL}),
        ({"@qa": {"$ne": None}, "repo": "libs"}, {WHEEL, SDIST, CAPITAL}),
        ({"property.key": "license", "property.value": "MIT"}, {PERCENT}),
        ({"property.key": "qa", "property.value": "MIT"}, set()),
        ({"repo": "libs", "property.key": {"$eq": None}}, {ROOT}),
        (
            {"$msp": [{"@license": {"$match": "*GPL*"}}, {"@license": {"$nmatch": "LGPL*"}}]},
            {LETTER},
        ),
        ({"$msp": [{"@qa": "passed"}, {"@license": "MIT"}]}, set()),
        ({"@qa": "failed", "@pypi.name": "a"}, {SDIST}),
        # repositories
        ({"repo": "all", "name": {"$match": "a-1.0*"}}, {WHEEL, SDIST, LATER, CACHED}),
        ({"repo": "far"}, {CACHED}),
        ({"repo": "far-cache"}, {CACHED}),
        ({"repo": "none"}, set()),
        ({"repo": "hidden"}, set()),
        ({"repo": {"$ne": "libs"}, "name": {"$match": "a-*"}}, {LATER, CACHED}),
        ({"repo": {"$match": "*s"}, "name": {"$match": "a-*"}}, {WHEEL, SDIST, LATER}),
        ({"repo": {"$nmatch": "*s"}}, {CACHED, STAR}),
        ({"repo": {"$eqic": "äPFEL"}}, {STAR}),
        ({"repo": {"$matchic": "Ä*"}}, {STAR}),
        ({"repo": {"$gt": "far", "$lt": "g"}}, {CACHED}),
        ({"repo": {"$eq": None}}, set()),
        ({"repo": "libs", "$or": [{"repo": "far"}, {"name": "root.txt"}]}, {ROOT}),
        # types
        ({"type": "folder", "repo": "far"}, {"far-cache:packages"}),
        ({"type": "any", "repo": "far"}, {"far-cache:packages", CACHED}),
        ({"type": {"$ne": "file"}, "repo": "far"}, {"far-cache:packages"}),
        ({"type": {"$ne": "any"}}, set()),
        ({"type": "folder", "repo": "libs", "sha256": None, "path": "."}, {"libs:a", "libs:."}),
        ({"type": "folder", "@team": "core"}, {"libs:."}),
        # groups
        ({"$or": [{"name": "root.txt"}, {"@qa": "failed"}]}, {ROOT, SDIST}),
        (
            {
                "$or": [
                    {"$and": [{"repo": "libs", "name": {"$match": "a*"}}]},
                    {"$and": [{"repo": "far"}]},
                ]
            },
            {WHEEL, SDIST, CACHED},
        ),
        ({"$or": [{"sha256": "x"}, {"sha256": READABLE[3].checksum("sha256")}]}, {WHEEL}),
        ({"$or": [{"@qa": "failed"}, {"@qa": "9"}]}, {SDIST, LATER}),
        ({"$or": [{"@qa": "failed"}, {"@license": {"$match": "M*"}}]}, {SDIST, PERCENT}),
        ({"$or": [{"@qa": "failed"}, {"$and": [{"@qa": "10", "@no": "x"}]}]}, {SDIST}),
        # what nothing is known of
        ({"artifact.module.build.name": "x"}, set()),
        ({"artifact.module.build.name": {"$ne": "x"}, "repo": "far"}, {CACHED}),
    ],
    ids=lambda value: json.dumps(value)[:80] if isinstance(value, dict) else "",
)
def test_criteria(asker: Asker, criteria: dict[str, object], expected: set[str]) -> None:
    """What each comparator finds."""
    assert set(asker.found(f"items.find({json.dumps(criteria)})")) == expected


def test_nothing_readable(asker: Asker) -> None:
    """Who may read nothing finds nothing."""
    nobody = Asker(asker.database, Visible())

    assert nobody.found("items.find()") == []
    assert nobody.rows('items.find({"type": "any"}).sort({"$asc": ["repo"]}).limit(5)') == []
    assert nobody.rows("properties.find()") == []
    assert nobody.rows("stats.find()") == []


@pytest.mark.parametrize(
    "query",
    [
        'items.find({"repo": {"$match": "*"}, "type": "any"})',
        'items.find({"$or": [{"name": "no"}, {"sha256": "%s"}]})',
        'properties.find({"value": "passed"}).include("value", "item.repo")',
        'stats.find().include("downloads", "item.repo")',
    ],
)
def test_hidden_rows(asker: Asker, query: str) -> None:
    """What somebody else may read is in no answer."""
    hidden = next(row for row in ROWS if row.repo == "hidden")
    text = query.replace("%s", str(hidden.checksum("sha256")))
    everybody = Asker(
        asker.database, Visible(repositories={**VISIBLE.repositories, "hidden": HIDDEN})
    )

    assert "hidden" in json.dumps(everybody.rows(text))
    assert "hidden" not in json.dumps(asker.rows(text))


def test_default_types(asker: Asker) -> None:
    """Files only, unless the criteria look at the type."""
    files = {row.shown for row in READABLE if not row.is_folder}
    everything = {row.shown for row in READABLE}

    assert set(asker.found("items.find()")) == files
    assert set(asker.found('items.find({"type": "any"})')) == everything


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ('{"$asc": ["name"]}', ["A-2.0.whl", "a-1.0-py3-none-any.whl", "a-1.0.tar.gz"]),
        ('{"$desc": ["name"]}', ["a-1.0.tar.gz", "a-1.0-py3-none-any.whl", "A-2.0.whl"]),
        ('{"$asc": ["size", "name"]}', ["A-2.0.whl", "a-1.0-py3-none-any.whl", "a-1.0.tar.gz"]),
        ('{"$desc": ["created"]}', ["A-2.0.whl", "a-1.0.tar.gz", "a-1.0-py3-none-any.whl"]),
        # null comes before everything
        ('{"$asc": ["stat.downloads"]}', ["A-2.0.whl", "a-1.0.tar.gz", "a-1.0-py3-none-any.whl"]),
        ('{"$desc": ["stat.downloads"]}', ["a-1.0-py3-none-any.whl", "a-1.0.tar.gz", "A-2.0.whl"]),
    ],
)
def test_sort(asker: Asker, by: str, expected: list[str]) -> None:
    """By the fields, then by name."""
    criteria = '{"repo": "libs", "name": {"$matchic": "a-*"}}'
    query = f"items.find({criteria}).sort({by})"

    assert [row["name"] for row in asker.rows(query)] == expected
    assert [row["name"] for row in asker.rows(f"{query}.limit(2)")] == expected[:2]
    assert [row["name"] for row in asker.rows(f"{query}.offset(1)")] == expected[1:]
    assert [row["name"] for row in asker.rows(f"{query}.offset(1).limit(1)")] == expected[1:2]


def test_sort_by_repository(asker: Asker) -> None:
    """Repositories come in the order of their keys, not of their indexes."""
    rows = asker.rows('items.find().include("repo").sort({"$asc": ["repo"]})')
    repos = [row["repo"] for row in rows]

    assert repos == sorted(repos)
    assert len(set(repos)) == 4


def test_distinct(asker: Asker) -> None:
    """Rows that show the same are one, whatever they have in common besides."""
    query = 'items.find().include("repo").distinct(true).sort({"$desc": ["repo"]})'
    names = 'items.find({"name": {"$match": "a-1*"}}).include("name").distinct(true)'

    assert [row["repo"] for row in asker.rows(query)] == ["Äpfel", "libs", "far-cache", "apps"]
    assert [row["repo"] for row in asker.rows(f"{query}.offset(1).limit(2)")] == [
        "libs",
        "far-cache",
    ]
    assert sorted(row["name"] for row in asker.rows(names)) == [
        "a-1.0-py3-none-any.whl",
        "a-1.0.tar.gz",
    ]


def test_distinct_lists(asker: Asker) -> None:
    """Rows with other properties are others."""
    query = 'items.find({"name": {"$match": "a-1.0-*"}}).include("name", "@qa").distinct(true)'

    assert asker.rows(query) == [
        {"name": "a-1.0-py3-none-any.whl", "properties": [{"key": "qa", "value": "passed"}]}
    ]


@pytest.mark.parametrize("group", ["$and", "$or"])
@pytest.mark.parametrize(
    "innermost",
    [
        {"name": "root.txt"},
        {"@qa": {"$ne": "x"}},
        {"$msp": [{"property.key": "x"}, {"$or": [{"@x": "y"}, {"@z": "y"}]}]},
        {"name": {"$matchic": "*.TXT"}},
    ],
    ids=str,
)
def test_depth(asker: Asker, group: str, innermost: dict[str, object]) -> None:
    """Groups may stand within one another as deep as is allowed."""
    criteria: object = innermost
    inside = 2 if "$msp" in innermost else 0
    for depth in range(MAX_DEPTH - 1 - inside):
        inner = "$or" if depth % 2 else "$and"
        other = {"name": "root.txt"} if inner == "$or" else {"path": {"$ne": "no"}}
        criteria = {inner: [other, {"size": {"$gte": 0}} if inner == "$and" else other, criteria]}

    assert ROOT in asker.found(f"items.find({json.dumps({group: [criteria]})})")


@pytest.mark.parametrize("group", ["$and", "$or"])
@pytest.mark.parametrize(
    "criterion",
    [
        {"name": {"$match": "*.t?t"}},
        {"@qa": {"$ne": "x"}},
        {"stat.downloads": None},
        {"path": "."},
    ],
    ids=str,
)
def test_number_of_criteria(asker: Asker, group: str, criterion: dict[str, object]) -> None:
    """There may be as many criteria as are allowed."""
    count = (MAX_CRITERIA - 2) // 2
    criteria = {group: [criterion] * count}

    assert ROOT in asker.found(f"items.find({json.dumps(criteria)})")


def test_deep_and_wide(asker: Asker) -> None:
    """Depth and width may come together."""
    criteria: object = {"name": "root.txt"}
    each = MAX_CRITERIA // MAX_DEPTH // 2 - 2
    for depth in range(MAX_DEPTH):
        other: object = {"name": f"n{depth}"} if depth % 2 else {"path": {"$ne": "no"}}
        criteria = {"$or" if depth % 2 else "$and": [criteria, *[other] * each]}

    assert asker.found(f"items.find({json.dumps(criteria)})") == [ROOT]


@pytest.mark.parametrize("name", ["name", "@qa", "repo"])
@pytest.mark.parametrize("part", ["*a", "[*", "?" * 10, "\U0001f600?*"])
def test_long_patterns(asker: Asker, name: str, part: str) -> None:
    """Patterns may be as long as a text is allowed to be."""
    pattern = part * ((MAX_TEXT - 2) // len(part))
    query = json.dumps({name: {"$match": pattern}}, ensure_ascii=False)

    assert asker.found(f"items.find({query})") == []


@pytest.mark.parametrize(
    ("row_limit", "limit", "expected", "is_cut"),
    [
        (3, "", 3, True),
        (3, ".limit(2)", 2, False),
        (3, ".limit(3)", 3, False),
        (3, ".limit(9)", 3, True),
    ],
)
def test_row_limit(
    asker: Asker, row_limit: int, limit: str, expected: int, *, is_cut: bool
) -> None:
    """More rows than the server gives are cut, and the answer says so."""
    found = asker.answer(f"items.find(){limit}", row_limit=row_limit)

    assert len(found["results"]) == found["range"]["total"] == expected
    assert ("notification" in found["range"]) is is_cut


def test_row_limit_that_is_met(asker: Asker) -> None:
    """As many rows as are allowed are not cut."""
    count = len(asker.rows("items.find()"))
    found = asker.answer("items.find()", row_limit=count)

    assert "notification" not in found["range"]
    assert found["range"]["total"] == count
