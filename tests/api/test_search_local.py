"""``search`` of XML-RPC at a local repository: what is found, in which order, and how to ask."""

from __future__ import annotations

from collections.abc import Callable
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from support.writers import somebody_writes
from support.xml_rpc import call
from support.xml_rpc import post
from support.xml_rpc import search
import pytest
import xmlrpc.client


CALL = xmlrpc.client.dumps(({"name": "demo"},), "search").encode()


def upload(artifactory: Artifactory, name: str, version: str, summary: str = "", **kw: str) -> None:
    wheel = make_wheel(name, version, summary=summary)
    filename = wheel_filename(name, version)
    answer = artifactory.upload(kw.get("key", "l"), filename, wheel, name=name, version=version)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l", "local")
    upload(artifactory, "demo", "1.0", "An old line")
    upload(artifactory, "demo", "1.10", "Shows how it goes")
    upload(artifactory, "demo", "1.9", "A line between")
    upload(artifactory, "Fancy_Lib", "2.0", "Helps demo out")
    upload(artifactory, "my-demo", "0.1", "Nothing")
    upload(artifactory, "other", "3.0", "Stands aside")
    return artifactory


def test_finds_by_name_and_summary_the_most_relevant_first(local: Artifactory) -> None:
    """The newest version by PEP 440, with its summary, as ``pip search demo`` asks."""
    assert search(local, "l", "demo") == [
        ("demo", "1.10", "Shows how it goes"),
        ("my-demo", "0.1", "Nothing"),
        ("Fancy-Lib", "2.0", "Helps demo out"),
    ]


@pytest.mark.parametrize("path", ["api/pypi/l", "api/pypi/l/"])
@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml", "Text/XML; charset=utf-8", "text/xml ;a=b"]
)
def test_served_at_the_upload_url(local: Artifactory, path: str, content_type: str) -> None:
    answer = post(local, path, CALL, content_type=content_type)

    assert answer.status_code == 200
    ((hits,), _) = xmlrpc.client.loads(answer.body)
    assert [hit["name"] for hit in hits] == ["demo", "my-demo"]


def test_uploads_go_on_at_the_same_url(local: Artifactory) -> None:
    upload(local, "later", "1.0")

    assert search(local, "l", "later") == [("later", "1.0", "")]


@pytest.mark.parametrize("term", ["DEMO", "Demo", " demo "])
def test_case_and_surrounding_space_do_not_matter(local: Artifactory, term: str) -> None:
    assert search(local, "l", term)[0][0] == "demo"


@pytest.mark.parametrize("term", ["fancy_lib", "Fancy.Lib", "fancy--lib", "y-l"])
def test_name_is_found_in_any_spelling(local: Artifactory, term: str) -> None:
    assert search(local, "l", term) == [("Fancy-Lib", "2.0", "Helps demo out")]


def names(hits: list[dict[str, str]]) -> set[str]:
    return {hit["name"] for hit in hits}


def test_operator_combines_fields_and_a_field_takes_any_of_its_values(local: Artifactory) -> None:
    """ "and" is what counts when the operator is left out, as on the public index."""
    both = {"name": "lib", "summary": "demo"}
    assert names(call(local, "l", "search", both)) == {"Fancy-Lib"}
    assert names(call(local, "l", "search", both, "and")) == {"Fancy-Lib"}
    either = {"name": "other", "summary": "DEMO"}
    assert names(call(local, "l", "search", either, "and")) == set()
    assert names(call(local, "l", "search", either, "or")) == {"Fancy-Lib", "other"}
    any_of = {"name": ["other", "lib"]}
    assert names(call(local, "l", "search", any_of)) == {"Fancy-Lib", "other"}
    only_summary = {"summary": "aside"}
    assert names(call(local, "l", "search", only_summary)) == {"other"}


def test_unknown_fields_are_ignored_beside_known_ones(local: Artifactory) -> None:
    assert names(call(local, "l", "search", {"name": "other", "keywords": "x"})) == {"other"}


def test_ordering_tells_the_relevance(local: Artifactory) -> None:
    """``_pypi_ordering``: old versions of pip sort by it, the greatest first."""
    hits = call(local, "l", "search", {"name": "demo", "summary": "demo"}, "or")

    assert [hit["_pypi_ordering"] for hit in hits] == [3, 1, 0]


def test_final_release_is_preferred(local: Artifactory) -> None:
    upload(local, "demo", "2.0rc1", "Not yet")
    upload(local, "early", "1.0a1", "Alpha")
    upload(local, "early", "1.0a2", "Alpha again")

    assert search(local, "l", "demo")[0][1] == "1.10"
    assert search(local, "l", "early") == [("early", "1.0a2", "Alpha again")]


def test_project_without_files_is_not_found(local: Artifactory) -> None:
    local.request("POST", "/repo/l/", user=ADMIN)
    stage = local.xom.model
    with local.xom.keyfs.write_transaction():
        stage.getstage("repo/l").set_versiondata({"name": "planned", "version": "1.0"})

    assert search(local, "l", "planned") == []


def test_what_was_deleted_is_not_found(local: Artifactory) -> None:
    local.request("DELETE", "/repo/l/other", user=ADMIN)

    assert search(local, "l", "other") == []


def test_summary_is_one_line_that_xml_can_hold(local: Artifactory) -> None:
    fields = [("summary", "a\x00b\x1b[31m <&>\u2028 c\ud7ff " + "x" * 600)]
    wheel = make_wheel("odd", "1.0")
    name = wheel_filename("odd", "1.0")
    local.upload("l", name, wheel, name="odd", version="1.0", fields=fields)

    ((_, _, summary),) = search(local, "l", "odd")

    assert summary.startswith("a\ufffdb\ufffd[31m <&> c")
    assert len(summary) == 512


def test_holds_no_write_transaction(local: Artifactory) -> None:
    """There is one writer at a time on the whole server: a search does not wait for it."""
    with somebody_writes(local.xom):
        assert search(local, "l", "other")


def test_number_of_results_is_bounded(local: Artifactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devpi_artifactory_compat.repositories.search.MAX_RESULTS", 1)

    assert search(local, "l", "demo") == [("demo", "1.10", "Shows how it goes")]


# rights and settings


def test_closed_repository_is_searched_by_its_readers_only(local: Artifactory) -> None:
    reader, stranger = local.create_user("reader"), local.create_user("stranger")
    local.patch_index("repo/l", "acl_read=reader")

    anonymous = post(local, "api/pypi/l", CALL)
    assert anonymous.status_code == 401
    assert "Basic" in anonymous.headers["WWW-Authenticate"]
    assert post(local, "api/pypi/l", CALL, user=stranger).status_code == 403
    assert search(local, "l", "other", user=reader)


def test_rights_come_before_the_body(local: Artifactory) -> None:
    local.patch_index("repo/l", "acl_read=root")

    assert post(local, "api/pypi/l", b"<").status_code == 401


def test_patterns_hide_projects_and_versions(local: Artifactory) -> None:
    settings = {"excludesPattern": "other,**/*-1.10-*"}
    local.request("POST", "api/repositories/l", user=ADMIN, body=settings)

    assert search(local, "l", "demo")[0] == ("demo", "1.9", "A line between")
    assert search(local, "l", "other") == []


def test_pattern_that_leaves_no_file_hides_the_project(local: Artifactory) -> None:
    local.request("POST", "api/repositories/l", user=ADMIN, body={"includesPattern": "demo/**"})

    assert [hit[0] for hit in search(local, "l", "demo", "other")] == ["demo"]


def test_blacked_out_repository_finds_nothing(local: Artifactory) -> None:
    local.request("POST", "api/repositories/l", user=ADMIN, body={"blackedOut": True})

    assert search(local, "l", "demo") == []


@pytest.mark.parametrize("path", ["api/pypi/nope", "api/pypi/nope/", "api/pypi/l/root/dev"])
def test_what_there_is_not_is_404(local: Artifactory, path: str) -> None:
    answer = post(local, path, CALL)

    assert answer.status_code == 404
    assert errors_of(answer)


@pytest.mark.parametrize("path", ["api/pypi/l/simple", "api/pypi/l/simple/", "api/pypi/l/simple/x"])
def test_index_url_is_not_searched(local: Artifactory, path: str) -> None:
    assert post(local, path, CALL).status_code == 405


def test_devpis_own_index_url_is_left_to_devpi(local: Artifactory) -> None:
    """``views.tween`` looks at our own URLs only."""
    assert "methodResponse" not in post(local, "/repo/l/", CALL).text


# the other methods


def test_package_releases_are_listed_newest_first(local: Artifactory) -> None:
    assert call(local, "l", "package_releases", "Demo") == ["1.10", "1.9", "1.0"]
    assert call(local, "l", "package_releases", "demo", True) == ["1.10", "1.9", "1.0"]  # noqa: FBT003
    assert call(local, "l", "package_releases", "nope") == []
    assert call(local, "l", "package_releases", "../../etc") == []


def test_release_data_is_the_metadata(local: Artifactory) -> None:
    data = call(local, "l", "release_data", "demo", "1.10.0")

    assert data["name"] == "demo"
    assert data["version"] == "1.10"
    assert data["summary"] == "Shows how it goes"
    assert data["requires_dist"] == []
    assert call(local, "l", "release_data", "demo", "7") == {}
    assert call(local, "l", "release_data", "nope", "1.0") == {}


def test_release_urls_are_the_files(local: Artifactory) -> None:
    (file,) = call(local, "l", "release_urls", "demo", "1.9")

    assert file["filename"] == wheel_filename("demo", "1.9")
    assert file["packagetype"] == "bdist_wheel"
    assert file["url"].startswith("http://localhost/artifactory/api/pypi/l/demo/1.9/")
    content = local.get(file["url"].removeprefix("http://localhost")).body
    assert content == make_wheel("demo", "1.9", summary="A line between")
    assert file["size"] == len(content)
    assert file["upload_time"].year >= 2024
    assert call(local, "l", "release_urls", "demo", "7") == []
    assert call(local, "l", "release_urls", "nope", "1.0") == []


def test_list_packages_names_all(local: Artifactory) -> None:
    assert call(local, "l", "list_packages") == ["demo", "fancy-lib", "my-demo", "other"]


def test_long_list_of_packages_is_rendered_once(
    local: Artifactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devpi_artifactory_compat.views.xml_rpc_methods.LONG_LIST", 1)
    expected = ["demo", "fancy-lib", "my-demo", "other"]

    for _ in range(2):
        assert call(local, "l", "list_packages") == expected
    upload(local, "zeta", "1.0")
    assert call(local, "l", "list_packages") == [*expected, "zeta"]


# faults and hostile bodies


@pytest.mark.parametrize(
    ("method", "params", "code", "text"),
    [
        ("nothing", (), -32601, "There is no method 'nothing'"),
        ("system.listMethods", (), -32601, "search"),
        ("search", (), -32602, "a struct"),
        ("search", ("demo",), -32602, "a struct"),
        ("search", ({},), -32602, "what to search for"),
        ("search", ({"keywords": "x"},), -32602, "what to search for"),
        ("search", ({"name": ["", " "]},), -32602, "what to search for"),
        ("search", ({"name": 1},), -32602, "'name' must be a string"),
        ("search", ({"summary": [["x"]]},), -32602, "'summary' must be a string"),
        ("search", ({"name": {"a": "b"}},), -32602, "'name' must be a string"),
        ("search", ({"name": ["x"] * 51},), -32602, "50 values"),
        ("search", ({"name": "x" * 201},), -32602, "200 characters"),
        ("search", ({"name": "x"}, "xor"), -32602, "'and' or 'or'"),
        ("search", ({"name": "x"}, ["and"]), -32602, "'and' or 'or'"),
        ("search", ({"name": "x"}, "or", 1), -32602, "more than 2"),
        ("package_releases", (), -32602, "the name of a project"),
        ("package_releases", (1,), -32602, "the name of a project"),
        ("release_data", ("demo",), -32602, "a version"),
        ("release_urls", ("demo", 1.0), -32602, "a version"),
        ("release_urls", ("demo", "1" * 201), -32602, "a version"),
        ("list_packages", (1,), -32602, "more than 0"),
    ],
)
def test_faults(
    local: Artifactory, method: str, params: tuple[object, ...], code: int, text: str
) -> None:
    """Unknown methods and bad parameters are faults, which have status 200."""
    with pytest.raises(xmlrpc.client.Fault) as caught:
        call(local, "l", method, *params)

    assert caught.value.faultCode == code
    assert text in caught.value.faultString


BOMB = (
    b"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><methodCall><methodName>&a9;</methodName></methodCall>"
)
EXTERNAL = (
    b"<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    b"<methodCall><methodName>&x;</methodName></methodCall>"
)
PARAM = (
    b"<methodCall><methodName>search</methodName><params><param>%s</param></params></methodCall>"
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no well-formed XML"),
        (b"\x00\xff", "no well-formed XML"),
        (b"<methodCall>", "no well-formed XML"),
        (b"<html/>", "no <methodCall>"),
        (b"<methodCall/>", "<methodName>"),
        (b"<methodCall><methodName>a b</methodName></methodCall>", "<methodName>"),
        (BOMB, "entities are refused"),
        (EXTERNAL, "entities are refused"),
        (b"<!DOCTYPE m SYSTEM 'http://127.0.0.1/x'><methodCall/>", "entities are refused"),
        (b"<methodCall><methodName>&x;</methodName></methodCall>", "no well-formed XML"),
        (b"<value>" * 5000, "nested deeper"),
        (PARAM % (b"<value><array><data>" * 50), "nested deeper"),
        (PARAM % b"", "none or several"),
        (PARAM % b"<string>x</string>", "<value> is missing"),
        (PARAM % b"<value><int>1</int><int>2</int></value>", "none or several"),
        (PARAM % (b"<value><int>%s</int></value>" % (b"9" * 5000)), "of type 'int'"),
        (PARAM % b"<value><i8>9999999999999999999</i8></value>", "of type 'i8'"),
        (PARAM % b"<value><boolean>yes</boolean></value>", "of type 'boolean'"),
        (PARAM % b"<value><double>x</double></value>", "could not convert"),
        (PARAM % b"<value><thing>x</thing></value>", "of type 'thing'"),
        (PARAM % b"<value><struct><name>x</name></struct></value>", "<struct>"),
        (b"<?xml version='1.0' encoding='rot13'?><methodCall/>", "encoding"),
        (b"<?xml version='1.0' encoding='utf-7'?><methodCall/>", "encoding"),
        (b"<!--" + b"x" * 65536 + b"-->" + CALL, "longer than 65536 bytes"),
    ],
)
def test_hostile_body_is_400(local: Artifactory, body: bytes, reason: str) -> None:
    answer = post(local, "api/pypi/l", body)

    assert answer.status_code == 400
    assert reason in message_of(answer)


def test_works_the_same_with_the_trailing_slash_and_a_path_prefix(
    make_artifactory: Callable[..., Artifactory],
) -> None:
    """``--outside-url``: URLs in answers are those that clients can reach."""
    artifactory = make_artifactory("--outside-url=https://pkgs.example/base")
    artifactory.create("l", "local")
    upload(artifactory, "demo", "1.0")

    (file,) = call(artifactory, "l/", "release_urls", "demo", "1.0")

    assert file["url"].startswith("https://pkgs.example/base/artifactory/api/pypi/l/demo/")
