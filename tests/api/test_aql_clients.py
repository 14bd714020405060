"""The queries that real clients send find what the clients expect."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from typing import Any
import json
import pytest


#: path below ``local`` and its properties
FILES: dict[str, dict[str, str]] = {
    "a.in": {},
    "b.in": {"build.name": "nightly"},
    "dir/a.in": {"build.name": "nightly", "build.number": "1"},
    "dir/b.in": {},
    "dir/deep/c.in": {"sync.delete": "1700000000"},
    "dir/deep/d.out": {},
}

#: what the JFrog CLI includes in all its searches
INCLUDE = (
    '"name","repo","path","actual_md5","actual_sha1","sha256","size","type","modified","created"'
)


@pytest.fixture
def filled(artifactory: Artifactory) -> Artifactory:
    artifactory.create("local", packageType="generic")
    artifactory.create("other", packageType="generic")
    artifactory.create("all", "virtual", packageType="generic", repositories=["local", "other"])
    for path, properties in FILES.items():
        matrix = "".join(f";{name}={value}" for name, value in properties.items())
        artifactory.put(f"local/{path}{matrix}", path.encode())
    artifactory.put("other/a.in", b"elsewhere")
    return artifactory


def rows(artifactory: Artifactory, query: str) -> list[dict[str, Any]]:
    # neither dohq-artifactory nor the JFrog CLI names a content type
    answer = artifactory.request("POST", "api/search/aql", user=ADMIN, body=query.encode())
    assert answer.status_int == 200, answer.text
    return list(answer.json["results"])


def paths(artifactory: Artifactory, query: str) -> list[str]:
    found = rows(artifactory, query)
    return sorted(
        row["name"] if row["path"] == "." else f"{row['path']}/{row['name']}"
        for row in found
        if row["repo"] == "local"
    )


def jf_body(*alternatives: str, root: bool = True, more: str = "") -> str:
    not_root = "" if root else '"path":{"$ne":"."},'
    found = ",".join(f'{{"$and":[{{{each}}}]}}' for each in alternatives)
    return f'items.find({{{not_root}"$or":[{found}]{more}}})'


def jf(artifactory: Artifactory, *alternatives: str, **kw: Any) -> list[str]:
    query = f'{jf_body(*alternatives, **kw)}.include({INCLUDE},"property")'
    return paths(artifactory, query)


def at(path: str, name: str, repo: str = "local") -> str:
    return f'"repo":"{repo}","path":{{"$match":"{path}"}},"name":{{"$match":"{name}"}}'


def test_jf_search_by_pattern(filled: Artifactory) -> None:
    everything = at("*", "*")
    assert jf(filled, everything) == sorted(FILES)
    assert jf(filled, everything, root=False) == sorted(FILES.keys() - {"a.in", "b.in"})
    assert jf(filled, at(".", "*.in"), at("dir", "*.in")) == [
        "a.in",
        "b.in",
        "dir/a.in",
        "dir/b.in",
    ]
    assert jf(filled, at("dir/d*", "*"), at("dir", "d*")) == ["dir/deep/c.in", "dir/deep/d.out"]


def test_jf_reads_all_it_shows_of_a_file(filled: Artifactory) -> None:
    query = f'{jf_body(at("dir", "a.in"))}.include({INCLUDE},"property")'

    (row,) = rows(filled, query)

    assert {key: row[key] for key in ("repo", "path", "name", "type", "size")} == {
        "repo": "local",
        "path": "dir",
        "name": "a.in",
        "type": "file",
        "size": 8,
    }
    assert [len(row[key]) for key in ("actual_md5", "actual_sha1", "sha256")] == [32, 40, 64]
    assert row["created"].endswith("Z")
    assert row["modified"].endswith("Z")
    assert sorted(row["properties"], key=lambda each: each["key"]) == [
        {"key": "build.name", "value": "nightly"},
        {"key": "build.number", "value": "1"},
    ]


def test_jf_search_with_directories(filled: Artifactory) -> None:
    assert jf(filled, at("*", "d*"), more=',"type":"any"') == [
        "dir",
        "dir/deep",
        "dir/deep/d.out",
    ]


def test_jf_search_by_properties(filled: Artifactory) -> None:
    nightly = at("*", "*") + ',"@build.name":{"$match":"night*"}'

    assert jf(filled, nightly) == ["b.in", "dir/a.in"]
    assert jf(filled, nightly + ',"@build.number":{"$match":"1"}') == ["dir/a.in"]
    assert jf(filled, nightly + ',"@build.number":{"$match":"*"}') == ["dir/a.in"]


def test_jf_search_without_what_has_a_property(filled: Artifactory) -> None:
    unlike = at("*", "*") + ',"@build.name":{"$ne":"nightly"}'

    assert jf(filled, unlike) == sorted(FILES.keys() - {"b.in", "dir/a.in"})


def test_jf_exclusions_leave_out_by_path_or_name(filled: Artifactory) -> None:
    excluded = '"$or":[{"path":{"$nmatch":"*"},"name":{"$nmatch":"*b.in"}}]'

    assert jf(filled, at("*", "*") + "," + excluded) == sorted(FILES.keys() - {"b.in", "dir/b.in"})


def test_several_exclusions_all_count(filled: Artifactory) -> None:
    first = '"$or":[{"path":{"$nmatch":"*"},"name":{"$nmatch":"*b.in"}}]'
    second = '"$or":[{"path":{"$nmatch":"dir/deep*"}}]'

    assert jf(filled, f"{at('*', '*')},{first},{second}") == ["a.in", "dir/a.in"]


def test_jf_sync_deletes_spares_what_was_just_uploaded(filled: Artifactory) -> None:
    here = '"$or":[{"$and":[{"repo":"local","path":{"$match":"dir*"},"name":{"$match":"*"}}]}]'
    stale = '"$or":[{"@sync.delete":{"$ne":"1700000000"}}]'

    query = f'items.find({{{here},{stale},"type":"any"}}).include("name","repo","path","type")'

    assert "dir/deep/c.in" not in paths(filled, query)
    assert "dir/deep/d.out" in paths(filled, query)


def test_jf_sorts_and_limits(filled: Artifactory) -> None:
    query = (
        f"{jf_body(at('*', '*.in'))}.include({INCLUDE})"
        '.sort({"$desc":["path","name"]}).offset(1).limit(2)'
    )

    found = rows(filled, query)

    assert [(row["path"], row["name"]) for row in found] == [("dir", "b.in"), ("dir", "a.in")]


def test_jf_transitive_search(filled: Artifactory) -> None:
    query = (
        f'items.find({{"repo":"all","path":{{"$match":"*"}},"name":{{"$match":"a.*"}}}})'
        f".include({INCLUDE}).transitive().limit(10)"
    )

    assert {(row["repo"], row["path"]) for row in rows(filled, query)} == {
        ("local", "."),
        ("local", "dir"),
        ("other", "."),
    }


def test_jf_downloads_from_a_virtual(filled: Artifactory) -> None:
    query = f'{jf_body(at("*", "a.in", repo="all"))}.include({INCLUDE},"property")'

    assert sorted(row["repo"] for row in rows(filled, query)) == ["local", "local", "other"]


def test_jf_pip_install_finds_a_file_by_its_name(artifactory: Artifactory) -> None:
    artifactory.create("pypi-local")
    artifactory.upload_wheel("pypi-local", "demo", "1.0")
    query = (
        'items.find({"repo":"pypi-local","$or":[{"$and":[{"path":{"$match":"*"},'
        '"name":{"$match":"demo-1.0-py3-none-any.whl"}}]}]})'
        '.include("name","repo","path","actual_md5","actual_sha1","sha256")'
    )

    (row,) = rows(artifactory, query)

    assert row["name"] == "demo-1.0-py3-none-any.whl"


def test_jf_twine_finds_an_upload_by_its_checksum(artifactory: Artifactory) -> None:
    artifactory.create("pypi-local")
    artifactory.upload_wheel("pypi-local", "demo", "1.0")
    (uploaded,) = rows(artifactory, 'items.find({"repo":"pypi-local"}).include("name","sha256")')

    query = f'items.find({{"sha256":"{uploaded["sha256"]}"}}).include("repo","path","name")'

    assert [row["name"] for row in rows(artifactory, query)] == [uploaded["name"]]


def dohq(criteria: object, *include: str) -> str:
    """As ``ArtifactoryPath.create_aql_text`` of dohq-artifactory writes it."""
    text = f"items.find({json.dumps(criteria)})"
    return text + (
        f".include({', '.join(json.dumps(each) for each in include)})" if include else ""
    )


def test_dohq_artifactory_searches(filled: Artifactory) -> None:
    nightly = {"$and": [{"repo": {"$eq": "local"}}, {"@build.name": {"$eq": "nightly"}}]}
    by_time = {"repo": "local", "created": {"$last": "1d"}}

    assert paths(filled, dohq(nightly)) == ["b.in", "dir/a.in"]
    assert paths(filled, dohq(by_time, "repo", "path", "name", "type")) == sorted(FILES)
    assert rows(filled, dohq({"repo": "local", "name": "a.in", "path": "."}))[0]["type"] == "file"
