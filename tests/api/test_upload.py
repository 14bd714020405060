"""The legacy upload form: what is accepted, what is refused, and that refusals store nothing."""

from __future__ import annotations

from hashlib import sha256
from support.app import ADMIN
from support.app import Artifactory
from support.app import encode_form
from support.app import errors_of
from support.app import message_of
from support.archives import make_sdist
from support.archives import make_tar
from support.archives import make_wheel
from support.archives import make_zip
from support.archives import metadata_text
from support.archives import wheel_filename
import json
import pytest


JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}
WHEEL = wheel_filename("demo", "1.0")


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l", "local")
    return artifactory


def files_of(artifactory: Artifactory, key: str = "l", project: str = "demo") -> list[str]:
    answer = artifactory.get(f"api/pypi/{key}/simple/{project}/", headers=JSON)
    if answer.status_code == 404:
        return []
    return [file["filename"] for file in answer.json["files"]]


EGG = make_zip({"EGG-INFO/PKG-INFO": metadata_text("demo", "1.0"), "demo.py": ""})
PKG_INFO = {"demo-1.0/PKG-INFO": metadata_text("demo", "1.0")}


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        (WHEEL, make_wheel("demo", "1.0")),
        ("demo-1.0.tar.gz", make_sdist("demo", "1.0")),
        ("demo-1.0.tar.bz2", make_tar(PKG_INFO, "w:bz2")),
        ("demo-1.0.tar.xz", make_tar(PKG_INFO, "w:xz")),
        ("demo-1.0.zip", make_zip(PKG_INFO)),
        ("demo-1.0-py3.11.egg", EGG),
    ],
)
@pytest.mark.parametrize("path", ["api/pypi/l", "api/pypi/l/"])
def test_every_kind_of_distribution_is_resolvable_at_once(
    local: Artifactory, filename: str, content: bytes, path: str
) -> None:
    answer = local.upload("l", filename, content, name="demo", version="1.0", path=path)

    assert answer.status_code == 200, answer.text
    assert files_of(local) == [filename]
    assert local.get(f"l/demo/1.0/{filename}").body == content


def test_path_has_the_name_as_the_metadata_spells_it(local: Artifactory) -> None:
    local.upload_wheel("l", "My-Demo", "1.0")

    (file,) = local.get("api/pypi/l/simple/my-demo/", headers=JSON).json["files"]

    assert file["url"] == "../../My-Demo/1.0/My_Demo-1.0-py3-none-any.whl"


def test_all_metadata_fields_are_kept(local: Artifactory) -> None:
    fields = [
        ("summary", "Söme summary"),
        ("author", "A. Uthor"),
        ("classifiers", "Programming Language :: Python"),
        ("classifiers", "Topic :: Software Development"),
        ("requires_dist", "other>=1"),
        ("project_urls", "Docs, http://docs.example"),
        ("license_expression", "MIT"),
        ("keywords", "one,two"),
        ("home_page", "UNKNOWN"),
    ]
    local.upload("l", WHEEL, make_wheel("demo", "1.0"), fields=fields)

    info = local.get("api/pypi/l/pypi/demo/json").json["info"]

    assert info["summary"] == "Söme summary"
    assert info["author"] == "A. Uthor"
    assert info["classifiers"] == [
        "Programming Language :: Python",
        "Topic :: Software Development",
    ]
    assert info["requires_dist"] == ["other>=1"]
    assert info["project_urls"] == {"Docs": "http://docs.example"}
    assert info["license_expression"] == "MIT"
    assert info["keywords"] == "one,two"
    assert not info["home_page"]


def test_the_same_file_again_is_already_there(local: Artifactory) -> None:
    wheel = make_wheel("demo", "1.0")
    local.upload("l", WHEEL, wheel)

    again = local.upload("l", WHEEL, wheel)

    assert again.status_code == 200
    assert "already there" in again.text
    assert files_of(local) == [WHEEL]


def uploader(artifactory: Artifactory, index: str = "repo/l") -> tuple[str, str]:
    user = artifactory.create_user("ci")
    assert artifactory.patch_index(index, "acl_upload=ci").status_code == 200
    return user


def test_other_content_under_the_same_name_is_refused(local: Artifactory) -> None:
    """The message holds what twine and poetry look for, so that --skip-existing works."""
    user = uploader(local)
    wheel = make_wheel("demo", "1.0")
    local.upload("l", WHEEL, wheel, user=user)

    answer = local.upload("l", WHEEL, make_wheel("demo", "1.0", summary="Other"), user=user)

    assert answer.status_code == 409
    assert "already exists" in message_of(answer)
    assert "overwrite artifact" in message_of(answer)
    assert "already exists" in answer.status
    assert local.get(f"l/demo/1.0/{WHEEL}").body == wheel


def test_who_may_delete_may_overwrite(local: Artifactory) -> None:
    local.upload_wheel("l", "demo", "1.0")
    other = make_wheel("demo", "1.0", summary="Other")

    answer = local.upload("l", WHEEL, other, user=ADMIN)

    assert answer.status_code == 200
    assert "replaced" in answer.text
    served = local.get(f"l/demo/1.0/{WHEEL}")
    assert served.body == other
    assert served.headers["X-Checksum-Sha256"] == sha256(other).hexdigest()
    (file,) = local.get("api/pypi/l/simple/demo/", headers=JSON).json["files"]
    assert file["hashes"]["sha256"] == sha256(other).hexdigest()
    metadata = local.get(f"l/demo/1.0/{WHEEL}.metadata").body
    assert file["core-metadata"]["sha256"] == sha256(metadata).hexdigest()


def test_nobody_overwrites_on_an_index_that_is_not_volatile(local: Artifactory) -> None:
    local.patch_index("repo/l", "volatile=False")
    local.upload_wheel("l", "demo", "1.0")

    answer = local.upload("l", WHEEL, make_wheel("demo", "1.0", summary="Other"), user=ADMIN)

    assert answer.status_code == 409


def test_signature_and_attestations_lie_beside_the_file(local: Artifactory) -> None:
    attestations = json.dumps([{"version": 1}])
    local.upload(
        "l",
        WHEEL,
        make_wheel("demo", "1.0"),
        fields=[("attestations", attestations)],
        files=[("gpg_signature", f"{WHEEL}.asc", b"-----BEGIN PGP SIGNATURE-----")],
    )

    assert local.get(f"l/demo/1.0/{WHEEL}.asc").body == b"-----BEGIN PGP SIGNATURE-----"
    assert local.get(f"l/demo/1.0/{WHEEL}.attestations").text == attestations
    (file,) = local.get("api/pypi/l/simple/demo/", headers=JSON).json["files"]
    assert file["gpg-sig"] is True


GOOD = make_wheel("demo", "1.0")


@pytest.mark.parametrize(
    ("filename", "content", "kw", "said"),
    [
        (WHEEL, GOOD, {"name": "other"}, "other"),
        (WHEEL, GOOD, {"version": "2.0"}, "2.0"),
        (WHEEL, make_wheel("other", "1.0"), {"name": "demo"}, "other"),
        (wheel_filename("demo", "1.1"), GOOD, {"name": "demo", "version": "1.1"}, "1.1"),
        ("demo-1.0.exe", b"MZ", {"name": "demo", "version": "1.0"}, "exe"),
        ("demo-1.0.tar.xz", b"xz", {"version": "1.0"}, "demo-1.0.tar.xz"),
        (WHEEL, GOOD[:200], {}, WHEEL),
        (WHEEL, b"", {}, WHEEL),
        (WHEEL, make_zip({"demo.py": ""}), {}, "dist-info"),
        ("demo-1.0.tar.gz", make_sdist("demo", "1.0")[:-20], {"version": "1.0"}, "demo-1.0.tar.gz"),
        ("demo-1.0.tar.gz", b"no archive", {"version": "1.0"}, "demo-1.0.tar.gz"),
        ("../demo-1.0.tar.gz", make_sdist("demo", "1.0"), {"name": "demo", "version": "1.0"}, ""),
        (WHEEL, GOOD, {"fields": [("sha256_digest", "0" * 64)]}, "SHA-256"),
        (WHEEL, GOOD, {"fields": [("md5_digest", "0" * 32)]}, "MD5"),
        (WHEEL, GOOD, {"fields": [("blake2_256_digest", "0" * 64)]}, "BLAKE2b"),
        (WHEEL, GOOD, {"name": ""}, "name"),
        (WHEEL, GOOD, {"version": ""}, "version"),
        (WHEEL, GOOD, {"name": "-demo-"}, "-demo-"),
        (WHEEL, GOOD, {"name": "a/b"}, "a/b"),
        (WHEEL, GOOD, {"name": "x" * 500}, "name"),
    ],
)
def test_contradictions_are_refused_and_nothing_is_stored(
    local: Artifactory, filename: str, content: bytes, kw: dict[str, object], said: str
) -> None:
    answer = local.upload("l", filename, content, **kw)  # type: ignore[arg-type]

    assert answer.status_code == 400
    assert said in message_of(answer)
    assert local.get("api/pypi/l/simple/", headers=JSON).json["projects"] == []


def test_oversized_form_is_refused(local: Artifactory) -> None:
    answer = local.upload("l", WHEEL, GOOD, fields=[("description", "x" * 11 * 1024 * 1024)])

    assert answer.status_code == 400
    assert "description" in message_of(answer)
    assert files_of(local) == []


def test_digests_that_were_sent_are_accepted_when_right(local: Artifactory) -> None:
    fields = [("sha256_digest", sha256(GOOD).hexdigest()), ("md5_digest", "")]

    assert local.upload("l", WHEEL, GOOD, fields=fields).status_code == 200


@pytest.mark.parametrize(
    "kept",
    [0.5, 0.99, 0.0],
)
def test_truncated_form_is_refused(local: Artifactory, kept: float) -> None:
    form = [(":action", "file_upload"), ("name", "demo"), ("version", "1.0")]
    body, content_type = encode_form(form, [("content", WHEEL, GOOD)])

    answer = local.request(
        "POST",
        "api/pypi/l",
        user=ADMIN,
        body=body[: int(len(body) * kept)],
        content_type=content_type,
    )

    assert answer.status_code == 400
    assert errors_of(answer)
    assert files_of(local) == []


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data", "application/json"]
)
def test_body_that_is_no_form_is_refused(local: Artifactory, content_type: str) -> None:
    answer = local.request(
        "POST", "api/pypi/l", user=ADMIN, body=b"x", content_type=content_type or "x/y"
    )

    assert answer.status_code == 400
    assert errors_of(answer)


def test_register_is_neither_needed_nor_supported(local: Artifactory) -> None:
    body, content_type = encode_form(
        [(":action", "submit"), ("name", "demo"), ("version", "1.0")], []
    )

    answer = local.request("POST", "api/pypi/l", user=ADMIN, body=body, content_type=content_type)

    assert answer.status_code == 410
    assert "neither needed nor supported" in message_of(answer)
    assert "neither needed nor supported" in answer.status
    assert files_of(local) == []


def test_upload_needs_the_right(local: Artifactory) -> None:
    bob = local.create_user("bob")

    anonymous = local.upload("l", WHEEL, GOOD, user=None)
    known = local.upload("l", WHEEL, GOOD, user=bob)

    assert anonymous.status_code == 401
    assert anonymous.headers["WWW-Authenticate"] == 'Basic realm="pypi"'
    assert known.status_code == 403
    assert errors_of(known)
    assert files_of(local) == []


def test_upload_to_a_remote_is_refused_with_the_reason(local: Artifactory) -> None:
    local.create_remote("r", "http://upstream.example")

    answer = local.upload("r", WHEEL, GOOD)

    assert answer.status_code == 405
    assert "takes no uploads" in message_of(answer)


def test_upload_to_a_virtual_goes_to_its_default_deployment_repository(
    local: Artifactory,
) -> None:
    local.create("v", "virtual", repositories=["l"], defaultDeploymentRepo="l")

    assert local.upload("v", WHEEL, GOOD).status_code == 200

    assert files_of(local, "l") == files_of(local, "v") == [WHEEL]


def test_upload_to_a_virtual_without_one_is_refused_with_the_reason(local: Artifactory) -> None:
    local.create("v", "virtual", repositories=["l"])

    answer = local.upload("v", WHEEL, GOOD)

    assert answer.status_code == 405
    assert "defaultDeploymentRepo" in message_of(answer)


def test_upload_to_a_wrong_url_names_the_right_one(local: Artifactory) -> None:
    for path in ("l", "l/", "l/demo", "api/pypi/l/legacy/"):
        answer = local.upload("l", WHEEL, GOOD, path=path)
        assert answer.status_code == 405, path
        assert "/artifactory/api/pypi/l" in message_of(answer)


def test_devpis_own_upload_is_resolvable_here_at_once(local: Artifactory) -> None:
    form = [(":action", "file_upload"), ("name", "demo"), ("version", "1.0")]
    body, content_type = encode_form(form, [("content", WHEEL, GOOD)])
    native = local.request("POST", "/repo/l/", user=ADMIN, body=body, content_type=content_type)
    assert native.status_code == 200

    (file,) = local.get("api/pypi/l/simple/demo/", headers=JSON).json["files"]

    assert file["size"] == len(GOOD)
    assert file["url"] == f"../../demo/1.0/{WHEEL}"
    metadata = local.get(f"l/demo/1.0/{WHEEL}.metadata").body
    assert file["core-metadata"]["sha256"] == sha256(metadata).hexdigest()
    assert local.get(f"l/demo/1.0/{WHEEL}").body == GOOD


def test_what_is_uploaded_here_is_on_devpis_own_pages(local: Artifactory) -> None:
    local.upload("l", WHEEL, GOOD)

    page = local.get("/repo/l/+simple/demo/")

    assert page.status_code == 200
    assert WHEEL in page.text
