from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import merge_update
from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.repositories.config import to_json
from devpi_artifactory_compat.repositories.fields import FIELDS
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import json
import pytest


REGISTRY = "https://index.example"
UPSTREAM = "https://upstream.example"

LOCAL = {"rclass": "local", "packageType": "pypi"}
REMOTE = {"rclass": "remote", "packageType": "pypi", "url": UPSTREAM}
VIRTUAL = {"rclass": "virtual", "packageType": "pypi"}


def create(body: object, key: str = "r") -> RepositoryConfig:
    return parse_new(key, body, default_registry=REGISTRY)


def update(old: RepositoryConfig, body: object) -> RepositoryConfig:
    return merge_update(old, body, default_registry=REGISTRY)


def faults_of_create(body: object, key: str = "r") -> tuple[str, ...]:
    with pytest.raises(InvalidConfiguration) as caught:
        create(body, key)
    return caught.value.faults


def faults_of_update(old: RepositoryConfig, body: object) -> tuple[str, ...]:
    with pytest.raises(InvalidConfiguration) as caught:
        update(old, body)
    return caught.value.faults


class TestCreate:
    @pytest.mark.parametrize("rclass", ["local", "Local", "LOCAL"])
    @pytest.mark.parametrize("package_type", ["pypi", "PyPI", "Pypi", None])
    def test_class_and_package_type_are_read_in_any_case(
        self, rclass: str, package_type: str | None
    ) -> None:
        config = create({"rclass": rclass, "packageType": package_type})
        assert config == RepositoryConfig(RepositoryKey("r"), RepositoryClass.LOCAL, {})

    def test_package_type_may_be_absent(self) -> None:
        assert create({"rclass": "local"}).rclass is RepositoryClass.LOCAL

    @pytest.mark.parametrize("key", [None, "r"])
    def test_key_in_the_body_may_be_absent_or_the_one_in_the_url(self, key: str | None) -> None:
        assert create({**LOCAL, "key": key}).key == "r"

    def test_only_what_was_sent_is_a_value(self) -> None:
        config = create({**REMOTE, "hardFail": False, "notes": None, "unknown": 1})
        assert config.values == {"url": UPSTREAM, "hardFail": False}

    def test_fields_of_other_classes_are_ignored_even_when_wrong(self) -> None:
        assert create({**LOCAL, "url": 5, "repositories": "x"}).values == {}

    @pytest.mark.parametrize("body", [None, [], "x", 1, True])
    def test_body_must_be_an_object(self, body: object) -> None:
        assert faults_of_create(body) == (
            "The configuration of a repository must be a JSON object.",
        )

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"key": "other", **LOCAL}, "Field 'key' must be the key in the URL, or absent."),
            ({"key": 1, **LOCAL}, "Field 'key' must be the key in the URL, or absent."),
            ({}, "Field 'rclass' is required: local, remote or virtual."),
            ({"rclass": 1}, "Field 'rclass' must be a string."),
            (
                {"rclass": "Federated"},
                (
                    "Field 'rclass' must be local, remote or virtual, not 'federated': "
                    "repositories are not synchronised between servers."
                ),
            ),
            (
                {"rclass": "distribution"},
                "Field 'rclass' must be local, remote or virtual, not 'distribution'.",
            ),
            ({**LOCAL, "packageType": []}, "Field 'packageType' must be a string."),
            (
                {**LOCAL, "packageType": "maven"},
                (
                    "Package type 'maven' is not supported: this server has repositories of "
                    "package type 'pypi' and 'generic' only."
                ),
            ),
            (
                {"rclass": "remote"},
                (
                    "Field 'url' is required for a remote repository, for example "
                    "https://index.example"
                ),
            ),
            (
                {"rclass": "remote", "url": ""},
                (
                    "Field 'url' is required for a remote repository, for example "
                    "https://index.example"
                ),
            ),
            ({**LOCAL, "blackedOut": "false"}, "Field 'blackedOut' must be a boolean."),
            ({**LOCAL, "blackedOut": 0}, "Field 'blackedOut' must be a boolean."),
            ({**LOCAL, "notes": 1}, "Field 'notes' must be a string."),
            ({**LOCAL, "handleReleases": "no"}, "Field 'handleReleases' must be a boolean."),
            ({**LOCAL, "propertySets": "a"}, "Field 'propertySets' must be a list of strings."),
            ({**LOCAL, "propertySets": [1]}, "Field 'propertySets' must be a list of strings."),
            (
                {**LOCAL, "propertySets": ["a"] * 1001},
                "Field 'propertySets' must have at most 1000 entries.",
            ),
            (
                {**LOCAL, "propertySets": ["a" * 257]},
                "Field 'propertySets': each entry must be at most 256 characters long.",
            ),
            (
                {**LOCAL, "description": "x" * 100_001},
                "Field 'description' must be at most 100000 characters long.",
            ),
            (
                {**LOCAL, "repoLayoutRef": "x" * 10_001},
                "Field 'repoLayoutRef' must be at most 10000 characters long.",
            ),
            (
                {**LOCAL, "description": "a\x00b"},
                "Field 'description' must not contain control characters.",
            ),
            (
                {**LOCAL, "includesPattern": "a\nb"},
                "Field 'includesPattern' must not contain control characters.",
            ),
            ({**LOCAL, "notes": "\ud800"}, "Field 'notes' must be valid Unicode."),
            *(
                (
                    {**REMOTE, "socketTimeoutMillis": value},
                    "Field 'socketTimeoutMillis' must be an integer between 0 and 2147483647.",
                )
                for value in (True, -1, 2**31, 1.0, "1")
            ),
            (
                {**REMOTE, "contentSynchronisation": True},
                "Field 'contentSynchronisation' must be an object.",
            ),
            (
                {**REMOTE, "contentSynchronisation": {"statistics": {"enabled": 1}}},
                "Field 'contentSynchronisation': statistics: enabled must be a boolean.",
            ),
        ],
    )
    def test_each_fault_is_named(self, body: object, fault: str) -> None:
        assert faults_of_create(body) == (fault,)

    def test_line_breaks_are_text_in_descriptions(self) -> None:
        config = create({**LOCAL, "description": "a\r\n\tb", "notes": "x" * 100_000})
        assert config.get_str("description") == "a\r\n\tb"

    def test_all_faults_are_told_at_once_in_the_order_of_the_fields(self) -> None:
        body = {
            "key": "x",
            "rclass": "remote",
            "packageType": "npm",
            "hardFail": 1,
            "url": "ftp://upstream.example",
            "notes": 1,
        }
        assert faults_of_create(body, "a/b") == (
            (
                "Repository key may only contain ASCII letters, digits, '-', '.', '_' and '@', "
                "not '/'."
            ),
            "Field 'key' must be the key in the URL, or absent.",
            (
                "Package type 'npm' is not supported: this server has repositories of package type "
                "'pypi' and 'generic' only."
            ),
            "Field 'notes' must be a string.",
            "Field 'url' must be an http or https URL with a host.",
            "Field 'hardFail' must be a boolean.",
        )

    def test_key_of_a_remote_has_room_for_its_cache(self) -> None:
        assert faults_of_create(REMOTE, "x" * 59) == (
            (
                "Repository key must be at most 58 characters long in a remote repository, whose "
                "cache adds '-cache'."
            ),
        )


class TestMembersInTheBody:
    def test_order_is_kept(self) -> None:
        config = create({**VIRTUAL, "repositories": ["b", "a"]})
        assert config.get_list("repositories") == ("b", "a")

    def test_members_must_be_different_keys(self) -> None:
        assert faults_of_create({**VIRTUAL, "repositories": ["a", "b", "A", "c/d", ""]}) == (
            "Field 'repositories' names 'A' more than once.",
            (
                "Field 'repositories' names an invalid key. Repository key may only contain ASCII "
                "letters, digits, '-', '.', '_' and '@', not '/'."
            ),
            "Field 'repositories' names an invalid key. Repository key must not be empty.",
        )


class TestUpdate:
    def test_absent_and_null_keep_and_empty_overwrites(self) -> None:
        old = create({**REMOTE, "username": "u", "notes": "n", "proxy": "p"})
        new = update(old, {"username": "", "notes": None})
        assert new.values == {"url": UPSTREAM, "username": "", "notes": "n", "proxy": "p"}

    def test_old_configuration_is_left_alone(self) -> None:
        old = create(REMOTE)
        update(old, {"hardFail": True})
        assert old.values == {"url": UPSTREAM}

    def test_identity_may_be_sent_when_it_is_the_same(self) -> None:
        old = create(LOCAL)
        assert update(old, {"key": "r", "rclass": "LOCAL", "packageType": "PyPI"}) == old

    @pytest.mark.parametrize(
        "body",
        [
            {"key": "s", "rclass": "remote", "packageType": "npm"},
            {"key": 1, "rclass": 1, "packageType": 1},
        ],
    )
    def test_identity_cannot_change(self, body: object) -> None:
        assert faults_of_update(create(LOCAL), body) == (
            "Field 'key' must be 'r': the key of a repository cannot change.",
            "Field 'rclass' must be 'local': the class of a repository cannot change.",
            "Field 'packageType' must be 'pypi': the package type of a repository cannot change.",
        )

    def test_url_of_a_remote_cannot_be_emptied(self) -> None:
        assert faults_of_update(create(REMOTE), {"url": "", "offline": 1}) == (
            "Field 'offline' must be a boolean.",
            "Field 'url' is required for a remote repository, for example https://index.example",
        )

    def test_emptied_registry_url_means_the_default_one(self) -> None:
        old = create({**REMOTE, "pyPIRegistryUrl": "https://r.example"})
        new = update(old, {"pyPIRegistryUrl": ""})
        assert to_json(new, default_registry=REGISTRY)["pyPIRegistryUrl"] == REGISTRY

    def test_body_must_be_an_object(self) -> None:
        assert faults_of_update(create(LOCAL), []) == (
            "The configuration of a repository must be a JSON object.",
        )

    def test_deployment_target_is_kept_as_sent_when_the_keys_are_not_known(self) -> None:
        new = update(create(VIRTUAL), {"defaultDeploymentRepo": "nothing"})
        assert new.get_str("defaultDeploymentRepo") == "nothing"


class TestAnswer:
    def test_order_is_identity_then_fields_then_constants(self) -> None:
        names = list(to_json(create(LOCAL), default_registry=REGISTRY))
        assert names[:6] == [
            "key",
            "rclass",
            "packageType",
            "projectKey",
            "environments",
            "description",
        ]
        assert names.index("cdnRedirect") < names.index("enablePypiSupport")

    def test_password_is_never_answered(self) -> None:
        config = create({**REMOTE, "password": "secret"})
        assert config.get_str("password") == "secret"
        assert "secret" not in json.dumps(to_json(config, default_registry=REGISTRY))

    def test_reader_of_a_remote_sees_where_it_leads(self) -> None:
        config = create({**REMOTE, "username": "u", "description": "d", "notes": "n"})
        assert to_json(config, default_registry=REGISTRY, complete=False) == {
            "key": "r",
            "rclass": "remote",
            "packageType": "pypi",
            "description": "d",
            "url": UPSTREAM,
            "pyPIRegistryUrl": REGISTRY,
            "pyPIRepositorySuffix": "simple",
        }

    def test_reader_of_a_virtual_sees_its_members(self) -> None:
        config = create({**VIRTUAL, "repositories": ["a"], "defaultDeploymentRepo": "a"})
        assert to_json(config, default_registry=REGISTRY, complete=False) == {
            "key": "r",
            "rclass": "virtual",
            "packageType": "pypi",
            "description": "",
            "repositories": ["a"],
            "defaultDeploymentRepo": "a",
        }

    def test_reader_of_a_local_sees_its_description(self) -> None:
        assert to_json(create(LOCAL), default_registry=REGISTRY, complete=False) == {
            "key": "r",
            "rclass": "local",
            "packageType": "pypi",
            "description": "",
        }

    def test_answers_do_not_share_their_lists_and_objects(self) -> None:
        config = create({**REMOTE, "propertySets": ["a"]})
        first = to_json(config, default_registry=REGISTRY)
        second = to_json(config, default_registry=REGISTRY)
        assert first["propertySets"] is not second["propertySets"]
        assert first["contentSynchronisation"] is not second["contentSynchronisation"]


class TestAccessors:
    def test_unset_fields_have_their_defaults(self) -> None:
        config = create(REMOTE)
        assert config.get_bool("storeArtifactsLocally") is True
        assert config.get_int("retrievalCachePeriodSecs") == 7200
        assert config.get_str("pyPIRepositorySuffix") == "simple"
        assert config.get_list("repositories") == ()

    def test_values_are_copied_and_cannot_be_changed(self) -> None:
        values = {"repositories": ["a"]}
        config = RepositoryConfig(RepositoryKey("r"), RepositoryClass.VIRTUAL, values)
        values["repositories"].append("b")
        assert config.get_list("repositories") == ("a",)
        with pytest.raises(TypeError):
            config.values["url"] = "x"  # type: ignore[index]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.sampled_from(["local", "remote", "virtual", "pypi", UPSTREAM, "simple"]),
)
NAMES = st.sampled_from(["key", "rclass", "packageType", "handleReleases", *FIELDS])
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=30,
)
BODIES = ANY_JSON | st.dictionaries(NAMES, ANY_JSON).map(lambda body: {**REMOTE, **body})


@settings(deadline=None)
@given(st.sampled_from(["r", "", "a/b"]), BODIES)
def test_any_json_is_a_configuration_or_refused(key: str, body: object) -> None:
    try:
        config = create(body, key)
    except InvalidConfiguration as refused:
        assert refused.faults  # noqa: PT017 - both outcomes are right
    else:
        answer = to_json(config, default_registry=REGISTRY)
        assert create(answer, key).values.keys() >= config.values.keys() - {"password"}


@settings(deadline=None)
@given(BODIES)
def test_any_json_updates_or_is_refused(body: object) -> None:
    try:
        config = update(create(REMOTE), body)
    except InvalidConfiguration as refused:
        assert refused.faults  # noqa: PT017 - both outcomes are right
    else:
        assert config.rclass is RepositoryClass.REMOTE
