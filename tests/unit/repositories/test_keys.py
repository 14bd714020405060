from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.repositories.keys import check_repository_key
from devpi_artifactory_compat.repositories.keys import same_key
from hypothesis import given
from hypothesis import strategies as st
import pytest


def faults_of(key: str, rclass: RepositoryClass | None = None) -> tuple[str, ...]:
    with pytest.raises(InvalidConfiguration) as caught:
        check_repository_key(key, rclass=rclass)
    return caught.value.faults


@pytest.mark.parametrize(
    "key",
    [
        "pypi",
        "pypi-local",
        "PyPI.Local_2",
        "team@site",
        "1st",
        "_private",
        "a",
        "my-cache-local",
        "x" * 64,
    ],
)
def test_key_that_is_allowed_comes_back_unchanged(key: str) -> None:
    assert check_repository_key(key) == key


ALPHABET = "Repository key may only contain ASCII letters, digits, '-', '.', '_' and '@', not "
ENDS = "Repository key must not begin or end with '-' or '.'."


@pytest.mark.parametrize(
    ("key", "faults"),
    [
        ("", ("Repository key must not be empty.",)),
        ("x" * 65, ("Repository key must be at most 64 characters long.",)),
        ("my repo", (ALPHABET + "' '.",)),
        ("a\tb\x00", (ALPHABET + r"'\x00', '\t'.",)),
        ("clé", (ALPHABET + r"'\xe9'.",)),
        ("\ud800x", (ALPHABET + r"'\ud800'.",)),
        (
            r'a/\:|?*"<>;#%&',
            (ALPHABET + r"""'"', '#', '%', '&', '*', '/', ':', ';', '<', '>', '?', '\\', '|'.""",),
        ),
        ("-a", (ENDS,)),
        ("a-", (ENDS,)),
        (".a", (ENDS,)),
        ("..", (ENDS,)),
        ("a.", (ENDS,)),
        ("api", ("Repository key 'api' is reserved.",)),
        ("UI", ("Repository key 'UI' is reserved.",)),
        ("webapp", ("Repository key 'webapp' is reserved.",)),
        ("list", ("Repository key 'list' is reserved.",)),
        ("repo", ("Repository key 'repo' is reserved.",)),
        ("access", ("Repository key 'access' is reserved.",)),
        ("trashcan", ("Repository key 'trashcan' is reserved.",)),
        ("auto-trashcan", ("Repository key 'auto-trashcan' is reserved.",)),
        ("jfrog-system-reserved-x", ("Repository key 'jfrog-system-reserved-x' is reserved.",)),
        (
            "pypi-CACHE",
            (
                (
                    "Repository key 'pypi-CACHE' must not end with '-cache': such keys are "
                    "reserved for the caches of remote repositories."
                ),
            ),
        ),
        (
            ".a/-cache",
            (
                ALPHABET + "'/'.",
                ENDS,
                (
                    "Repository key '.a/-cache' must not end with '-cache': such keys are "
                    "reserved for the caches of remote repositories."
                ),
            ),
        ),
    ],
)
def test_key_that_breaks_rules_is_refused_with_each(key: str, faults: tuple[str, ...]) -> None:
    assert faults_of(key) == faults


def test_key_of_a_remote_leaves_room_for_the_key_of_its_cache() -> None:
    assert check_repository_key("x" * 58, rclass=RepositoryClass.REMOTE) == "x" * 58
    assert check_repository_key("x" * 64, rclass=RepositoryClass.LOCAL) == "x" * 64
    assert faults_of("x" * 59, RepositoryClass.REMOTE) == (
        (
            "Repository key must be at most 58 characters long in a remote repository, whose cache "
            "adds '-cache'."
        ),
    )


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_a_key_or_refused_with_a_reason(key: str) -> None:
    try:
        assert check_repository_key(key) == key
    except InvalidConfiguration as refused:
        assert refused.faults  # noqa: PT017 - both outcomes are right


def test_keys_that_differ_in_case_name_the_same_repository() -> None:
    assert same_key("PyPI-Local", "pypi-local")
    assert not same_key("pypi-local", "pypi_local")
