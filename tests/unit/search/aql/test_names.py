"""Names of fields: of the domain itself, and by paths to others."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidQuery
from devpi_artifactory_compat.search.aql.fields import DOMAINS_WITH_ROWS
from devpi_artifactory_compat.search.aql.fields import FIELDS
from devpi_artifactory_compat.search.aql.fields import info
from devpi_artifactory_compat.search.aql.parser import parse
from devpi_artifactory_compat.search.aql.query import Comparison
from devpi_artifactory_compat.search.aql.query import Domain
from devpi_artifactory_compat.search.aql.query import Field
from devpi_artifactory_compat.search.aql.query import FieldType
import pytest


def field(domain: str, name: str) -> Field:
    (criterion,) = parse(f'{domain}.find({{"{name}":{{"$eq":null}}}})').criteria.criteria
    assert isinstance(criterion, Comparison)
    return criterion.field


ALL = [(domain, name) for domain, fields in FIELDS.items() for name in fields]


@pytest.mark.parametrize(("domain", "name"), ALL)
def test_every_field_of_the_table_is_known_in_its_own_domain(domain: Domain, name: str) -> None:
    if FIELDS[domain][name].is_comparable:
        assert field(domain.value, name) == Field(domain, name)
    found = parse(f'{domain.value}.find().include("{name}")')
    assert found.include == (Field(domain, name),)


def test_every_domain_has_fields() -> None:
    assert set(FIELDS) == set(Domain)
    assert all(FIELDS.values())


@pytest.mark.parametrize(
    ("domain", "name", "meant"),
    [
        ("items", "property.key", Field(Domain.PROPERTIES, "key")),
        ("items", "properties.value", Field(Domain.PROPERTIES, "value")),
        ("items", "stat.downloads", Field(Domain.STATS, "downloads")),
        ("items", "stats.downloads", Field(Domain.STATS, "downloads")),
        ("items", "item.name", Field(Domain.ITEMS, "name")),
        ("properties", "item.repo", Field(Domain.ITEMS, "repo")),
        ("properties", "items.repo", Field(Domain.ITEMS, "repo")),
        ("properties", "item.stat.downloads", Field(Domain.STATS, "downloads")),
        ("stats", "item.name", Field(Domain.ITEMS, "name")),
        ("stats", "item.property.key", Field(Domain.PROPERTIES, "key")),
    ],
)
def test_fields_of_other_domains_are_named_by_a_path(domain: str, name: str, meant: Field) -> None:
    assert field(domain, name) == meant


@pytest.mark.parametrize(
    ("domain", "name", "meant"),
    [
        ("items", "artifact.name", Field(Domain.ARTIFACTS, "name")),
        ("items", "artifact.module.build.name", Field(Domain.ARTIFACTS, "module.build.name")),
        ("items", "dependency.module.build.@a.b", Field(Domain.DEPENDENCIES, "module.build.@a.b")),
        ("items", "release_artifact.release.name", Field(Domain.RELEASE_ARTIFACTS, "release.name")),
        ("items", "build.number", Field(Domain.BUILDS, "number")),
        ("stats", "item.artifact.sha1", Field(Domain.ARTIFACTS, "sha1")),
        (
            "builds",
            "module.dependency.item.repo",
            Field(Domain.BUILDS, "module.dependency.item.repo"),
        ),
        ("build.properties", "build.number", Field(Domain.BUILD_PROPERTIES, "build.number")),
        ("releases", "id", Field(Domain.RELEASES, "id")),
        ("module.properties", "*", Field(Domain.MODULE_PROPERTIES, "*")),
    ],
)
def test_paths_through_domains_without_rows_are_kept_from_there(
    domain: str, name: str, meant: Field
) -> None:
    assert field(domain, name) == meant
    assert meant.domain not in DOMAINS_WITH_ROWS


def test_unknown_fields_of_domains_without_rows_are_texts() -> None:
    assert info(Field(Domain.ARTIFACTS, "module.build.name")).type is FieldType.STRING
    assert info(Field(Domain.BUILDS, "started")).type is FieldType.DATE


def test_unknown_fields_of_domains_without_rows_take_every_comparator() -> None:
    found = parse('items.find({"artifact.module.build.started":{"$last":"2w"}})')

    assert len(found.criteria.criteria) == 1


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (
            'items.find({"nmae":"a"})',
            "items have no such field; did you mean 'name'? there are repo",
        ),
        ('items.find({"downloads":1})', "did you mean 'stat.downloads'?"),
        ('items.find({"Name":"a"})', "did you mean 'name'?"),
        ('properties.find({"repo":"a"})', "did you mean 'item.repo'?"),
        ('stats.find({"dowloads":1})', "did you mean 'downloads'?"),
        ('items.find({"stat.nothing":1})', "stats have no such field"),
        ('items.find({"statt.downloads":1})', "nothing called 'statt' belongs to items; did you"),
        ('properties.find({"stat.downloads":1})', "nothing called 'stat' belongs to properties"),
        ('items.find({"property.item.name":"a"})', "the path goes back to items"),
        ('properties.find({"item.property.key":"a"})', "the path goes back to properties"),
        ('items.find({"property.@a":"1"})', "write @key without property before it"),
        ('items.find({"artifact.":"1"})', "this is no field of artifacts"),
        ('items.find({"artifact":"1"})', "items have no such field"),
        ('items.find({"":"1"})', "items have no such field"),
        ('items.find({".":"1"})', "nothing called '' belongs to items"),
        ('builds.find({"a b":"1"})', "this is no field of builds"),
        ('items.find({"archive.entry.name":"a"})', "the archive domain was removed from AQL"),
        ('items.find({"archive":"a"})', "the archive domain was removed from AQL"),
        ('items.find().include("archive.*")', "the archive domain was removed from AQL"),
        ("archive.entries.find()", "the archive domain was removed from AQL"),
        ("archives.find()", "the archive domain was removed from AQL"),
    ],
)
def test_unknown_names_are_refused_with_what_was_meant(query: str, problem: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse(query)

    assert problem in str(caught.value)
