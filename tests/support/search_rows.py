"""Files and folders of a few repositories, with everything in them that could be mistaken."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.search.changes import Changes
from devpi_artifactory_compat.search.changes import Downloads
from devpi_artifactory_compat.search.changes import Item
from devpi_artifactory_compat.search.changes import ItemId
from devpi_artifactory_compat.search.visible import Visible
from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from support.search_databases import NOW


DAY = 86_400_000

#: longer than the part of a text that is indexed, and alike in that part
LONG = "l" * 200
LONGER = f"{LONG}m"

KEYS = {
    "libs": "repo/libs",
    "apps": "repo/apps",
    "far-cache": "repo/far",
    "Äpfel": "joe/aepfel",
}

#: of the index that nobody here may read
HIDDEN = "repo/hidden"

VISIBLE = Visible(
    repositories=KEYS,
    groups={"far": ("far-cache",), "all": ("libs", "apps", "far-cache"), "none": ()},
    virtual=frozenset({"all", "none"}),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One file or folder, and what is known of it."""

    repo: str
    whole_path: str
    is_folder: bool = False
    size: int = 0
    created: int = NOW - DAY
    created_by: str = "bob"
    modified: int = NOW - DAY
    modified_by: str = "bob"
    properties: dict[str, list[str]] = field(default_factory=dict)
    downloads: int | None = None
    downloaded: int | None = None
    downloaded_by: str | None = None

    @property
    def path(self) -> str:
        return self.whole_path.rpartition("/")[0] or "."

    @property
    def name(self) -> str:
        return self.whole_path.rpartition("/")[2] or "."

    @property
    def type(self) -> str:
        return "folder" if self.is_folder else "file"

    @property
    def depth(self) -> int:
        return self.whole_path.count("/") + 1 if self.whole_path else 0

    @property
    def shown(self) -> str:
        return f"{self.repo}:{self.whole_path or '.'}"

    @property
    def values(self) -> list[tuple[str, str]]:
        return [(key, value) for key, values in self.properties.items() for value in values]

    def checksum(self, kind: str) -> str | None:
        if self.is_folder:
            return None
        content = self.shown.encode()
        return {"md5": md5, "sha1": sha1, "sha256": sha256}[kind](content).hexdigest()


def _file(repo: str, whole_path: str, **known: object) -> Row:
    return Row(repo=repo, whole_path=whole_path, **known)  # type: ignore[arg-type]


def _folder(repo: str, whole_path: str, **known: object) -> Row:
    return Row(repo=repo, whole_path=whole_path, is_folder=True, **known)  # type: ignore[arg-type]


ROWS = (
    _folder("libs", "", properties={"team": ["core"]}),
    _folder("libs", "a"),
    _folder("libs", "a/1.0", created=NOW - 40 * DAY),
    _file(
        "libs",
        "a/1.0/a-1.0-py3-none-any.whl",
        size=10,
        created=NOW - 40 * DAY,
        properties={"pypi.name": ["a"], "pypi.version": ["1.0"], "qa": ["passed"]},
        downloads=3,
        downloaded=NOW - 2 * DAY,
        downloaded_by="ann",
    ),
    _file(
        "libs",
        "a/1.0/a-1.0.tar.gz",
        size=20,
        created=NOW - 39 * DAY,
        created_by="ann",
        properties={"pypi.name": ["a"], "pypi.version": ["1.0"], "qa": ["failed", "passed"]},
    ),
    _file("libs", "a/2.0/A-2.0.whl", size=10, properties={"pypi.name": ["A"], "qa": [""]}),
    _file("libs", "root.txt", size=1, created=NOW - 400 * DAY, modified_by="ann"),
    _file(
        "libs", "a_b/100%.txt", size=2**40, properties={"a_b": ["50%", "5_%"], "license": ["MIT"]}
    ),
    _file("libs", "axb/100x.txt", properties={"license": ["GPL-2", "LGPL-2"]}),
    _file("libs", "[a]/x[1].txt", properties={"license": ["LGPL-2"], "a[b]": ["[x]"]}),
    _file("libs", "tilde/~a_b.txt", properties={"~": ["~%"]}),
    _file("apps", "a/1.0/a-1.0.tar.gz", size=20, created=NOW + DAY, properties={"qa": ["10", "9"]}),
    _file(
        "apps", "ä/Ä-1.whl", properties={"name": ["Ärger", "ärger"], "\U0001f600": ["\U0001f600"]}
    ),
    _file("apps", "\U0001f600/\ud7ff.txt", created_by="\U0010ffff"),
    _file("apps", "back\\slash/'quote\".txt", properties={"quote": ["'", '"', "\\"]}),
    _file("apps", f"{LONG}/x", properties={"long": [LONG, LONGER]}),
    _file("apps", f"{LONGER}/x", properties={"long": [LONGER]}),
    _file(
        "apps", f"{LONG}k/x", properties={"long": [f"{LONG}k"]}, downloads=1, downloaded=NOW - DAY
    ),
    _file(
        "far-cache",
        "packages/ab/a-1.0-py3-none-any.whl",
        size=5,
        modified=NOW - 1,
        properties={"pypi.name": ["a"], "qa": ["passed"]},
        downloads=100,
        downloaded=NOW - 100 * DAY,
        downloaded_by="bob",
    ),
    _folder("far-cache", "packages"),
    _file("Äpfel", "?/*.txt", properties={"*": ["*"], "?": ["?"]}),
    _file(
        "hidden",
        "a/1.0/a-1.0-py3-none-any.whl",
        properties={"qa": ["passed"]},
        downloads=7,
        downloaded=NOW,
    ),
    _folder("hidden", "a"),
)

#: what the reader may read
READABLE = tuple(row for row in ROWS if row.repo in KEYS)


def changes() -> Changes:
    """All rows, as the search database takes them in."""
    counted = [row for row in ROWS if row.downloads is not None]
    return Changes(
        items={_id(row): _item(row) for row in ROWS},
        downloads={_id(row): _downloads(row) for row in counted},
    )


def _id(row: Row) -> ItemId:
    place = KEYS.get(row.repo, HIDDEN)
    return ItemId(place, sha256(row.whole_path.encode()).digest(), row.is_folder)


def _item(row: Row) -> Item:
    return Item(
        whole_path=row.whole_path,
        created=row.created,
        created_by=row.created_by,
        modified=row.modified,
        modified_by=row.modified_by,
        size=row.size,
        md5=row.checksum("md5"),
        sha1=row.checksum("sha1"),
        sha256=row.checksum("sha256"),
        properties=row.properties,
    )


def _downloads(row: Row) -> Downloads:
    assert row.downloads is not None
    assert row.downloaded is not None
    return Downloads(count=row.downloads, last=row.downloaded, last_by=row.downloaded_by or "")
