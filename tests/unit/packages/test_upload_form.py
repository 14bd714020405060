"""Upload forms of all clients are read in a stream, within limits, and checked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import TooLarge
from devpi_artifactory_compat.packages.upload_form import FormLimits
from devpi_artifactory_compat.packages.upload_form import UploadForm
from devpi_artifactory_compat.packages.upload_form import check_digests
from devpi_artifactory_compat.packages.upload_form import metadata_fields
from devpi_artifactory_compat.packages.upload_form import parse_upload_form
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pathlib import Path
from support.distribution_builders import BOUNDARY
from support.distribution_builders import Part
from support.distribution_builders import multipart
from support.distribution_builders import upload_parts
from support.distribution_builders import wheel_bytes
from urllib.parse import urlencode
import base64
import hashlib
import io
import pytest


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
URLENCODED = "application/x-www-form-urlencoded"
WHEEL = "demo-1.0-py3-none-any.whl"


class SlowStream(io.BytesIO):
    """Gives at most a few bytes for each read, as sockets may."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def parse(
    body: bytes, content_type: str = MULTIPART, limits: FormLimits | None = None
) -> UploadForm:
    return parse_upload_form(
        io.BytesIO(body),
        content_type=content_type,
        content_length=len(body),
        limits=limits or FormLimits(),
    )


def form_of(parts: Sequence[Part]) -> UploadForm:
    return parse(multipart(parts))


def test_upload() -> None:
    """The form has the action, all fields, and the file with its digests."""
    data = wheel_bytes()
    fields = {"name": "demo", "version": "1.0", "classifiers": ["A", "B"]}
    form = form_of(upload_parts(WHEEL, data, fields))
    assert form.action == "file_upload"
    assert form.fields["classifiers"] == ("A", "B")
    assert form.first("name") == "demo"
    assert form.first("absent") is None
    assert (form.filename, form.size) == (WHEEL, len(data))
    assert form.file is not None
    assert form.checksums is not None
    assert form.file.read() == data
    assert form.checksums.md5 == hashlib.md5(data).hexdigest()
    assert form.checksums.sha1 == hashlib.sha1(data).hexdigest()
    assert form.checksums.sha256 == hashlib.sha256(data).hexdigest()
    assert form.blake2_256 == hashlib.blake2b(data, digest_size=32).hexdigest()
    form.close()
    assert form.file.closed


@pytest.mark.parametrize("size", [1, 7, 64])
def test_slow_streams(size: int) -> None:
    """How the bytes arrive does not matter."""
    data = b"\r\n--" + BOUNDARY[:5].encode() + b"\r\n\n" * 50
    body = multipart(upload_parts(WHEEL, data))
    for length in (len(body), None):
        form = parse_upload_form(
            SlowStream(body, size), content_type=MULTIPART, content_length=length
        )
        assert form.file is not None
        assert form.file.read() == data
        form.close()


def test_line_feed_before_the_first_boundary() -> None:
    """distutils begins the body with a line break."""
    assert parse(b"\r\n" + multipart([("name", "demo")])).first("name") == "demo"


def test_upload_of_distutils() -> None:
    """The body as Python 2.7 writes it, without a blank before the file name."""
    boundary = "--------------GHSKFJDLGDS7543FJKLFHRE75642756743254"
    separator = f"\r\n--{boundary}\r\nContent-Disposition: form-data; name="
    body = (
        f'{separator}":action"\r\n\r\nfile_upload'
        f'{separator}"content";filename="demo-1.0.zip"\r\n\r\nPK'
        f'{separator}"name"\r\n\r\ndemo\r\n--{boundary}--\r\n'
    )
    form = parse(body.encode(), f"multipart/form-data; boundary={boundary}")
    assert (form.action, form.first("name")) == ("file_upload", "demo")
    assert (form.filename, form.size) == ("demo-1.0.zip", 2)
    form.close()


@pytest.mark.parametrize("start", [b"", b"\n"])
def test_bare_line_feeds(start: bytes) -> None:
    """The register command of distutils ends its lines with line feeds only."""
    parts = [(":action", "submit"), ("name", "demo"), ("summary", "two\nlines"), ("license", "")]
    form = parse(start + multipart(parts, newline=b"\n"), f"{MULTIPART}; charset=utf-8")
    assert form.action == "submit"
    assert form.fields["summary"] == ("two\nlines",)
    assert form.fields["license"] == ("",)
    assert form.file is None


def test_bare_line_feeds__file() -> None:
    """A small file may come that way too."""
    form = parse(multipart(upload_parts(WHEEL, b"\r\nbytes\n"), newline=b"\n"))
    assert form.file is not None
    assert form.file.read() == b"\r\nbytes\n"
    form.close()


def test_action_may_come_last() -> None:
    """Parts may come in any order."""
    form = form_of([("content", (WHEEL, b"x")), ("name", "demo"), (":action", "file_upload")])
    assert form.action == "file_upload"
    form.close()


def test_urlencoded() -> None:
    """Old clients register with a plain form."""
    body = urlencode([(":action", "submit"), ("name", "démo x"), ("classifiers", "A")]).encode()
    form = parse(body + b"&classifiers=B&latin=J%F6rg", URLENCODED)
    assert form.action == "submit"
    assert form.first("name") == "démo x"
    assert form.fields["classifiers"] == ("A", "B")
    assert form.first("latin") == "Jörg"
    assert form.checksums is None


def test_field_encoding() -> None:
    """Values are UTF-8, or else Latin-1."""
    form = form_of([("author", "Jörg".encode()), ("maintainer", b"J\xf6rg")])
    assert form.first("author") == form.first("maintainer") == "Jörg"


def test_signature_and_attestations() -> None:
    """What comes with a file is kept apart from its metadata."""
    parts: list[Part] = [
        *upload_parts(WHEEL, b"x"),
        ("gpg_signature", (f"{WHEEL}.asc", b"-----BEGIN PGP")),
        ("attestations", "[{}]"),
    ]
    form = form_of(parts)
    assert form.signature == b"-----BEGIN PGP"
    assert form.first("attestations") == "[{}]"
    assert form.first("gpg_signature") is None
    form.close()


@pytest.mark.parametrize("name", ["../demo.whl", "%22x.whl", "a b.whl"])
def test_filename_is_given_as_sent(name: str) -> None:
    """The form does not judge file names."""
    form = form_of([("content", (name, b""))])
    assert form.filename == name.replace("%22", '"')
    form.close()


LIMITS = FormLimits(fields=3, field_size=100, fields_size=150, signature_size=20, file_size=1000)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")], "more than 3 fields"),
        ([("a", "x" * 101)], "field 'a' is larger than 100 bytes"),
        ([("a", "x" * 80), ("b", "x" * 80)], "fields of the form are larger than 150 bytes"),
        ([("n" * 160, "")], "fields of the form are larger than 150 bytes"),
        ([("gpg_signature", ("a.asc", b"x" * 21))], "signature is larger than 20 bytes"),
        ([("content", ("a.whl", b"x" * 1001))], "file is larger than 1000 bytes"),
        ([("content", ("a.whl", b"x" * 5000))], "request body is larger than"),
    ],
)
def test_limits(parts: list[Part], message: str) -> None:
    """The refusal says which limit the form is above."""
    with pytest.raises(TooLarge) as refused:
        parse(multipart(parts), limits=LIMITS)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"a=1&b=2&c=3&d=4", URLENCODED, "more than 3 fields"),
        (b"a=" + b"x" * 200, URLENCODED, "larger than 150 bytes"),
        (b"a=" + b"x" * 120, URLENCODED, "larger than 100 bytes"),
        (multipart([("a", "1")] * 4, newline=b"\n"), MULTIPART, "larger than 150 bytes"),
        (multipart([("a", "1")] * 9, boundary="x", newline=b"\n")[:148],
         "multipart/form-data; boundary=x", "truncated"),
    ],
)  # fmt: skip
def test_limits__other_forms(body: bytes, content_type: str, message: str) -> None:
    """The limits hold for every form of body."""
    with pytest.raises((TooLarge, InvalidUpload)) as refused:
        parse(body, content_type, LIMITS)
    assert message in str(refused.value)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_limits__headers(newline: bytes) -> None:
    """The headers of a part are bounded too."""
    with pytest.raises(TooLarge, match="headers of a part"):
        parse(multipart([("n" * 70_000, "")], newline=newline))


def test_limits__parts_with_line_feeds() -> None:
    """A body of many parts is not taken apart beyond the limit."""
    body = multipart([("a", "1")] * 50, newline=b"\n")
    with pytest.raises(TooLarge, match="more than 3 fields"):
        parse(body, limits=FormLimits(fields=3))


GOOD = multipart(upload_parts(WHEEL, b"data"))


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (GOOD, "text/plain", "must be multipart/form-data, not 'text/plain'"),
        (GOOD, "", "must be multipart/form-data"),
        (GOOD, "multipart/form-data", "names no boundary"),
        (GOOD, "multipart/form-data; boundary=é", "no boundary"),
        (GOOD, f'multipart/form-data; boundary="{"x" * 201}"', "no valid boundary"),
        (GOOD, "multipart/form-data; boundary=other", "cannot be read"),
        (b"", MULTIPART, "cannot be read"),
        (GOOD[:-30], MULTIPART, "cannot be read"),
        (b"x" * 100_000 + GOOD, MULTIPART, "cannot be read"),
        (b"x\r\n" * 200_000 + GOOD, MULTIPART, "outside the parts"),
        (GOOD + b"x" * 900_000, MULTIPART, "outside the parts"),
        (
            GOOD.replace(b"Content-Disposition: form-data", b"X-Other: 1"),
            MULTIPART,
            "Content-Disposition",
        ),
        (multipart([("", "x")]), MULTIPART, "has no name"),
        (multipart([("content", "x")]), MULTIPART, "has no file name"),
        (multipart([("content", ("a", b"")), ("content", ("b", b""))]), MULTIPART, "'content'"),
        (
            multipart([("gpg_signature", ("a", b"")), ("gpg_signature", ("b", b""))]),
            MULTIPART,
            "'gpg_signature'",
        ),
        (multipart([("name", "demo")], newline=b"\n")[:-20], MULTIPART, "truncated"),
        (f"--{BOUNDARY}\nX: 1\n\nx\n--{BOUNDARY}--".encode(), MULTIPART, "Content-Disposition"),
        (f"--{BOUNDARY}\nX: 1\n--{BOUNDARY}--".encode(), MULTIPART, "no headers"),
        (
            multipart([("a", "")], newline=b"\n").replace(b"form-data", b"attachment"),
            MULTIPART,
            "Content-Disposition",
        ),
    ],
)
def test_refused(body: bytes, content_type: str, message: str) -> None:
    """The refusal says what is wrong with the body."""
    with pytest.raises(InvalidUpload) as refused:
        parse(body, content_type)
    assert message in str(refused.value)


@pytest.mark.parametrize("content_type", [MULTIPART, URLENCODED])
def test_truncated(content_type: str) -> None:
    """A body shorter than stated is refused, even where it looks complete."""
    body = GOOD if content_type == MULTIPART else b"a=1"
    for end in (len(body), len(body) // 2):
        with pytest.raises(InvalidUpload) as refused:
            parse_upload_form(
                io.BytesIO(body[:end]), content_type=content_type, content_length=len(body) + 5
            )
        assert f"truncated: {end} of {len(body) + 5} bytes" in str(refused.value)


def test_malformed_is_not_called_truncated() -> None:
    """Only a body that ended too early is called so."""
    body = b"--" + BOUNDARY.encode() + b"junk" + b"x" * 1_000_000
    with pytest.raises(InvalidUpload, match="Unexpected byte after first boundary"):
        parse(body)


def test_negative_length() -> None:
    """A length below zero is refused."""
    with pytest.raises(InvalidUpload, match="negative length"):
        parse_upload_form(io.BytesIO(b""), content_type=MULTIPART, content_length=-1)


def test_nothing_is_read_beyond_the_stated_length() -> None:
    """The next request on the connection stays where it is."""
    stream = io.BytesIO(GOOD + b"GET / HTTP/1.1")
    form = parse_upload_form(stream, content_type=MULTIPART, content_length=len(GOOD))
    form.close()
    assert stream.read() == b"GET / HTTP/1.1"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The file is spooled where told, and is gone when the form is closed or refused."""
    body = multipart([*upload_parts(WHEEL, b"x" * 100), ("content", ("b.whl", b""))])
    with pytest.raises(InvalidUpload):
        parse_upload_form(
            io.BytesIO(body), content_type=MULTIPART, content_length=None, spool_dir=str(tmp_path)
        )
    assert list(tmp_path.iterdir()) == []
    missing = str(tmp_path / "missing")
    with pytest.raises(FileNotFoundError):
        parse_upload_form(
            io.BytesIO(GOOD), content_type=MULTIPART, content_length=None, spool_dir=missing
        )


DATA = b"data of the file"
MD5 = hashlib.md5(DATA)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("md5_digest", MD5.hexdigest()),
        ("md5_digest", MD5.hexdigest().upper()),
        ("md5_digest", base64.urlsafe_b64encode(MD5.digest()).decode().rstrip("=")),
        ("md5_digest", ""),
        ("sha1_digest", hashlib.sha1(DATA).hexdigest()),
        ("sha256_digest", hashlib.sha256(DATA).hexdigest().upper()),
        ("sha2_digest", hashlib.sha256(DATA).hexdigest()),
        ("blake2_256_digest", hashlib.blake2b(DATA, digest_size=32).hexdigest()),
    ],
)
def test_check_digests(field: str, value: str) -> None:
    """Digests that are right, or empty, pass."""
    form = form_of([("content", (WHEEL, DATA)), (field, value)])
    check_digests(form)
    form.close()


@pytest.mark.parametrize(
    ("field", "algorithm", "computed"),
    [
        ("md5_digest", "MD5", MD5.hexdigest()),
        ("sha1_digest", "SHA-1", hashlib.sha1(DATA).hexdigest()),
        ("sha256_digest", "SHA-256", hashlib.sha256(DATA).hexdigest()),
        ("sha2_digest", "SHA-256", hashlib.sha256(DATA).hexdigest()),
        ("blake2_256_digest", "BLAKE2b-256", hashlib.blake2b(DATA, digest_size=32).hexdigest()),
    ],
)
def test_check_digests__refused(field: str, algorithm: str, computed: str) -> None:
    """The refusal names the algorithm and both digests; each value that was sent counts."""
    form = form_of([("content", (WHEEL, DATA)), (field, computed), (field, "abc123")])
    with pytest.raises(InvalidUpload) as refused:
        check_digests(form)
    form.close()
    assert str(refused.value) == (
        f"The {algorithm} digest of the file is {computed}, but the form says 'abc123'."
    )


def test_check_digests__no_file() -> None:
    """Where there is no file there is nothing to compare."""
    check_digests(form_of([("md5_digest", "abc")]))


def test_metadata_fields() -> None:
    """Control fields are left out, missing values dropped, lists are tuples under one name."""
    form = form_of(
        [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("filetype", "sdist"),
            ("pyversion", "source"),
            ("md5_digest", "x"),
            ("sha256_digest", "x"),
            ("attestations", "[]"),
            ("sign", "x"),
            ("identity", "x"),
            ("metadata_version", "2.1"),
            ("name", "demo"),
            ("comment", "why"),
            ("author", "UNKNOWN"),
            ("license", ""),
            ("summary", "one"),
            ("summary", "two"),
            ("keywords", "a"),
            ("keywords", "b"),
            ("classifiers", "A"),
            ("platforms", "any"),
            ("platform", "linux"),
            ("provides_extra", "x"),
            ("license_files", "LICENSE"),
            ("requires_dist", "UNKNOWN"),
            ("project_urls", "Docs, https://docs.example/"),
            ("odd", "1"),
            ("odd_list", "1"),
            ("odd_list", "2"),
        ]
    )
    assert metadata_fields(form) == {
        "metadata_version": "2.1",
        "name": "demo",
        "comment": "why",
        "summary": "one",
        "keywords": "a, b",
        "classifiers": ("A",),
        "platform": ("any", "linux"),
        "provides_extras": ("x",),
        "license_file": ("LICENSE",),
        "project_urls": ("Docs, https://docs.example/",),
        "odd": "1",
        "odd_list": ("1", "2"),
    }


@settings(max_examples=300, deadline=None)
@given(
    st.binary(),
    st.sampled_from([MULTIPART, URLENCODED, "multipart/form-data; boundary=x"]),
    st.lists(st.sampled_from(
        [b"--x\r\n", b"\r\n--x\r\n", b"--x--", b"\r\n\r\n", b"--x\n", b"\n\n", b"\n--x--",
         b'Content-Disposition: form-data; name="content"; filename="a"',
         b'Content-Disposition: form-data; name="a"', b": ", b"&", b"=", b"%"])),
)  # fmt: skip
def test_any_body(junk: bytes, content_type: str, pieces: list[bytes]) -> None:
    """Any body is read or refused."""
    with suppress(InvalidUpload, TooLarge):
        parse(b"".join(pieces[:4]) + junk + b"".join(pieces[4:]), content_type).close()


@settings(deadline=None)
@given(st.text())
def test_any_content_type(content_type: str) -> None:
    """Any content type is understood or refused."""
    for text in (content_type, f"multipart/form-data; boundary={content_type}"):
        with suppress(InvalidUpload):
            parse(GOOD, text).close()


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["name", "summary", ":action"]), st.text())),
    st.binary(),
    st.sampled_from([b"\r\n", b"\n"]),
)
def test_round_trip(fields: list[tuple[str, str]], data: bytes, newline: bytes) -> None:
    """Fields and file come out as they were sent."""
    form = parse(multipart([*fields, ("content", (WHEEL, data))], newline=newline))
    assert form.file is not None
    assert form.file.read() == data
    form.close()
    assert [(n, v) for n in form.fields for v in form.fields[n]] == sorted(
        fields, key=lambda field: list(form.fields).index(field[0])
    )
