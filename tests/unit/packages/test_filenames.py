"""Names of distribution files are read as every installer reads them, and safely."""

from __future__ import annotations

from contextlib import suppress
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.model import DistributionKind
from devpi_artifactory_compat.packages import filenames
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName
import pytest


SDIST, WHEEL, EGG = DistributionKind.SDIST, DistributionKind.WHEEL, DistributionKind.EGG


@pytest.mark.parametrize(
    ("filename", "kind", "name", "version"),
    [
        ("demo-1.0-py3-none-any.whl", WHEEL, "demo", "1.0"),
        ("Demo.Pkg_x-1.0-1-cp311-cp311-linux_x86_64.whl", WHEEL, "Demo.Pkg_x", "1.0"),
        ("demo-1!2.0+cu118-py3-none-any.whl", WHEEL, "demo", "1!2.0+cu118"),
        ("demo__x-1.0-py3-none-any.whl", WHEEL, "demo__x", "1.0"),
        ("demo-pkg-1.0-py3-none-any.whl", WHEEL, "demo-pkg", "1.0"),
        ("demo-2-1.0-py3-none-any.whl", WHEEL, "demo", "2"),
        ("demo-1.0.tar.gz", SDIST, "demo", "1.0"),
        ("demo-1.0.tgz", SDIST, "demo", "1.0"),
        ("demo-1.0.tar.bz2", SDIST, "demo", "1.0"),
        ("demo-1.0.tar.xz", SDIST, "demo", "1.0"),
        ("demo-1.0.tar", SDIST, "demo", "1.0"),
        ("demo-1.0.zip", SDIST, "demo", "1.0"),
        ("demo-2-1.0.tar.gz", SDIST, "demo-2", "1.0"),
        ("demo-2004d.tar.gz", SDIST, "demo", "2004d"),
        ("demo-1.0-dev_x.tar.gz", SDIST, "demo", "1.0-dev_x"),
        ("demo-1.0-py3.8.egg", EGG, "demo", "1.0"),
        ("demo_x-1.0_1-py2.7-linux-x86_64.egg", EGG, "demo_x", "1.0_1"),
        ("demo-1.0-py3.8-pypy.egg", EGG, "demo", "1.0"),
        ("demo-py3-1.0-py3.8-macosx-10.9-x86_64.egg", EGG, "demo-py3", "1.0"),
    ],
)
def test_parse_distribution(filename: str, kind: DistributionKind, name: str, version: str) -> None:
    """Name and version are given as the file spells them."""
    found = filenames.parse_distribution(filename)
    assert (found.filename, found.kind, found.name, found.version) == (
        filename,
        kind,
        name,
        version,
    )


@pytest.mark.parametrize(
    ("filename", "message"),
    [
        ("", "no name"),
        ("a/demo-1.0.tar.gz", "path separator"),
        ("a\\demo-1.0.tar.gz", "path separator"),
        ("demo-1.0\n.tar.gz", "control character"),
        ("demo-1.0\u202e.tar.gz", "control character"),
        ("demo-1.0\udc80.tar.gz", "not valid Unicode"),
        (".demo-1.0.tar.gz", "begins with a dot"),
        ("demo-" + "1" * 178 + ".zip", "longer than 186 bytes"),
        (
            "demo-1.0.exe",
            "accepted types are .whl, .egg, .tar.gz, .tgz, .tar.bz2, .tar.xz, .tar, .zip",
        ),
        ("demo-1.0.tar.lzma", "accepted types"),
        ("demo-1.0-1.noarch.rpm", "accepted types"),
        ("demo.tar.gz", "names no version"),
        ("demo-.tar.gz", "names no version"),
        ("-1.0.tar.gz", "names no version"),
        ("demo--1.0.tar.gz", "valid project name"),
        ("_demo-1.0-py3-none-any.whl", "valid project name"),
        ("demo-1.0.whl", "not a valid wheel file name"),
        ("demo-x-py3-none-any.whl", "not a valid wheel file name"),
        ("a-b-1.0-2-py3-none-any.whl", "more than one way"),
        ("demo-1.0.egg", "not a valid egg file name"),
        ("demo-1.0-pyx-py.egg", "not a valid egg file name"),
    ],
)
def test_parse_distribution__refused(filename: str, message: str) -> None:
    """The refusal says what is wrong with the name."""
    with pytest.raises(InvalidUpload) as refused:
        filenames.parse_distribution(filename)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("filename", "name", "version", "expected"),
    [
        ("demo_x-1.0-py3-none-any.whl", "Demo.X", "1.0.0", True),
        ("demo-1.0-py3-none-any.whl", "demo", "1.1", False),
        ("demo-1.0-py3-none-any.whl", "other", "1.0", False),
        ("foo-2-1.0.tar.gz", "foo-2", "1.0", True),
        ("foo-2-1.0.tar.gz", "foo", "1.0", False),
        ("foo-1.0-1.tar.gz", "foo", "1.0.post1", True),
        ("foo-1.0-beta-2.tar.gz", "foo", "1.0b2", True),
        ("foo-1.0_1-py3.8.egg", "foo", "1.0.post1", True),
        ("foo-2004d.zip", "foo", "2004d", True),
        ("foo-r_1.zip", "foo", "r-1", False),
        ("foo-1r_1.zip", "foo", "1r-1", True),
    ],
)
def test_matches(filename: str, name: str, version: str, *, expected: bool) -> None:
    """The project decides how an ambiguous name is read; versions compare as PEP 440 says."""
    try:
        distribution = filenames.parse_distribution(filename)
    except InvalidUpload:
        assert not expected
        return
    assert filenames.matches(distribution, name, version) is expected


@pytest.mark.parametrize(
    ("filename", "project"),
    [
        ("Demo_X-1.0.tar.gz", "demo-x"),
        ("demo-1.0-py3-none-any.whl.metadata", "demo"),
        ("demo-1.0.tar.gz.asc", "demo"),
        ("demo-x-1.0.win32-py2.7.exe", "demo-x"),
        ("demo-1.0-1.noarch.rpm", "demo"),
        ("index.html", None),
        ("..", None),
        ("-1.0.exe", None),
        ("demo.exe", None),
        ("demo\n-1.0.exe", None),
    ],
)
def test_project_of(filename: str, project: str | None) -> None:
    """Every file that an index lists has a likeliest project, or none."""
    assert filenames.project_of(filename) == project


@pytest.mark.parametrize(
    ("filename", "project", "version"),
    [
        ("demo-1.0-py3-none-any.whl", "demo", "1.0"),
        ("demo-1.0-py3-none-any.whl", "other", None),
        ("foo-2-1.0.tar.gz", "foo-2", "1.0"),
        ("foo-1.0-1.tar.gz", "foo", "1.0-1"),
        ("foo-1.0_1-py3.8.egg", "foo", "1.0-1"),
        ("foo-2004d.zip", "foo", "2004d"),
        ("foo-bar-1.0.zip", "foo", None),
        ("foo.zip", "foo", None),
        ("foo-1.0.exe", "foo", None),
    ],
)
def test_version_of(filename: str, project: str, version: str | None) -> None:
    """The version is what follows the project's own name."""
    assert filenames.version_of(filename, NormalizedName(project)) == version


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("foo-2-1.0.tar.gz", True),
        ("foo-2-1.0.win32.exe", False),
        ("foo-2-1.0.tar.gz.asc", False),
        ("foo-1.0.tar.gz", False),
        ("index.html", False),
    ],
)
def test_belongs_to(filename: str, *, expected: bool) -> None:
    """A project's page lists its distributions and not what stands beside them."""
    assert filenames.belongs_to(filename, NormalizedName("foo-2")) is expected


@pytest.mark.parametrize(
    ("filename", "media_type"),
    [
        ("a.whl", "application/zip"),
        ("a.egg", "application/zip"),
        ("a.zip", "application/zip"),
        ("a.tar.gz", "application/gzip"),
        ("a.tgz", "application/gzip"),
        ("a.tar.bz2", "application/x-bzip2"),
        ("a.tar.xz", "application/x-xz"),
        ("a.tar", "application/x-tar"),
        ("a.whl.metadata", "text/plain; charset=utf-8"),
        ("a.whl.asc", "text/plain"),
        ("a.whl.provenance", "application/json"),
        ("a.json", "application/json"),
        ("a.html", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_content_type(filename: str, media_type: str) -> None:
    """The media type depends on the suffix only; what a browser could run is never named."""
    assert filenames.content_type(filename) == media_type


ODD_NAMES = st.one_of(
    st.text(),
    st.tuples(
        st.lists(st.sampled_from(["demo", "1.0", "2", "py3", "none", "any", "_", "", "x"])),
        st.sampled_from([".whl", ".egg", ".tar.gz", ".zip", ".exe", ".whl.metadata", ""]),
    ).map(lambda drawn: "-".join(drawn[0]) + drawn[1]),
)


@settings(deadline=None)
@given(ODD_NAMES)
def test_any_text_is_read_or_refused(filename: str) -> None:
    """No file name makes these functions fail."""
    project = filenames.project_of(filename)
    filenames.version_of(filename, project or NormalizedName("demo"))
    filenames.belongs_to(filename, NormalizedName("demo"))
    filenames.content_type(filename)
    with suppress(InvalidUpload):
        distribution = filenames.parse_distribution(filename)
        assert filenames.matches(distribution, distribution.name, distribution.version)
        assert filenames.version_of(filename, project or NormalizedName("")) is not None
