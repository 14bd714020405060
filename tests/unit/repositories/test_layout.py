"""Which distributions a repository refuses for their place or their name."""

from __future__ import annotations

from devpi_artifactory_compat.errors import Forbidden
from devpi_artifactory_compat.model import ArtifactState
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.model import RepositoryKey
from devpi_artifactory_compat.repositories.config import RepositoryConfig
from devpi_artifactory_compat.repositories.layout import check_deployment
from devpi_artifactory_compat.repositories.ports import NewArtifact
from support.archives import make_tar
from support.archives import make_wheel
from support.archives import metadata_text
import io
import pytest


LAYOUT = {"enforceLayout": True}
NAMING = {"enforceNamingNormalization": True}
BOTH = {**LAYOUT, **NAMING}

NO_METADATA = (
    "Action prevented due to Enforce Layout policy - could not find metadata file to compare"
)


def sdist(name: str, version: str) -> bytes:
    return make_tar({f"{name}-{version}/PKG-INFO": metadata_text(name, version)})


def refusal(settings: dict[str, bool], path: str, body: bytes) -> str | None:
    """The text, None for a file that is accepted."""
    config = RepositoryConfig(RepositoryKey("l"), RepositoryClass.LOCAL, settings)
    new = NewArtifact(
        path=path,
        file=io.BytesIO(body),
        size=len(body),
        checksums=Checksums(md5="", sha1="", sha256=""),
        user="root",
        state=ArtifactState.GENERIC,
    )
    try:
        check_deployment(config, new)
    except Forbidden as exc:
        return str(exc)
    return None


WHEEL = make_wheel("my-pkg", "1.0")
WHEEL_NAME = "my_pkg-1.0-py3-none-any.whl"


def mismatch(stated: str, internal: str) -> str:
    return (
        "Action prevented due to Enforce Layout policy - package file name/version "
        f"{stated} does not match the package internal name/version {internal} in the "
        "metadata file"
    )


@pytest.mark.parametrize("settings", [{}, {"enforceLayout": False}])
def test_nothing_is_refused_that_is_not_asked_for(settings: dict[str, bool]) -> None:
    assert refusal(settings, "a/b/My-Pkg-1.0.tar.gz", b"broken") is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"my-pkg/1.0/{WHEEL_NAME}", WHEEL),
        (f"My_Pkg/1.0.0/{WHEEL_NAME}", WHEEL),
        ("my-pkg/1.0/my-pkg-1.0.tar.gz", sdist("my-pkg", "1.0")),
        ("notes.txt", b"text"),
        ("results/scratch.zip", b"no distribution"),
    ],
)
def test_layout__accepted(path: str, body: bytes) -> None:
    assert refusal(LAYOUT, path, body) is None


@pytest.mark.parametrize(
    ("path", "stated"),
    [
        (f"other/1.0/{WHEEL_NAME}", "other/1.0"),
        (f"my-pkg/2.0/{WHEEL_NAME}", "my-pkg/2.0"),
        (f"deep/my-pkg/1.0/{WHEEL_NAME}", "deep/my-pkg/1.0/"),
        (WHEEL_NAME, "/"),
    ],
)
def test_layout__place_that_the_metadata_does_not_have(path: str, stated: str) -> None:
    assert refusal(LAYOUT, path, WHEEL) == mismatch(stated, "my-pkg/1.0")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"my-pkg/1.0/{WHEEL_NAME}", b"no wheel"),
        ("my-pkg/1.0/my-pkg-1.0.tar.gz", make_tar({"my-pkg-1.0/setup.py": ""})),
        ("my-pkg/1.0/nothing.whl", WHEEL),
    ],
)
def test_layout__no_metadata(path: str, body: bytes) -> None:
    assert refusal(LAYOUT, path, body) == NO_METADATA


@pytest.mark.parametrize("name", ["my_pkg-1.0.tar.gz", WHEEL_NAME, "pkg-1.0.zip", "my-notes.txt"])
def test_naming__accepted(name: str) -> None:
    assert refusal(NAMING, f"any/{name}", b"") is None


@pytest.mark.parametrize(
    "name",
    [
        "my-pkg-1.0.tar.gz",
        "My_pkg-1.0.tar.gz",
        "my.pkg-1.0.tar.gz",
        "my__pkg-1.0-py3-none-any.whl",
        "my-pkg-1.0-py3-none-any.whl",
        "nothing.whl",
    ],
)
def test_naming__refused(name: str) -> None:
    text = refusal(NAMING, f"any/{name}", b"")
    assert text is not None
    assert text.startswith("Action prevented due to Enforce Naming Normalization policy - ")


def test_both__names_are_compared_as_they_are_written() -> None:
    plain = "my_pkg/1.0/my_pkg-1.0.tar.gz"
    assert refusal(BOTH, plain, sdist("my_pkg", "1.0")) is None
    assert refusal(BOTH, plain, sdist("my-pkg", "1.0")) == mismatch("my_pkg/1.0", "my-pkg/1.0")
    dashed = "my-pkg/1.0/my_pkg-1.0.tar.gz"
    assert refusal(BOTH, dashed, sdist("my-pkg", "1.0")) == mismatch("my_pkg/1.0", "my-pkg/1.0")
