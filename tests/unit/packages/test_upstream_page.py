"""What upstreams answer is read in every form that is in use, and nothing else gets in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from datetime import datetime
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages import project_html
from devpi_artifactory_compat.packages import project_json
from devpi_artifactory_compat.packages.upstream_names import parse_project_names
from devpi_artifactory_compat.packages.upstream_page import UpstreamFile
from devpi_artifactory_compat.packages.upstream_page import UpstreamPage
from devpi_artifactory_compat.packages.upstream_page import parse_project_page
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from urllib.parse import unquote
import json
import pytest
import time


NAME = NormalizedName("demo")
URL = "https://upstream.example/simple/demo/"
LIST_URL = "https://upstream.example/simple/"
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"
A, B = "a" * 64, "b" * 64


def parse(body: str | bytes, content_type: str = HTML, url: str = URL) -> UpstreamPage:
    data = body.encode() if isinstance(body, str) else body
    return parse_project_page(data, content_type=content_type, url=url, project=NAME)


def parse_json(data: object, content_type: str = JSON) -> UpstreamPage:
    return parse(json.dumps(data), content_type)


def one_file(html: str) -> UpstreamFile:
    (file,) = parse(html).files
    return file


def names(body: str | bytes, content_type: str = HTML) -> list[str]:
    data = body.encode() if isinstance(body, str) else body
    return list(parse_project_names([data], content_type=content_type, url=LIST_URL))


def test_html() -> None:
    """An anchor with everything that the standards name."""
    file = one_file(
        f'<a href="../../packages/ab/demo-1.0-py3-none-any.whl#sha256={A.upper()}" '
        'data-requires-python="&gt;=3.8" data-yanked="bad &amp; worse" data-gpg-sig="true" '
        f'data-dist-info-metadata="sha256={A}" data-core-metadata="sha256={B}" '
        'data-provenance="https://p.example/x#y">demo-1.0-py3-none-any.whl</a>'
    )
    assert file == UpstreamFile(
        url="https://upstream.example/packages/ab/demo-1.0-py3-none-any.whl",
        filename="demo-1.0-py3-none-any.whl",
        hashes={"sha256": A},
        requires_python=">=3.8",
        yanked="bad & worse",
        core_metadata={"sha256": B},
        gpg_signature=True,
        provenance="https://p.example/x",
    )


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("demo-1.zip", "https://upstream.example/simple/demo/demo-1.zip"),
        ("/f/demo-1.zip?x=y#sha256=0", "https://upstream.example/f/demo-1.zip?x=y"),
        ("//cdn.example/demo-1.zip", "https://cdn.example/demo-1.zip"),
        ("http://h.example:8080/demo-1.zip", "http://h.example:8080/demo-1.zip"),
        (" \tdemo-1.zip\n", "https://upstream.example/simple/demo/demo-1.zip"),
        ("demo-1%2Bcpu.zip", "https://upstream.example/simple/demo/demo-1%2Bcpu.zip"),
        ("a b/ü/demo-1.zip", "https://upstream.example/simple/demo/a%20b/%C3%BC/demo-1.zip"),
        ("&#100;emo-1.zip?a&amp;b", "https://upstream.example/simple/demo/demo-1.zip?a&b"),
    ],
)
def test_html__links(href: str, url: str) -> None:
    """Links of all kinds become absolute URLs."""
    assert one_file(f'<a href="{href}">x</a>').url == url


@pytest.mark.parametrize(
    "anchor",
    [
        "<a>demo-1.zip</a>",
        "<a name=x>demo-1.zip</a>",
        '<a href="ftp://h.example/demo-1.zip">x</a>',
        '<a href="file:///demo-1.zip">x</a>',
        '<a href="javascript:demo-1.zip">x</a>',
        '<a href="https://[bad/demo-1.zip">x</a>',
        '<a href="https://h.example:99999/demo-1.zip">x</a>',
        '<a href="http:///demo-1.zip">x</a>',
        '<a href="other-1.zip">demo-1.zip</a>',
        '<a href="demo-1.zip.asc">x</a>',
        '<a href="a%2Fdemo-1.zip">x</a>',
        '<a href="demo-1.zip/">x</a>',
        '<a href="../">x</a>',
        f'<a href="{"x/" * 5000}demo-1.zip">x</a>',
        '<!-- <a href="demo-1.zip">x</a> -->',
        '<script>"<a href=demo-1.zip>"</script>',
        "&lt;a href=demo-1.zip&gt;",
    ],
)
def test_html__passed_over(anchor: str) -> None:
    """What is no http link to a file of the project is no file."""
    assert [file.filename for file in parse(f"{anchor}<a href=demo-2.zip>").files] == ["demo-2.zip"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<A HREF=demo-1.zip>x</A>", ["demo-1.zip"]),
        ("<a\nhref = 'demo-1.zip'\n>x", ["demo-1.zip"]),
        ('<a data-requires-python=">=3" href="demo-1.zip">x</a>', ["demo-1.zip"]),
        ('<a href="demo-1.zip" href="demo-2.zip"/>', ["demo-1.zip"]),
        ('a < b <a href="demo-1.zip">x</a> <', ["demo-1.zip"]),
        ('<!--><a href="demo-1.zip">', ["demo-1.zip"]),
        ("<?xml version='1.0'?><![CDATA[x]]><a href=demo-1.zip>", ["demo-1.zip"]),
        ('<p title=it\'s><a href="demo-1.zip">', ["demo-1.zip"]),
        ("<style>a > b {}</style><a href=demo-1.zip>", ["demo-1.zip"]),
        ('<a href="demo-1.zip"><a href="demo-2.zip', ["demo-1.zip"]),
        (f'<p title="{"x" * 20_000}"><a href=demo-1.zip>', ["demo-1.zip"]),
    ],
)
def test_html__as_it_is_written(html: str, expected: list[str]) -> None:
    """HTML need not be tidy."""
    assert [file.filename for file in parse(html).files] == expected


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("/other/", "https://upstream.example/other/demo-1.zip"),
        ("https://cdn.example/f/", "https://cdn.example/f/demo-1.zip"),
        ("ftp://cdn.example/f/", "https://upstream.example/simple/demo/demo-1.zip"),
    ],
)
def test_html__base(base: str, url: str) -> None:
    """The first base of the page counts, if it is one that could be used."""
    page = f'<head><base target="_top"><base href="{base}"><base href="/x/"></head>'
    assert one_file(f"{page}<a href=demo-1.zip>").url == url


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", {}),
        ('data-yanked=""', {"yanked": ""}),
        ("data-yanked", {"yanked": ""}),
        ('data-core-metadata="true"', {"core_metadata": {}}),
        ('data-core-metadata="false"', {}),
        ('data-dist-info-metadata="sha256=zz"', {"core_metadata": {}}),
        (f'data-dist-info-metadata="md5={"c" * 32}"', {"core_metadata": {"md5": "c" * 32}}),
        ('data-requires-python=""', {}),
        ('data-gpg-sig="false"', {"gpg_signature": False}),
        ('data-gpg-sig="maybe"', {}),
        ('data-provenance="/p"', {"provenance": "https://upstream.example/p"}),
        ('data-provenance="data:x"', {}),
    ],
)
def test_html__attributes(attributes: str, expected: Mapping[str, object]) -> None:
    """Attributes mean what the standards say; what makes no sense is left out."""
    found = one_file(f"<a {attributes} href=demo-1.zip>x</a>")
    default = UpstreamFile(url=found.url, filename="demo-1.zip")
    changed = {
        name: getattr(found, name)
        for name in UpstreamFile.__dataclass_fields__
        if getattr(found, name) != getattr(default, name)
    }
    assert changed == expected


@pytest.mark.parametrize(
    ("fragment", "hashes"),
    [
        (f"sha256={A}", {"sha256": A}),
        (f"egg=demo&sha256={A}&md5={'c' * 32}", {"sha256": A, "md5": "c" * 32}),
        (f"sha512={'d' * 128}", {"sha512": "d" * 128}),
        ("sha256=abc", {}),
        (f"egg={A}", {}),
        ("demo-1.0", {}),
    ],
)
def test_html__hashes(fragment: str, hashes: Mapping[str, str]) -> None:
    """Only digests of known algorithms are kept."""
    assert one_file(f'<a href="demo-1.zip#{fragment}">x</a>').hashes == hashes


def test_html__first_with_a_hash_wins() -> None:
    """A file that is listed several times is one file, in its first place."""
    page = parse(
        f"<a href=/x/demo-1.zip><a href=demo-2.zip><a href=/y/demo-1.zip#sha256={A}>"
        f"<a href=/z/demo-1.zip#sha256={B}>"
    )
    assert [file.url.partition(".example")[2] for file in page.files] == [
        "/y/demo-1.zip",
        "/simple/demo/demo-2.zip",
    ]


def test_html__status() -> None:
    """PEP 792: the status of the project."""
    page = parse(
        '<meta name="pypi:repository-version" content="1.4">'
        '<meta name="pypi:project-status" content="quarantined">'
        '<META NAME="pypi:project-status-reason" CONTENT="a &amp; b"><a href="x">'
    )
    assert (page.files, page.status, page.status_reason) == ((), "quarantined", "a & b")


def test_html__listing() -> None:
    """A web server's listing of a directory is a page too."""
    page = parse(
        "<html>\r\n<head><title>Index of /demo/</title></head>\r\n<body><h1>Index of /demo/</h1>"
        '<hr><pre><a href="../">../</a>\r\n<a href="?C=N;O=D">Name</a>\r\n'
        '<a href="demo-1.0.tar.gz">demo-1.0.tar.gz</a>   02-Jan-2024 03:04   123\r\n'
        '<a href="demo-1.0.tar.gz.asc">demo-1.0.tar.gz.asc</a>   02-Jan-2024 03:04   12\r\n'
        '<a href="demo-1.0%2Bcpu-cp311-cp311-linux_x86_64.whl">demo-1.0+cpu-cp311-cp3..&gt;</a>'
        "</pre><hr></body></html>"
    )
    assert [file.filename for file in page.files] == [
        "demo-1.0.tar.gz",
        "demo-1.0+cpu-cp311-cp311-linux_x86_64.whl",
    ]


@pytest.mark.parametrize("charset", ["latin-1", "iso-8859-1", "us-ascii", "WINDOWS-1252"])
def test_html__charset(charset: str) -> None:
    """The charset is honoured; any but the usual ones is read as UTF-8."""
    body = '<a href=demo-1.zip data-yanked="é">'
    (file,) = parse(body.encode("cp1252"), f'text/html; charset="{charset}"').files
    assert file.yanked == "é"
    for other in ("utf-8", "punycode", "zip", "nonsense", ""):
        (file,) = parse(body, f"text/html; charset={other}").files
        assert file.yanked == "é"


FULL = {
    "filename": "demo-1.0-py3-none-any.whl",
    "url": "../../f/demo-1.0-py3-none-any.whl",
    "hashes": {"sha256": A},
    "requires-python": ">=3.8",
    "size": 123,
    "upload-time": "2024-01-02T03:04:05.123456Z",
    "yanked": "why",
    "core-metadata": {"sha256": B},
    "gpg-sig": False,
    "provenance": "https://p.example/x",
}


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "text/html", ""])
def test_json(content_type: str) -> None:
    """JSON is known by its media type, and without one by how it begins."""
    page = parse_json(
        {
            "meta": {"api-version": "1.9"},
            "name": "demo",
            "project-status": {"status": "archived", "reason": "done"},
            "versions": ["1.0", 2],
            "files": [FULL],
        },
        content_type,
    )
    assert page == UpstreamPage(
        files=(
            UpstreamFile(
                url="https://upstream.example/f/demo-1.0-py3-none-any.whl",
                filename="demo-1.0-py3-none-any.whl",
                hashes={"sha256": A},
                requires_python=">=3.8",
                yanked="why",
                size=123,
                upload_time=datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
                core_metadata={"sha256": B},
                gpg_signature=False,
                provenance="https://p.example/x",
            ),
        ),
        status="archived",
        status_reason="done",
        versions=("1.0",),
    )


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("hashes", None, "hashes", {}),
        ("hashes", {"sha256": 5, "md5": "x", 1: "y"}, "hashes", {}),
        ("requires-python", 3, "requires_python", None),
        ("requires-python", None, "requires_python", None),
        ("size", "123", "size", None),
        ("size", -1, "size", None),
        ("size", True, "size", None),
        ("upload-time", 5, "upload_time", None),
        ("upload-time", "yesterday", "upload_time", None),
        ("upload-time", "0001-01-01T00:00:00+05:00", "upload_time", None),
        (
            "upload-time",
            "2024-01-02T03:04:05",
            "upload_time",
            datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        ("yanked", True, "yanked", ""),
        ("yanked", False, "yanked", None),
        ("yanked", "", "yanked", None),
        ("yanked", [], "yanked", None),
        ("core-metadata", True, "core_metadata", {}),
        ("core-metadata", False, "core_metadata", None),
        ("core-metadata", 5, "core_metadata", None),
        ("gpg-sig", "yes", "gpg_signature", None),
        ("provenance", None, "provenance", None),
        ("provenance", "ftp://x.example/", "provenance", None),
        ("filename", None, "filename", "demo-1.0-py3-none-any.whl"),
    ],
)
def test_json__wrong_types(key: str, value: object, field: str, expected: object) -> None:
    """A value that makes no sense is left out, the file stays."""
    page = parse_json({"files": [{**FULL, key: value}]})
    assert getattr(page.files[0], field) == expected


@pytest.mark.parametrize("old_key", ["dist-info-metadata", "data-dist-info-metadata"])
def test_json__old_metadata_keys(old_key: str) -> None:
    """PEP 714: what came before core-metadata is read where that is missing."""
    item = {"filename": "demo-1.zip", "url": "demo-1.zip", old_key: {"sha256": A}}
    assert parse_json({"files": [item]}).files[0].core_metadata == {"sha256": A}


@pytest.mark.parametrize(
    "item",
    [
        None,
        "demo-1.zip",
        {"filename": "demo-1.zip"},
        {"filename": "demo-1.zip", "url": 5},
        {"filename": "demo-1.zip", "url": "ftp://x.example/demo-1.zip"},
        {"filename": "../demo-1.zip", "url": "demo-1.zip"},
        {"filename": "other-1.zip", "url": "demo-1.zip"},
    ],
)
def test_json__passed_over(item: object) -> None:
    """What is no file of the project is passed over."""
    assert parse_json({"files": [item, FULL]}).files == parse_json({"files": [FULL]}).files


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (b"", HTML, "neither HTML nor JSON"),
        (b"Not Found", HTML, "neither HTML nor JSON"),
        (b"Not Found", "text/plain", "but with 'text/plain'"),
        (b"\x89PNG<a>", "image/png", "but with 'image/png'"),
        (b"<a>\0", HTML, "neither HTML nor JSON"),
        (b'<meta name="pypi:repository-version" content="2.0">', HTML, "version '2.0'"),
        (b"{", HTML, "broken JSON"),
        (b"[1]", JSON, "no object"),
        (b"\xff", JSON, "broken JSON"),
        (b"[" * 100_000, JSON, "broken JSON"),
        (b'{"files": {}}', JSON, "no list 'files'"),
        (b'{"meta": {"api-version": "2.0"}, "files": []}', JSON, "version '2.0'"),
        (b'{"meta": {"api-version": 1}, "files": []}', JSON, "version '1'"),
    ],
)
def test_refused(body: bytes, content_type: str, message: str) -> None:
    """What is no page that can be read is the upstream's failure; credentials stay secret."""
    with pytest.raises(UpstreamError) as refused:
        parse(body, content_type, url="https://me:secret@upstream.example/simple/demo/")
    assert message in str(refused.value)
    assert str(refused.value).startswith("https://upstream.example/simple/demo/ ")


@pytest.mark.parametrize(
    "html",
    [
        "<a x",
        "<a href=x ",
        "<!--",
        "<a x='",
        '<a x="',
        "<![",
        "</a",
        "<script>",
        "= ",
        "<",
        "<a href='x'>",
    ],
)
def test_html__time(html: str) -> None:
    """Reading takes time in proportion to the length, whatever is left open."""
    started = time.perf_counter()
    with suppress(UpstreamError):
        parse(html * 20_000)
    assert time.perf_counter() - started < 10


HTML_PIECES = [
    "<a", " href=", '"', "'", ">", "<", "demo-1.zip", "/", "#sha256=", A, "<!--", "-->", "<base",
    "<meta", " name=", "content", "data-yanked", "<script>", "</script>", "&amp;", "&#", "http://",
    "[", "\0", "=", " ", "<![", "<!", "?", "%", "\u0130", "data-provenance=", ":x",
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(HTML_PIECES), st.text(max_size=5)), max_size=40))
def test_any_html(pieces: list[str]) -> None:
    """Any text is read or refused."""
    body = "".join(pieces).encode(errors="surrogatepass")
    for read in (parse, names):
        with suppress(UpstreamError):
            read(body)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from([*FULL, "meta", "files", "projects", "name"]), inner),
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(VALUES, st.fixed_dictionaries({"files": st.lists(VALUES), "versions": VALUES})))
def test_any_json(data: object) -> None:
    """Any JSON is read or refused."""
    for read in (parse, names):
        with suppress(UpstreamError):
            read(json.dumps(data), JSON)


@settings(deadline=None)
@given(st.binary(), st.text())
def test_any_bytes(body: bytes, content_type: str) -> None:
    """Any bytes of any type are read or refused."""
    with suppress(UpstreamError):
        parse(body, content_type)


def texts(max_size: int = 20) -> st.SearchStrategy[str]:
    # a NUL is the sign of what is no page
    return st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=max_size
    )


def digests(algorithms: Mapping[str, int]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {},
        optional={
            name: st.text("0123456789abcdef", min_size=size, max_size=size)
            for name, size in algorithms.items()
        },
    )


FILENAMES = st.sampled_from(
    [
        "demo-1.0.tar.gz",
        "Demo-1.0+cpu_1-py3-none-any.whl",
        "demo-2!3-py3-none-any.whl",
        "demo-0.zip",
    ]
)
FOLDERS = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="/\\"), min_size=1, max_size=10
).filter(lambda folder: folder.strip(".") != "")


@st.composite
def project_files(draw: st.DrawFn) -> ProjectFile:
    filename = draw(FILENAMES)
    return ProjectFile(
        filename=filename,
        path=f"{draw(FOLDERS)}/{filename}",
        hashes=draw(digests({"sha256": 64, "md5": 32})),
        requires_python=draw(st.one_of(st.none(), texts().filter(bool))),
        yanked=draw(st.one_of(st.none(), texts())),
        size=draw(st.one_of(st.none(), st.integers(0, 2**40))),
        upload_time=draw(st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))),
        core_metadata=draw(st.one_of(st.none(), digests({"sha256": 64}))),
        gpg_signature=draw(st.sampled_from([None, True, False])),
        provenance=draw(st.sampled_from([None, "https://p.example/x"])),
    )


PAGES = st.builds(
    ProjectPage,
    name=st.just(NAME),
    files=st.lists(project_files(), max_size=4, unique_by=lambda file: file.filename).map(tuple),
    versions=st.lists(texts(), max_size=3).map(tuple),
    status=st.one_of(st.none(), st.just("archived")),
)
PREFIX = "https://r.example/repo/"


def as_project_file(file: UpstreamFile) -> ProjectFile:
    values = {name: getattr(file, name) for name in UpstreamFile.__dataclass_fields__}
    path = unquote(values.pop("url").removeprefix(PREFIX))
    return ProjectFile(path=path, **values)


@settings(deadline=None)
@given(PAGES)
def test_round_trip__json(page: ProjectPage) -> None:
    """A page in JSON is read back as it was."""
    found = parse(project_json.render_project(page, prefix=PREFIX), JSON)
    assert tuple(map(as_project_file, found.files)) == page.files
    assert found.status == page.status
    if page.versions:
        assert found.versions == page.versions


@settings(deadline=None)
@given(PAGES)
def test_round_trip__html(page: ProjectPage) -> None:
    """A page in HTML is read back with all that HTML can say: one hash, no size and no time."""
    found = parse(project_html.render_project(page, prefix=PREFIX))
    assert tuple(map(as_project_file, found.files)) == tuple(
        ProjectFile(
            filename=file.filename,
            path=file.path,
            hashes={"sha256": file.hashes["sha256"]} if "sha256" in file.hashes else file.hashes,
            requires_python=file.requires_python,
            yanked=file.yanked,
            core_metadata=file.core_metadata,
            gpg_signature=file.gpg_signature,
            provenance=file.provenance,
        )
        for file in page.files
    )
    assert found.status == page.status


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", fullmatch=True)))
def test_round_trip__names(projects: list[str]) -> None:
    """A list of projects is read back as it was, in both forms."""
    html = b"".join(project_html.render_projects(projects, prefix=LIST_URL))
    assert names(b"".join(project_json.render_projects(projects, prefix="")), JSON) == names(html)
