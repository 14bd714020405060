from __future__ import annotations

from collections.abc import Mapping
from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import OPTION_NAMES
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import from_options
from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.repositories.config import parse_option
from devpi_artifactory_compat.repositories.config import to_options
from devpi_artifactory_compat.repositories.fields import FIELDS
from devpi_artifactory_compat.repositories._values import MAX_QUIET_PERIOD
from devpi_artifactory_compat.repositories.fields import Field
from devpi_artifactory_compat.repositories.fields import FieldType
from devpi_artifactory_compat.repositories.fields import fields_of
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import json
import pytest


KEY = RepositoryKey("r")


def load(
    options: Mapping[str, object], rclass: RepositoryClass = RepositoryClass.REMOTE
) -> RepositoryConfig:
    return from_options(options, key=KEY, rclass=rclass)


def faults_of(name: str, value: object) -> tuple[str, ...]:
    with pytest.raises(InvalidConfiguration) as caught:
        parse_option(name, value)
    return caught.value.faults


def test_acting_fields_are_options_and_the_others_are_kept_together() -> None:
    config = parse_new(
        "r",
        {
            "rclass": "remote",
            "url": "https://upstream.example",
            "password": "secret",
            "hardFail": True,
            "retrievalCachePeriodSecs": 0,
            "notes": "n",
            "propertySets": ["a", "b"],
            "dockerApiVersion": "V1",
        },
        default_registry="https://index.example",
    )
    assert to_options(config) == {
        "artifactory_url": "https://upstream.example",
        "artifactory_password": "secret",
        "artifactory_hard_fail": True,
        "artifactory_retrieval_cache_period_secs": 0,
        "artifactory_fields": {
            "notes": "n",
            "propertySets": ["a", "b"],
            "dockerApiVersion": "V1",
        },
    }


def test_members_and_key_are_no_options_of_a_virtual() -> None:
    values = {"repositories": ("a",), "defaultDeploymentRepo": "a"}
    config = RepositoryConfig(KEY, RepositoryClass.VIRTUAL, values)
    assert to_options(config) == {
        "artifactory_default_deployment_repo": "a",
        "artifactory_fields": {},
    }


def test_members_are_given_beside_the_options() -> None:
    config = from_options({}, key=KEY, rclass=RepositoryClass.VIRTUAL, repositories=["a", "b"])
    assert config.values == {"repositories": ("a", "b")}


def test_only_a_virtual_takes_members() -> None:
    config = from_options({}, key=KEY, rclass=RepositoryClass.LOCAL, repositories=["a"])
    assert config.values == {}


def test_option_names_are_those_of_the_acting_fields_and_three_more() -> None:
    acting = [field for field in FIELDS.values() if field.acts]
    assert len(OPTION_NAMES) == len(acting) - 1 + 3
    assert {"artifactory_key", "artifactory_fields", "artifactory_url"} <= OPTION_NAMES
    assert "artifactory_repositories" not in OPTION_NAMES


def test_other_options_and_those_of_other_classes_are_ignored() -> None:
    options = {"type": "stage", "volatile": True, "artifactory_url": 5, "artifactory_key": "r"}
    assert load(options, RepositoryClass.LOCAL).values == {}


def test_option_without_a_value_is_no_value() -> None:
    assert load({"artifactory_url": None, "artifactory_fields": None}).values == {}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("artifactory_hard_fail", "true", True),
        ("artifactory_hard_fail", "Yes", True),
        ("artifactory_hard_fail", "FALSE", False),
        ("artifactory_hard_fail", " no ", False),
        ("artifactory_hard_fail", True, True),
        ("artifactory_socket_timeout_millis", "123", 123),
        ("artifactory_socket_timeout_millis", 123, 123),
        ("artifactory_includes_pattern", "a/**,b/**", "a/**,b/**"),
        ("artifactory_description", "true", "true"),
        ("artifactory_key", "pypi-local", "pypi-local"),
        ("artifactory_fields", {"notes": "n", "hardFail": True, "other": 1}, {"notes": "n"}),
        ("artifactory_fields", {"propertySets": ("a",)}, {"propertySets": ["a"]}),
        ("artifactory_fields", {"cdnRedirect": True, "notes": None}, {}),
        ("artifactory_fields", '{"xrayIndex": true}', {"xrayIndex": True}),
    ],
)
def test_option_may_be_json_or_text(name: str, text: object, value: object) -> None:
    parsed = parse_option(name, text)
    assert parsed == value
    assert type(parsed) is type(value)


NUMBER = "must be an integer between 0 and 2147483647."


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("artifactory_hard_fail", "maybe", "must be a boolean."),
        ("artifactory_hard_fail", "", "must be a boolean."),
        ("artifactory_hard_fail", 1, "must be a boolean."),
        ("artifactory_socket_timeout_millis", "12x", NUMBER),
        ("artifactory_socket_timeout_millis", "-1", NUMBER),
        ("artifactory_socket_timeout_millis", "\u0661", NUMBER),
        ("artifactory_socket_timeout_millis", "9" * 10, NUMBER),
        ("artifactory_socket_timeout_millis", "9" * 10_000, NUMBER),
        ("artifactory_url", "upstream", "must be an http or https URL with a host."),
        ("artifactory_description", ["a"], "must be a string."),
        ("artifactory_key", 1, "must be a string."),
        ("artifactory_fields", "a,b", "must be an object."),
        ("artifactory_fields", "[" * 100_000, "must be an object."),
        ("artifactory_fields", '"' + "x" * 300_000 + '"', "must be an object."),
        ("artifactory_fields", ["a"], "must be an object."),
        ("artifactory_fields", {"notes": 1}, ": field 'notes' must be a string."),
    ],
)
def test_option_that_makes_no_sense_is_refused(name: str, value: object, fault: str) -> None:
    space = "" if fault.startswith(":") else " "
    assert faults_of(name, value) == (f"Option '{name}'{space}{fault}",)


def test_key_option_obeys_the_rules_for_keys() -> None:
    assert faults_of("artifactory_key", "api") == ("Repository key 'api' is reserved.",)


def test_unknown_option_is_refused() -> None:
    assert faults_of("artifactory_repositories", ["a"]) == (
        "Option 'artifactory_repositories' is not known.",
    )


def test_all_faults_of_the_options_are_told_at_once() -> None:
    options = {
        "artifactory_hard_fail": "maybe",
        "artifactory_offline": "true",
        "artifactory_fields": {"xrayIndex": 1, "curated": 2},
    }
    with pytest.raises(InvalidConfiguration) as caught:
        load(options)
    assert caught.value.faults == (
        "Option 'artifactory_hard_fail' must be a boolean.",
        "Option 'artifactory_fields': field 'curated' must be a boolean.",
        "Option 'artifactory_fields': field 'xrayIndex' must be a boolean.",
    )


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=10)
SPECIAL: dict[str, st.SearchStrategy[object]] = {
    "url": st.just("https://upstream.example/"),
    "pyPIRegistryUrl": st.sampled_from(["", "https://registry.example"]),
    "pyPIRepositorySuffix": st.sampled_from(["", "simple", "root/pypi/+simple"]),
    "repositories": st.lists(st.sampled_from(["a", "b", "c"]), unique=True),
    "quietPeriod": st.integers(0, MAX_QUIET_PERIOD),
    "contentSynchronisation": st.fixed_dictionaries({"enabled": st.booleans()}),
}
BY_TYPE: dict[FieldType, st.SearchStrategy[object]] = {
    FieldType.BOOL: st.booleans(),
    FieldType.INT: st.integers(0, 2**31 - 1),
    FieldType.STR: TEXTS,
    FieldType.LIST: st.lists(TEXTS, max_size=3),
}


def values_of(field: Field) -> st.SearchStrategy[object]:
    return SPECIAL[field.name] if field.name in SPECIAL else BY_TYPE[field.type]


@st.composite
def configurations(draw: st.DrawFn) -> RepositoryConfig:
    rclass = draw(st.sampled_from(RepositoryClass))
    optional = {field.name: values_of(field) for field in fields_of(rclass).values()}
    body = draw(st.fixed_dictionaries({}, optional=optional))
    required = {"rclass": rclass.value, "url": "https://upstream.example/"}
    return parse_new("r", {**body, **required}, default_registry="https://index.example")


@settings(deadline=None)
@given(configurations())
def test_options_keep_a_whole_configuration(config: RepositoryConfig) -> None:
    options = json.loads(json.dumps(to_options(config)))
    members = config.get_list("repositories") if "repositories" in config.values else None
    assert (
        from_options(options, key=config.key, rclass=config.rclass, repositories=members) == config
    )


@settings(deadline=None)
@given(
    st.sampled_from(sorted(OPTION_NAMES)),
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.lists(st.text())
    | st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text() | st.booleans()),
)
def test_any_value_of_an_option_is_kept_or_refused(name: str, value: object) -> None:
    try:
        kept = parse_option(name, value)
    except InvalidConfiguration as refused:
        assert refused.faults  # noqa: PT017 - both outcomes are right
    else:
        assert kept is not None
