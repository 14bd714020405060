"""What a distribution says of itself is read, compared, and hashed."""

from __future__ import annotations

from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.metadata import check_agrees
from devpi_artifactory_compat.packages.metadata import hash_file
from devpi_artifactory_compat.packages.metadata import parse_metadata
from devpi_artifactory_compat.packages.metadata import read_metadata
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support.distribution_builders import metadata_text
from support.distribution_builders import sdist_bytes
from support.distribution_builders import tar_bytes
from support.distribution_builders import wheel_bytes
from support.distribution_builders import zip_bytes
import hashlib
import io
import pytest
import time


def read(data: bytes, filename: str) -> CoreMetadata | None:
    return read_metadata(io.BytesIO(data), parse_distribution(filename))


def refusal(data: bytes, filename: str) -> str:
    with pytest.raises(InvalidUpload) as refused:
        read(data, filename)
    return str(refused.value)


MODERN = """\
Metadata-Version: 2.4
Name: Demo.Pkg
Version: 1.0
Summary: A demo — with a dash
Author-email: A. Person <a@upstream.example>
Classifier: Programming Language :: Python
Classifier: Topic :: Utilities
Keywords: one,two
Project-URL: Docs, https://docs.upstream.example/
Project-URL: Source, https://code.upstream.example/
Requires-Python: >=3.8
Requires-Dist: attrs
Provides-Extra: fast
License-Expression: MIT
License-File: LICENSE
Platform: any
Dynamic: version
Description-Content-Type: text/markdown

# Demo
"""


def test_parse_metadata() -> None:
    """Fields have the names and shapes of the upload form."""
    raw = MODERN.encode()
    metadata = parse_metadata(raw)
    assert (metadata.raw, metadata.name, metadata.version) == (raw, "Demo.Pkg", "1.0")
    assert metadata.fields == {
        "metadata_version": "2.4",
        "name": "Demo.Pkg",
        "version": "1.0",
        "summary": "A demo — with a dash",
        "author_email": "A. Person <a@upstream.example>",
        "classifiers": ("Programming Language :: Python", "Topic :: Utilities"),
        "keywords": "one, two",
        "project_urls": (
            "Docs, https://docs.upstream.example/",
            "Source, https://code.upstream.example/",
        ),
        "requires_python": ">=3.8",
        "requires_dist": ("attrs",),
        "provides_extras": ("fast",),
        "license_expression": "MIT",
        "license_file": ("LICENSE",),
        "platform": ("any",),
        "dynamic": ("version",),
        "description_content_type": "text/markdown",
        "description": "# Demo\n",
    }


def test_parse_metadata__old() -> None:
    """Metadata 1.0 is read: CRLF, UNKNOWN for missing, an indented description in a header."""
    raw = (
        b"Metadata-Version: 1.0\r\nName: demo\r\nVersion: 0.1\r\nSummary: UNKNOWN\r\n"
        b"Home-page: UNKNOWN\r\nAuthor: J\xf6rg\r\nX-Odd: 1\r\n folded\r\n"
        b"Description: First line\r\n        \r\n        Second line\r\n"
        b"          indented\r\nPlatform: UNKNOWN\r\nPlatform: linux\r\n"
    )
    assert parse_metadata(raw).fields == {
        "metadata_version": "1.0",
        "name": "demo",
        "version": "0.1",
        "author": "Jörg",
        "description": "First line\n\nSecond line\n  indented",
        "platform": ("linux",),
    }


@pytest.mark.parametrize(
    ("extra", "field", "expected"),
    [
        ("Summary: one\nSummary: two\n", "summary", "one"),
        (
            "Project-URL: A, https://a.example/\nProject-URL: A, https://b.example/\n",
            "project_urls",
            ("A, https://a.example/", "A, https://b.example/"),
        ),
        ("Content-Type: multipart/mixed; boundary=x\n", "description", "--x\n\nbody\n--x--\n"),
        ("Keywords: a\nKeywords: b\n", "keywords", "a, b"),
    ],
)
def test_parse_metadata__malformed_fields_are_kept(
    extra: str, field: str, expected: object
) -> None:
    """A field that breaks the specification is no reason to refuse the rest."""
    text = metadata_text(extra=extra, body="--x\n\nbody\n--x--\n")
    assert parse_metadata(text.encode()).fields[field] == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "exactly one name"),
        (b"Name: demo\n", "exactly one version"),
        (b"Name: demo\nName: other\nVersion: 1\n", "exactly one name"),
        (b"Name: UNKNOWN\nVersion: 1\n", "empty name or version"),
        (b"x" * (8 * 1024 * 1024 + 1), "above 8388608 bytes"),
        (b"a:\n" * 100_001, "more than 100000 lines"),
    ],
)
def test_parse_metadata__refused(raw: bytes, message: str) -> None:
    """Metadata must state one name and one version within the limits."""
    with pytest.raises(InvalidUpload) as refused:
        parse_metadata(raw)
    assert message in str(refused.value)


def test_parse_metadata__many_unknown_headers() -> None:
    """Headers that nobody knows do not cost time."""
    raw = b"Name: demo\nVersion: 1\n" + b"".join(b"x%d: y\n" % n for n in range(90_000))
    started = time.perf_counter()
    assert parse_metadata(raw).name == "demo"
    assert time.perf_counter() - started < 10


@settings(deadline=None)
@given(
    st.binary(),
    st.lists(st.sampled_from([b"Name", b"Description", b"Keywords", b"Project-URL", b"Version"])),
)
def test_parse_metadata__any_bytes(junk: bytes, names: list[bytes]) -> None:
    """Any bytes are read or refused."""
    raw = b"".join(name + b": " + junk + b"\n" for name in names) + junk
    try:
        metadata = parse_metadata(raw)
    except InvalidUpload:
        return
    for value in metadata.fields.values():
        "".join(value).encode()


@pytest.mark.parametrize("suffix", [".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip"])
def test_read_metadata__sdist(suffix: str) -> None:
    """The PKG-INFO in the top directory is read from each type of source distribution."""
    metadata = read(sdist_bytes(suffix=suffix), f"demo-1.0{suffix}")
    assert metadata is not None
    assert (metadata.name, metadata.version) == ("demo", "1.0")


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar", ".zip"])
def test_read_metadata__sdist_without(suffix: str) -> None:
    """A source distribution that has no PKG-INFO is fine, and says nothing."""
    members = [("demo-1.0/setup.py", "x"), ("demo-1.0/a/PKG-INFO", "Name: a")]
    data = zip_bytes(members) if suffix == ".zip" else tar_bytes(members, suffix)
    assert read(data, f"demo-1.0{suffix}") is None


def test_read_metadata__wheel() -> None:
    """A wheel's METADATA is kept byte for byte."""
    text = metadata_text("Demo_x", "1.0").encode()
    metadata = read(wheel_bytes("Demo_x", metadata=text), "demo_x-1.0-py3-none-any.whl")
    assert metadata is not None
    assert metadata.raw == text


def test_read_metadata__egg() -> None:
    """An egg has its metadata in EGG-INFO."""
    data = zip_bytes([("EGG-INFO/PKG-INFO", metadata_text()), ("demo.py", "")])
    metadata = read(data, "demo-1.0-py3.8.egg")
    assert metadata is not None
    assert metadata.name == "demo"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([("demo.py", "")], "one .dist-info directory; found: 'none'"),
        (
            [("a-1.dist-info/METADATA", ""), ("b-1.dist-info/METADATA", "")],
            "found: 'a-1.dist-info, b-1.dist-info'",
        ),
        ([("other-1.0.dist-info/METADATA", metadata_text())], "of another project"),
        ([("demo-1.0.dist-info/RECORD", "")], "has no demo-1.0.dist-info/METADATA"),
        ([("demo-1.0.dist-info/METADATA", "Name: demo\n")], "exactly one version"),
        (
            [("demo-1.0.dist-info/METADATA", " " * (8 * 1024 * 1024 + 1))],
            "larger than 8388608 bytes",
        ),
    ],
)
def test_read_metadata__wheel_refused(members: list[tuple[str, str]], message: str) -> None:
    """A wheel without one usable METADATA is refused."""
    assert message in refusal(zip_bytes(members), "demo-1.0-py3-none-any.whl")


def test_read_metadata__egg_without() -> None:
    """An egg without PKG-INFO is refused."""
    assert "has no EGG-INFO/PKG-INFO" in refusal(zip_bytes([("a", "")]), "demo-1.0-py3.8.egg")


AGREEING = CoreMetadata(raw=b"", name="Foo.Bar", version="1.0.0", fields={})


def test_check_agrees() -> None:
    """Spellings of one project and version agree."""
    distribution = parse_distribution("foo_bar-1.0-py3-none-any.whl")
    check_agrees(distribution, AGREEING, name="foo-bar", version="1.0")
    check_agrees(distribution, None, name="foo-bar", version="v1.0.0")


@pytest.mark.parametrize(
    ("name", "version", "metadata", "messages"),
    [
        ("other", "1.0", None, ("'other'", "'foo_bar-1.0.tar.gz'")),
        ("foo-bar", "2.0", None, ("'2.0'", "'foo_bar-1.0.tar.gz'")),
        (
            "foo-bar",
            "1.0",
            CoreMetadata(raw=b"", name="evil", version="1.0", fields={}),
            ("project", "'foo-bar'", "'evil'"),
        ),
        (
            "foo-bar",
            "1.0",
            CoreMetadata(raw=b"", name="foo-bar", version="3", fields={}),
            ("version", "'1.0'", "'3'"),
        ),
    ],
)
def test_check_agrees__refused(
    name: str, version: str, metadata: CoreMetadata | None, messages: tuple[str, ...]
) -> None:
    """The refusal names both values that contradict each other."""
    distribution = parse_distribution("foo_bar-1.0.tar.gz")
    with pytest.raises(InvalidUpload) as refused:
        check_agrees(distribution, metadata, name=name, version=version)
    assert all(message in str(refused.value) for message in messages)


def test_hash_file() -> None:
    """All digests are of the whole file, wherever it was read before."""
    data = b"content" * 100_000
    file = io.BytesIO(data)
    file.seek(5)
    checksums, size = hash_file(file)
    assert size == len(data)
    assert checksums.md5 == hashlib.md5(data).hexdigest()
    assert checksums.sha1 == hashlib.sha1(data).hexdigest()
    assert checksums.sha256 == hashlib.sha256(data).hexdigest()
