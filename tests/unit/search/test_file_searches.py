"""What each search for files finds, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from devpi_artifactory_compat.search.conditions import DateField
from devpi_artifactory_compat.search.conditions import has_checksums
from devpi_artifactory_compat.search.conditions import has_property
from devpi_artifactory_compat.search.conditions import is_between
from devpi_artifactory_compat.search.conditions import is_named
from devpi_artifactory_compat.search.conditions import is_unused
from devpi_artifactory_compat.search.conditions import lies_at
from devpi_artifactory_compat.search.conditions import lies_below
from devpi_artifactory_compat.search.files import Condition
from devpi_artifactory_compat.search.files import FileSearch
from devpi_artifactory_compat.search.files import searched
from devpi_artifactory_compat.search.found import Found
from devpi_artifactory_compat.search.found import find
from devpi_artifactory_compat.search.visible import Visible
from hashlib import md5
from hashlib import sha256
from support.searchable import Searchable
import pytest


KEYS = {"repo/l": "l", "root/pypi": "r-cache"}


@pytest.fixture
def rows(database_url: str) -> Iterator[Searchable]:
    searchable = Searchable(database_url)
    yield searchable
    searchable.close()


def found(
    rows: Searchable, *conditions: Condition, properties: bool = False, **kw: object
) -> list[Found]:
    settings = {"keys": KEYS, "limit": 100, **kw}
    with rows.reading() as reading:
        search = FileSearch(conditions=conditions, **settings)  # type: ignore[arg-type]
        return list(find(reading, search, properties=properties))


def paths(rows: Searchable, *conditions: Condition, **kw: object) -> list[str]:
    hits = found(rows, *conditions, **kw)  # type: ignore[arg-type]
    return [f"{each.artifact.repository}:{each.artifact.path}" for each in hits]


def test_only_files_of_the_searched_indexes_come_up_ordered_by_index_and_path(
    rows: Searchable,
) -> None:
    for place in ("root/pypi", "repo/l", "repo/closed"):
        for path in ("b/x", "a/y", "a/x", "top"):
            rows.add(place, path)
    rows.add_folder("repo/l", "a")
    rows.add_folder("repo/l", "")

    assert paths(rows) == [
        *(f"l:{path}" for path in ("top", "a/x", "a/y", "b/x")),
        *(f"r-cache:{path}" for path in ("top", "a/x", "a/y", "b/x")),
    ]
    assert paths(rows, limit=3) == ["l:top", "l:a/x", "l:a/y"]
    assert paths(rows, keys={}) == []
    assert paths(rows, keys={"repo/closed": "c"}, limit=1) == ["c:top"]


def test_file_is_told_as_it_was_stored(rows: Searchable) -> None:
    rows.add("repo/l", "a/x.whl", body=b"ab", project="x", properties={"k": ["2", "1"], "e": []})

    (each,) = found(rows, properties=True)

    artifact = each.artifact
    assert (artifact.filename, artifact.size, artifact.project) == ("x.whl", 2, "x")
    assert artifact.checksums.sha256 == sha256(b"ab").hexdigest()
    assert artifact.created.isoformat() == "1970-01-01T00:00:01+00:00"
    assert (artifact.created_by, artifact.modified_by) == ("alice", "bob")
    assert artifact.properties == {"k": ("2", "1"), "e": ("",)}
    assert each.downloads.last is None
    assert found(rows)[0].artifact.properties == {}


def test_properties_of_many_files_each_come_with_their_own_file(rows: Searchable) -> None:
    """They are read for some hundreds of files at once."""
    for number in range(1_203):
        rows.add("repo/l", f"f/{number:04}", properties={"n": [str(number)]})

    hits = found(rows, properties=True, limit=2_000)

    assert [each.artifact.properties["n"] for each in hits] == [(str(n),) for n in range(1_203)]


NAMES = ("Demo-1.0.whl", "demo_b.TAR.gz", "x[1].txt", "100%.txt", "Ünder.txt", "a/demo", "a/x!y")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DEMO", ["Demo-1.0.whl", "demo_b.TAR.gz", "a/demo"]),
        ("demo*gz", ["demo_b.TAR.gz"]),
        ("dem?-1", ["Demo-1.0.whl"]),
        ("[1]", ["x[1].txt"]),
        ("%", ["100%.txt"]),
        ("_", ["demo_b.TAR.gz"]),
        ("!", ["a/x!y"]),
        ("üNDER", ["Ünder.txt"]),
        ("Ü*T", ["Ünder.txt"]),
        ("*", sorted(NAMES, key=lambda name: ("/" in name, name))),
        ("a/demo", []),
        ("nothing", []),
    ],
)
def test_part_of_a_name_in_any_case(rows: Searchable, name: str, expected: list[str]) -> None:
    for path in NAMES:
        rows.add("repo/l", path)

    assert paths(rows, is_named(name)) == [f"l:{path}" for path in expected]


LONG = "v" * 300


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"os": ["win"]}, ["a", "b"]),
        ({"os": ["WIN"]}, []),
        ({"os": ["mac", "linux", "nothing"]}, ["b", "c"]),
        ({"os": []}, ["a", "b", "c", "d"]),
        ({"os": ["*"]}, ["a", "b", "c", "d"]),
        ({"os": ["?in", "l*"]}, ["a", "b", "c"]),
        ({"os": ["*i*"]}, ["a", "b", "c"]),
        ({"os": ["[w]in", "%", "_in"]}, []),
        ({"os": [""]}, ["d"]),
        ({"os": [f"{LONG}a"]}, []),
        ({"os": ["win"], "arch": ["x86", "arm"]}, ["b"]),
        ({"os": ["win"], "nothing": []}, []),
        ({"long": [f"{LONG}a"]}, ["a"]),
        ({"long": [f"{LONG}*"]}, ["a", "b"]),
        ({"long": [f"{LONG}?"]}, ["a", "b"]),
        ({"long": [LONG]}, []),
        ({"top": ["\U0010ffff*"]}, ["a"]),
        ({"top": ["\ud7ff*"]}, ["b"]),
    ],
)
def test_properties(rows: Searchable, wanted: dict[str, list[str]], expected: list[str]) -> None:
    """All keys have to be there, of each one of the values; keys and values with their case."""
    told: dict[str, dict[str, list[str]]] = {
        "a": {"os": ["win"], "long": [f"{LONG}a"], "top": ["\U0010ffff\U0010ffffx"]},
        "b": {"os": ["mac", "win"], "arch": ["arm"], "long": [f"{LONG}b"], "top": ["\ud7ff1"]},
        "c": {"os": ["linux"], "top": ["\ue000"]},
        "d": {"os": []},
        "e": {"OS": ["win"]},
    }
    for path, properties in told.items():
        rows.add("repo/l", path, properties=properties)
    rows.add_folder("repo/l", "f", os=["win"])

    conditions = [has_property(key, values) for key, values in wanted.items()]
    assert paths(rows, *conditions) == [f"l:{path}" for path in expected]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a/*b*.whl", ["a/b.whl", "a/xby.whl"]),
        ("a/*/b.whl", ["a/c/b.whl", "a/d/b.whl"]),
        ("*/?/b.whl", ["a/c/b.whl", "a/d/b.whl"]),
        ("*", ["top.whl"]),
        ("t?p.*", ["top.whl"]),
        ("top.whl", ["top.whl"]),
        ("*/*", ["a/B.whl", "a/b.whl", "a/xby.whl"]),
        ("*/*/*/*", []),
        ("a", []),
        ("a?b.whl", []),
        ("[a]/b.whl", []),
    ],
)
def test_pattern_of_a_path(rows: Searchable, pattern: str, expected: list[str]) -> None:
    """A wildcard never stands for a slash."""
    for path in ("top.whl", "a/b.whl", "a/B.whl", "a/xby.whl", "a/c/b.whl", "a/d/b.whl"):
        rows.add("repo/l", path)

    assert paths(rows, lies_at(pattern)) == [f"l:{path}" for path in expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", ["a/x", "a/b/y"]),
        ("a/b", ["a/b/y"]),
        ("a/b/y", []),
        ("top", []),
        ("a*", []),
        ("b", []),
        ("x" * 300, [f"{'x' * 300}/y", f"{'x' * 300}/z/y"]),
    ],
)
def test_what_lies_below_a_folder(rows: Searchable, path: str, expected: list[str]) -> None:
    for each in ("top", "a/x", "a/b/y", "a-b/x", "a.b/x", "a0/x", "ab/x", "x" * 299 + "y/y"):
        rows.add("repo/l", each)
    for each in ("y", "z/y"):
        rows.add("repo/l", f"{'x' * 300}/{each}")

    assert paths(rows, lies_below(path)) == [f"l:{each}" for each in expected]


def test_checksum(rows: Searchable) -> None:
    rows.add("repo/l", "a", body=b"A")
    rows.add("repo/l", "b", body=b"A")
    rows.add("repo/l", "c", body=b"C")
    right = sha256(b"A").hexdigest()

    assert paths(rows, has_checksums({"sha256": right})) == ["l:a", "l:b"]
    assert paths(rows, has_checksums({"sha256": right, "md5": md5(b"C").hexdigest()})) == []


ALL = tuple(DateField)


@pytest.mark.parametrize(
    ("fields", "start", "end", "expected"),
    [
        (ALL, 0, 100, []),
        ((DateField.CREATED,), 10, 10, []),
        ((DateField.CREATED,), 1_000, 1_000, ["l:a", "l:b"]),
        ((DateField.LAST_MODIFIED,), 1_001, 2_999, ["l:a"]),
        ((DateField.LAST_DOWNLOADED,), 0, 10_000, ["l:b"]),
        ((DateField.LAST_DOWNLOADED, DateField.LAST_MODIFIED), 3_000, 4_000, ["l:b"]),
        (ALL, -(10**14), 10**14, ["l:a", "l:b"]),
    ],
)
def test_dates(
    rows: Searchable, fields: Sequence[DateField], start: int, end: int, expected: list[str]
) -> None:
    """Any of the fields suffices; both ends are in the range."""
    rows.add("repo/l", "a")
    rows.add("repo/l", "b", modified=3_000, downloaded=4_000)

    assert paths(rows, is_between(fields, start, end)) == expected


def test_what_is_unused_comes_with_the_longest_unused_first(rows: Searchable) -> None:
    rows.add("repo/l", "never", created=5)
    rows.add("repo/l", "old", created=5, downloaded=20)
    rows.add("repo/l", "older", created=5, downloaded=10)
    rows.add("repo/l", "used", created=5, downloaded=100)
    rows.add("repo/l", "new", created=100)

    unused = paths(rows, is_unused(since=100, created_before=100), least_used_first=True)
    assert unused == ["l:never", "l:older", "l:old"]
    (first, *_) = found(rows, is_unused(since=15, created_before=6))
    assert first.artifact.path == "never"


def test_keys_of_a_search() -> None:
    """What stands for others is searched in those; what cannot be seen is not there."""
    visible = Visible(
        repositories={"l": "repo/l", "m": "repo/m", "r-cache": "repo/r"},
        groups={"r": ("r-cache",), "v": ("m", "r-cache"), "m": ("m", "l")},
    )

    assert searched(visible, None) == {"repo/l": "l", "repo/m": "m", "repo/r": "r-cache"}
    assert searched(visible, ["l", "l", "nothing"]) == {"repo/l": "l"}
    assert searched(visible, ["v"]) == {"repo/m": "m", "repo/r": "r-cache"}
    assert searched(visible, ["r"]) == searched(visible, ["r-cache"]) == {"repo/r": "r-cache"}
    assert searched(visible, ["m"]) == {"repo/l": "l", "repo/m": "m"}
    assert searched(visible, ["nothing"]) == searched(visible, []) == {}
