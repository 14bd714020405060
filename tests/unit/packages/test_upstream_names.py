"""The list of all projects of an upstream is read while it arrives, however it is cut."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from devpi_artifactory_compat.errors import UpstreamError
from devpi_artifactory_compat.model import NormalizedName
from devpi_artifactory_compat.packages import project_html
from devpi_artifactory_compat.packages import project_json
from devpi_artifactory_compat.packages import upstream_names
from devpi_artifactory_compat.packages.html_anchors import _TagReader
from devpi_artifactory_compat.packages.html_anchors import read_attributes
from devpi_artifactory_compat.packages.sorted_names import sorted_names
from devpi_artifactory_compat.packages.upstream_names import parse_project_names
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
import json
import pytest
import tracemalloc


LIST_URL = "https://upstream.example/simple/"
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"

MANY = [f"{kind}-project-{number}" for number in range(2500) for kind in "abcd"]


def read(chunks: Iterable[bytes], content_type: str) -> list[NormalizedName]:
    return list(parse_project_names(chunks, content_type=content_type, url=LIST_URL))


def read_or_refused(chunks: Iterable[bytes], content_type: str) -> list[NormalizedName] | str:
    try:
        return read(chunks, content_type)
    except UpstreamError as exc:
        return str(exc)


def cut(body: bytes, places: Iterable[int]) -> Iterator[bytes]:
    start = 0
    for place in sorted(places):
        yield body[start:place]
        start = max(start, place)
    yield body[start:]


JSON_LIST = json.dumps(
    {
        "meta": {"api-version": "1.4", "_last-serial": 12},
        "projects": [
            {"name": "Demo.Pkg", "_last-serial": 1},
            {"_last-serial": -2.5e3, "name": "caf\u00e9"},
            {"name": "\u0064emo", "tags": ["[", "]", {"name": "inner"}, '"}', "\\"]},
            17,
            {"name": 5},
            {},
            None,
            {"name": "no name"},
            {"name": ""},
            {"name": "x"},
        ],
        "other": {"projects": [{"name": "elsewhere"}]},
        "last": 3.14,
    },
    ensure_ascii=False,
    indent=1,
).encode()

HTML_LIST = """\ufeff<!DOCTYPE html><html><head><title>Simple</title>
<meta name="pypi:repository-version" content="1.4"><base href="https://h.example/all/"></head>
<!-- <a href="comment/">no</a> --><script>"<a href=script/>"</script><body>
<a href="0/" rel="internal">0</a><br />
<a href="Zope.Pkg/">Zope.Pkg</a><br/><a href='x_y'>x</a><A HREF=upper>U</A>
<a href="/all/below/">caf\u00e9</a><a href="a&#45;b/">&amp;</a><a href="page/index.html">Page
</a><a href="../">../</a><a href="x-1.0.zip">x</a><a name="x>y">none</a><a title="a>b" href="last">
</body></html>""".encode()

JSON_NAMES = ["demo-pkg", "demo", "x"]
HTML_NAMES = ["0", "zope-pkg", "x-y", "upper", "below", "a-b", "page", "last"]


def test_json() -> None:
    """Valid names only, normalised, of the one list."""
    assert read([JSON_LIST], JSON) == JSON_NAMES


def test_html() -> None:
    assert read([HTML_LIST], HTML) == HTML_NAMES


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<a href="0" rel="internal">0</a><br /><a href="Zope.Pkg" rel="internal">',
            ["0", "zope-pkg"],
        ),
        (
            '<a href="/simple/demo/">demo</a><a href="https://upstream.example/simple/x_y/">',
            ["demo", "x-y"],
        ),
        ('<a href="../">../</a><a href="a/">a/</a><a href="b-1.0.zip">', ["a"]),
        (
            '<a href="?C=N;O=D">Name</a><a href="#top">Top</a><a href="">x</a><a href="/">Home</a>',
            [],
        ),
        ('<a href="/simple">All</a><a href="./">Here</a><a href="mailto:me">me</a><a>y</a>', []),
        ('<a href="https://upstream.example">Up</a><a href="demo/index.html">demo</a>', ["demo"]),
        (f'<a href="{"x" * 201}/">too long</a><a href="{"x" * 200}/">y</a>', ["x" * 200]),
    ],
)
def test_html__links(html: str, expected: list[str]) -> None:
    """Each link to something below the list is a project, in lists and listings."""
    assert read([html.encode()], HTML) == expected


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (JSON_LIST, JSON, JSON_NAMES),
        (b"\xef\xbb\xbf" + JSON_LIST, "", JSON_NAMES),
        (HTML_LIST, HTML, HTML_NAMES),
    ],
)
def test_pieces_of_any_size(body: bytes, content_type: str, expected: list[str], size: int) -> None:
    assert read(cut(body, range(0, len(body), size)), content_type) == expected


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [(JSON_LIST, JSON, JSON_NAMES), (HTML_LIST, HTML, HTML_NAMES)],
)
def test_cut_at_every_byte(
    body: bytes, content_type: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # the start of the body would be put together before it is looked at
    monkeypatch.setattr(upstream_names, "START_SIZE", 1)
    for place in range(1, len(body)):
        assert read([body[:place], body[place:]], content_type) == expected


@pytest.mark.parametrize("render", [project_json.render_projects, project_html.render_projects])
@given(places=st.lists(st.integers(0, 200_000), max_size=20))
@settings(max_examples=10, deadline=None)
def test_long_list(render: object, places: list[int]) -> None:
    """Ten thousand names come out as they went in."""
    assert callable(render)
    body = b"".join(render(MANY, prefix=""))
    content_type = JSON if render is project_json.render_projects else HTML

    assert read(cut(body, places), content_type) == MANY


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{}", "no list 'projects'"),
        (b'{"projects": {}}', "no list 'projects'"),
        (b"[]", "no object"),
        (b"", "no object"),
        (b'{"meta": {"api-version": "2.0"}, "projects": []}', "version '2.0'"),
        (b'{"projects": [{"name": "x"}], "meta": {"api-version": "2.0"}}', "version '2.0'"),
        (b'{"projects": [{"name": "x"}', "broken JSON"),
        (b'{"projects": [{"name": "x"}]', "broken JSON"),
        (b'{"projects": [{"name": "x"} {"name": "y"}]}', "broken JSON"),
        (b'{"projects": [{"name": "x"},]}', "broken JSON"),
        (b'{"projects": []} more', "broken JSON"),
        (b'{"projects": [{"name": "\xff"}]}', "broken JSON"),
        (b'{"projects": [' + b"[" * 100_000, "broken JSON"),
        (b'{"projects": [' + b'"' + b"x" * 1_000_000, "broken JSON"),
        (b'{5: "projects"}', "broken JSON"),
    ],
)
def test_json__refused(body: bytes, message: str) -> None:
    """What is no list, or only a part of one, is the upstream's failure."""
    with pytest.raises(UpstreamError, match=message):
        read(cut(body, range(0, len(body), 100_000)), JSON)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"Oops", HTML),
        (b"", HTML),
        (b"\x89PNG", "image/png"),
        (b"<a href=x>\0", HTML),
        (b'<meta name="pypi:repository-version" content="2.0"><a href="x">', HTML),
    ],
)
def test_html__refused(body: bytes, content_type: str) -> None:
    with pytest.raises(UpstreamError):
        read([body], content_type)


def test_html__binary_behind_the_start() -> None:
    with pytest.raises(UpstreamError, match="no HTML"):
        read([b'<a href="x">x</a>' * 500, b"\0" * 10], HTML)


@pytest.mark.parametrize("start", ["<a href='", "<!--", "<script>", "<a title=", "<a href=x>"])
def test_html__endless(start: str) -> None:
    """A tag without an end is not waited for until the memory is full."""
    with pytest.raises(UpstreamError, match="cannot be read"):
        read([start.encode(), *[b"x" * 500_000] * 4], HTML)


def test_more_names_than_any_index_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_names, "MAX_NAMES", 3)
    body = b"".join(project_json.render_projects(["a", "b", "c", "d"], prefix=""))

    with pytest.raises(UpstreamError, match="more than 3"):
        read([body], JSON)


PIECES = [
    "<a", " href=", '"', "'", ">", "<", "demo", "/", "</a>", "<br />", "<!--", "-->", "<base",
    "<meta", " name=", "<script>", "</script>", "&amp;", "&#", "=", " ", "<![", "<!", "?", "x.html",
    '<a href="plain/">plain</a>', '<a href="b/" rel="internal">b</a><br />', "\n", "caf\u00e9",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.lists(st.integers(0, 200), max_size=6))
@example(pieces=["<a", " href=", '"', "x", ">", '"', ">"], places=[8])
def test_any_html(pieces: list[str], places: list[int]) -> None:
    """Any text gives the same names, or is refused, however it is cut."""
    body = "".join(pieces).encode()
    assert read_or_refused(cut(body, places), HTML) == read_or_refused([body], HTML)


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["meta", "projects", "name", "x"]), inner),
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(VALUES, st.fixed_dictionaries({"projects": st.lists(VALUES), "last": VALUES})),
    st.lists(st.integers(0, 200), max_size=6),
)
def test_any_json(data: object, places: list[int]) -> None:
    """Any JSON gives the names that the standard library finds, or is refused."""
    body = json.dumps(data).encode()
    projects = data.get("projects") if isinstance(data, dict) else None
    spelled = [item.get("name") for item in _items(projects) if isinstance(item, dict)]
    expected = {canonicalize_name(name) for name in spelled if isinstance(name, str)}

    found = read_or_refused(cut(body, places), JSON)

    assert found == read_or_refused([body], JSON)
    if isinstance(found, list):
        assert isinstance(projects, list)
        assert set(found) <= expected


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z-]+", fullmatch=True), st.text("ab <>'=/#\n.:\u00e9", max_size=8)
        ),
        max_size=4,
    )
)
def test_plain_attributes(attributes: list[tuple[str, str]]) -> None:
    """The short way to the attributes of a tag finds what html.parser finds."""
    tag = "<a" + "".join(f' {name}="{value}"' for name, value in attributes) + ">"
    reader = _TagReader()
    reader.feed(tag)

    assert read_attributes(tag) == reader.attributes


@given(st.lists(st.sampled_from(MANY[:40])), st.integers(1, 10))
def test_sorting_in_runs(names: list[str], run_length: int) -> None:
    """Ascending and each once, however many fit into memory."""
    normalized = map(canonicalize_name, names)

    assert list(sorted_names(normalized, run_length=run_length)) == sorted(set(names))


@pytest.mark.parametrize(
    ("content_type", "line"),
    [(JSON, '{{"name":"project-{0}"}},'), (HTML, '<a href="project-{0}/">project-{0}</a>\n')],
)
def test_memory(content_type: str, line: str) -> None:
    """A list of a hundred thousand names is read without being held."""

    def chunks() -> Iterator[bytes]:
        yield b'{"projects":[' if content_type == JSON else b"<html>"
        for start in range(0, 100_000, 1000):
            yield "".join(line.format(n) for n in range(start, start + 1000)).encode()
        yield b"null]}" if content_type == JSON else b"</html>"

    names = parse_project_names(chunks(), content_type=content_type, url=LIST_URL)
    tracemalloc.start()
    try:
        assert sum(1 for _ in names) == 100_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
