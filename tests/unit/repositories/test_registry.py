from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidConfiguration
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.config import parse_new
from devpi_artifactory_compat.repositories.config import registry_page_url
from devpi_artifactory_compat.repositories.config import split_mirror_url
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest


REGISTRY = "https://index.example"
UPSTREAM = "https://upstream.example"

REMOTE = {"rclass": "remote", "packageType": "pypi", "url": UPSTREAM}


def create(body: object) -> RepositoryConfig:
    return parse_new("r", body, default_registry=REGISTRY)


def faults_of_create(body: object) -> tuple[str, ...]:
    with pytest.raises(InvalidConfiguration) as caught:
        create(body)
    return caught.value.faults


NO_URL = "must be an http or https URL with a host."
NO_SPACE = "must not contain spaces, backslashes or control characters."
NO_CREDENTIALS = "must not contain credentials: send them as username and password."


@pytest.mark.parametrize("name", ["url", "pyPIRegistryUrl"])
@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("upstream.example", NO_URL),
        ("ftp://upstream.example", NO_URL),
        ("http://", NO_URL),
        ("http:///path", NO_URL),
        ("http://:80", NO_URL),
        ("http://[::1", NO_URL),
        ("http://upstream.example:99999", NO_URL),
        ("http://upstream.example:x", NO_URL),
        ("http://up stream.example", NO_SPACE),
        ("http://upstream.example\\@other.example", NO_SPACE),
        ("http://upstream.example/\u2003", NO_SPACE),
        ("http://user:secret@upstream.example", NO_CREDENTIALS),
        ("http://@upstream.example", NO_CREDENTIALS),
        ("http://upstream.example/\x7f", "must not contain control characters."),
        ("http://upstream.example/\n", "must not contain control characters."),
        ("http://u.example/" + "x" * 2048, "must be at most 2048 characters long."),
    ],
)
def test_url_that_is_wrong_is_refused(name: str, url: str, fault: str) -> None:
    assert faults_of_create({**REMOTE, name: url}) == (f"Field '{name}' {fault}",)


@pytest.mark.parametrize(
    "url",
    [
        "http://upstream.example",
        "HTTPS://Upstream.example:8443/a/b/",
        "http://[::1]:3141/root/pypi",
        "http://127.0.0.1",
    ],
)
def test_url_that_is_right_is_kept_as_it_is(url: str) -> None:
    config = create({**REMOTE, "url": url, "pyPIRegistryUrl": url})
    assert config.get_str("url") == config.get_str("pyPIRegistryUrl") == url


@pytest.mark.parametrize("end", ["?x=1", "#x"])
def test_registry_url_must_leave_room_for_the_suffix(end: str) -> None:
    assert faults_of_create({**REMOTE, "pyPIRegistryUrl": UPSTREAM + end}) == (
        (
            "Field 'pyPIRegistryUrl' must not have a query or a fragment: the suffix is "
            "appended to it."
        ),
    )


@pytest.mark.parametrize("suffix", ["/simple", "../x", "a/./b", "a?b", "a#b", "a b", "a\\b"])
def test_suffix_must_be_a_relative_path(suffix: str) -> None:
    assert faults_of_create({**REMOTE, "pyPIRepositorySuffix": suffix}) == (
        (
            "Field 'pyPIRepositorySuffix' must be a relative path without '..', '?', '#', "
            "spaces and backslashes."
        ),
    )


@pytest.mark.parametrize(
    ("sent", "url"),
    [
        ({}, "https://index.example/simple/"),
        ({"pyPIRegistryUrl": ""}, "https://index.example/simple/"),
        ({"pyPIRegistryUrl": "https://r.example"}, "https://r.example/simple/"),
        ({"pyPIRegistryUrl": "https://r.example/a//"}, "https://r.example/a/simple/"),
        (
            {
                "pyPIRegistryUrl": "https://r.example/root/pypi",
                "pyPIRepositorySuffix": "+simple/",
            },
            "https://r.example/root/pypi/+simple/",
        ),
        (
            {
                "pyPIRegistryUrl": "https://r.example",
                "pyPIRepositorySuffix": "root/pypi/+simple",
            },
            "https://r.example/root/pypi/+simple/",
        ),
        (
            {"pyPIRegistryUrl": "https://r.example/whl/", "pyPIRepositorySuffix": ""},
            "https://r.example/whl/",
        ),
    ],
)
def test_page_url_joins_registry_and_suffix(sent: dict[str, str], url: str) -> None:
    config = create({**REMOTE, **sent})
    assert registry_page_url(config, default_registry=REGISTRY) == url


@pytest.mark.parametrize(
    ("mirror_url", "parts"),
    [
        ("https://r.example/simple/", ("https://r.example", "simple")),
        ("https://r.example/simple", ("https://r.example", "simple")),
        (
            "https://r.example:3141/root/pypi/+simple/",
            ("https://r.example:3141/root/pypi", "+simple"),
        ),
        ("https://r.example", ("https://r.example", "")),
        ("https://user:pw@r.example/simple/?x#y", ("https://r.example", "simple")),
        ("https://user:p@w@r.example/a/simple/", ("https://r.example/a", "simple")),
    ],
)
def test_mirror_url_is_split_before_its_last_segment(
    mirror_url: str, parts: tuple[str, str]
) -> None:
    assert split_mirror_url(mirror_url) == parts


@pytest.mark.parametrize("mirror_url", ["", "x", "file:///srv/simple", "http://[", "//h/x"])
def test_mirror_url_must_be_a_web_address(mirror_url: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        split_mirror_url(mirror_url)
    assert str(caught.value) == "The mirror URL must be an http or https URL with a host."


@settings(deadline=None)
@given(
    st.lists(st.from_regex("[a-z0-9+_.-]{1,5}", fullmatch=True), max_size=3),
    st.sampled_from(["https://r.example", "http://r.example:3141"]),
)
def test_joining_what_was_split_gives_the_mirror_url(path: list[str], host: str) -> None:
    mirror_url = "".join(f"{part}/" for part in [host, *path])
    registry, suffix = split_mirror_url(mirror_url)
    values = {"pyPIRegistryUrl": registry, "pyPIRepositorySuffix": suffix}
    config = RepositoryConfig(RepositoryKey("r"), RepositoryClass.REMOTE, values)
    assert registry_page_url(config, default_registry=REGISTRY) == mirror_url
