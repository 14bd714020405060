"""Deploying files to paths of a local repository, as scripts and the JFrog CLI do."""

from __future__ import annotations

from hashlib import md5
from hashlib import sha1
from hashlib import sha256
from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
import pytest


WHEEL = make_wheel("demo", "1.0", summary="A demo")
NAME = wheel_filename("demo", "1.0")
BODY = b"some bytes"
NAMED = ";pypi.name=demo;pypi.version=1.0"


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    return artifactory


def put(app: Artifactory, path: str, body: bytes = BODY, **kw: Any) -> Any:
    kw.setdefault("user", ADMIN)
    return app.request("PUT", path, body=body, **kw)


def simple(app: Artifactory, project: str = "demo", key: str = "l") -> list[str]:
    answer = app.get(
        f"api/pypi/{key}/simple/{project}/",
        headers={"Accept": "application/vnd.pypi.simple.v1+json"},
    )
    return [file["filename"] for file in answer.json["files"]] if answer.status_code == 200 else []


def test_any_file_is_stored_at_any_path_and_described(local: Artifactory) -> None:
    answer = put(local, "l/some/where/notes.txt")

    assert answer.status_code == 201
    assert answer.content_type == "application/vnd.org.jfrog.artifactory.storage.ItemCreated+json"
    shown = answer.json
    assert shown["repo"] == "l"
    assert shown["path"] == "/some/where/notes.txt"
    assert shown["size"] == str(len(BODY))
    assert shown["createdBy"] == "root"
    assert shown["checksums"] == shown["originalChecksums"]
    assert shown["checksums"] == {
        "md5": md5(BODY).hexdigest(),
        "sha1": sha1(BODY).hexdigest(),
        "sha256": sha256(BODY).hexdigest(),
    }
    assert shown["downloadUri"] == "http://localhost/artifactory/l/some/where/notes.txt"
    assert answer.headers["Location"] == shown["uri"]
    assert local.get("l/some/where/notes.txt").body == BODY


def test_distribution_with_name_and_version_resolves_at_once(local: Artifactory) -> None:
    assert put(local, f"l/any/path/{NAME}{NAMED}", WHEEL).status_code == 201

    assert simple(local) == [NAME]
    page = local.get("api/pypi/l/simple/demo/")
    assert f"../../any/path/{NAME}#sha256=" in page.text
    assert local.get(f"api/pypi/l/any/path/{NAME}").body == WHEEL
    assert local.get(f"api/pypi/l/any/path/{NAME}.metadata").status_code == 200
    assert local.get("/repo/l/+simple/demo/").status_code == 200


def test_distribution_without_name_waits(local: Artifactory) -> None:
    assert put(local, f"l/demo/1.0/{NAME}", WHEEL).status_code == 201

    assert simple(local) == []
    assert local.get(f"l/demo/1.0/{NAME}").body == WHEEL


def test_generated_properties_tell_of_the_distribution(local: Artifactory) -> None:
    put(local, f"l/demo/1.0/{NAME}{NAMED};team=blue,red;team=green;flag", WHEEL)

    properties = local.get(f"api/storage/l/demo/1.0/{NAME}?properties").json["properties"]
    assert properties["pypi.name"] == ["demo"]
    assert properties["pypi.normalized.name"] == ["demo"]
    assert properties["pypi.version"] == ["1.0"]
    assert properties["pypi.summary"] == ["A demo"]
    assert properties["team"] == ["blue", "red", "green"]
    assert properties["flag"] == [""]


@pytest.mark.parametrize(
    ("header", "digest"),
    [
        ("X-Checksum-Md5", md5(BODY).hexdigest()),
        ("X-Checksum-Sha1", sha1(BODY).hexdigest().upper()),
        ("X-Checksum-Sha256", sha256(BODY).hexdigest()),
        ("X-Checksum", md5(BODY).hexdigest()),
        ("X-Checksum", sha1(BODY).hexdigest()),
        ("X-Checksum", sha256(BODY).hexdigest()),
    ],
)
def test_checksums_that_fit_are_accepted(local: Artifactory, header: str, digest: str) -> None:
    assert put(local, "l/a.bin", headers={header: digest}).status_code == 201


@pytest.mark.parametrize("header", ["X-Checksum-Md5", "X-Checksum-Sha1", "X-Checksum-Sha256"])
def test_checksum_that_does_not_fit_is_409_and_stores_nothing(
    local: Artifactory, header: str
) -> None:
    length = {"X-Checksum-Md5": 32, "X-Checksum-Sha1": 40, "X-Checksum-Sha256": 64}[header]
    answer = put(local, "l/a.bin", headers={header: "0" * length})

    assert answer.status_code == 409
    assert "rejected the artifact 'l:a.bin'" in message_of(answer)
    assert local.get("l/a.bin").status_code == 404


@pytest.mark.parametrize("value", ["x", "0" * 31, "z" * 64])
def test_header_that_is_no_checksum_is_400(local: Artifactory, value: str) -> None:
    assert put(local, "l/a.bin", headers={"X-Checksum-Sha256": value}).status_code == 400


@pytest.mark.parametrize(
    ("header", "digest"),
    [
        ("X-Checksum-Sha1", sha1(BODY).hexdigest()),
        ("X-Checksum-Sha256", sha256(BODY).hexdigest()),
        ("X-Checksum", sha256(BODY).hexdigest()),
        ("X-Checksum", sha1(BODY).hexdigest()),
        ("X-Checksum", md5(BODY).hexdigest()),
    ],
)
def test_checksum_deploy_of_known_content_needs_no_body(
    local: Artifactory, header: str, digest: str
) -> None:
    put(local, "l/a.bin")
    headers = {"X-Checksum-Deploy": "true", header: digest}

    answer = put(local, "l/b/c.bin", b"", headers=headers)

    assert answer.status_code == 201
    assert answer.json["size"] == str(len(BODY))
    assert local.get("l/b/c.bin").body == BODY


def test_checksum_deploy_of_unknown_content_is_404(local: Artifactory) -> None:
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-Sha256": "0" * 64}

    assert put(local, "l/b.bin", b"", headers=headers).status_code == 404


def test_checksum_deploy_without_a_checksum_is_400(local: Artifactory) -> None:
    assert put(local, "l/b.bin", b"", headers={"X-Checksum-Deploy": "true"}).status_code == 400


def test_checksum_deploy_gives_nobody_what_they_may_not_read(local: Artifactory) -> None:
    local.create("secret")
    put(local, "secret/a.bin")
    local.patch_index("repo/secret", "acl_read=root")
    bob = local.create_user("bob")
    local.patch_index("repo/l", "acl_upload=bob")
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-Sha256": sha256(BODY).hexdigest()}

    assert put(local, "l/b.bin", b"", headers=headers, user=bob).status_code == 404


def test_trailing_slash_makes_a_folder(local: Artifactory) -> None:
    answer = put(local, "l/some/folder/;a=b", b"")

    assert answer.status_code == 201
    shown = local.get("api/storage/l/some/folder").json
    assert shown["children"] == []
    assert shown["path"] == "/some/folder"
    assert local.get("api/storage/l/some/folder?properties").json["properties"] == {"a": ["b"]}


def test_same_content_may_come_again_and_keeps_what_was_said(local: Artifactory) -> None:
    put(local, "l/a.bin;a=1;b=2")

    assert put(local, "l/a.bin;b=3").status_code == 201
    properties = local.get("api/storage/l/a.bin?properties").json["properties"]
    assert properties == {"a": ["1"], "b": ["3"]}


def test_other_content_replaces_only_for_who_may_delete(local: Artifactory) -> None:
    bob = local.create_user("bob")
    local.patch_index("repo/l", "acl_upload=bob")
    put(local, "l/a.bin;a=1", user=bob)

    answer = put(local, "l/a.bin", b"other", user=bob)

    assert answer.status_code == 409
    assert "overwrite artifact" in message_of(answer)
    assert local.get("l/a.bin").body == BODY
    assert put(local, "l/a.bin", b"other").status_code == 201
    assert local.get("l/a.bin").body == b"other"
    assert local.get("api/storage/l/a.bin?properties").status_code == 404


def test_index_that_is_not_volatile_refuses_other_content(local: Artifactory) -> None:
    local.patch_index("repo/l", "volatile=False")
    put(local, "l/a.bin")

    assert put(local, "l/a.bin", b"other").status_code == 409


@pytest.mark.parametrize("user", [None, ("root", "wrong")])
def test_nobody_deploys_anonymously(local: Artifactory, user: tuple[str, str] | None) -> None:
    assert put(local, "l/a.bin", user=user).status_code == 401


def test_who_may_not_upload_may_not_deploy(local: Artifactory) -> None:
    bob = local.create_user("bob")

    assert put(local, "l/a.bin", user=bob).status_code == 403
    assert put(local, "l/folder/", b"", user=bob).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["l/../x", "l/a/%2e%2e/b", "l/a//b", "l/a%00b", "l/a%5Cb", "l/" + "x" * 1100, "l/.", "l/%ff"],
)
def test_paths_that_lead_elsewhere_are_400(local: Artifactory, path: str) -> None:
    assert put(local, path).status_code == 400


def test_file_and_folder_do_not_share_a_path(local: Artifactory) -> None:
    put(local, "l/a/b.bin")

    assert put(local, "l/a").status_code == 409
    assert put(local, "l/a/b.bin/c").status_code == 409
    assert put(local, "l/a/b.bin/", b"").status_code == 409


def test_virtual_passes_on_to_its_default_deployment_repository(local: Artifactory) -> None:
    local.create("v", "virtual", repositories=["l"], defaultDeploymentRepo="l")

    answer = put(local, "v/a.bin")

    assert answer.status_code == 201
    assert answer.json["repo"] == "l"
    assert local.get("v/a.bin").body == BODY
    assert local.get("api/storage/v/a.bin").json["repo"] == "l"


def test_remote_cache_and_virtual_without_target_refuse(local: Artifactory) -> None:
    local.create_remote("r", "http://127.0.0.1:9")
    local.create("v", "virtual", repositories=["l"])

    for key in ("r", "r-cache", "v"):
        assert put(local, f"{key}/a.bin").status_code == 405
    assert put(local, "nope/a.bin").status_code == 404


def test_file_that_is_not_what_its_properties_say_is_a_plain_artifact(local: Artifactory) -> None:
    answer = put(local, f"l/{NAME};pypi.name=other;pypi.version=1.0", WHEEL)

    assert answer.status_code == 201
    assert simple(local) == []
    assert simple(local, "other") == []
    properties = local.get(f"api/storage/l/{NAME}?properties").json["properties"]
    assert "is named" in properties["pypi.indexing.error"][0]


def test_second_path_of_a_resolved_file_is_a_plain_artifact(local: Artifactory) -> None:
    put(local, f"l/one/{NAME}{NAMED}", WHEEL)

    assert put(local, f"l/two/{NAME}{NAMED}", WHEEL).status_code == 201
    assert local.get(f"l/two/{NAME}").body == WHEEL
    assert f"../../one/{NAME}" in local.get("api/pypi/l/simple/demo/").text
    properties = local.get(f"api/storage/l/two/{NAME}?properties").json["properties"]
    assert "already resolved from 'one/" in properties["pypi.indexing.error"][0]


def test_plus_sign_of_a_local_version_may_be_written_as_it_is(local: Artifactory) -> None:
    wheel = make_wheel("demo", "1.0+abc")
    name = wheel_filename("demo", "1.0+abc")

    put(local, f"l/{name};pypi.name=demo;pypi.version=1.0+abc", wheel)

    assert simple(local) == [name]


def test_upload_takes_no_place_that_other_content_has(local: Artifactory) -> None:
    bob = local.create_user("bob")
    local.patch_index("repo/l", "acl_upload=bob")
    put(local, f"l/demo/1.0/{NAME}", b"no wheel")

    answer = local.upload("l", NAME, WHEEL, user=bob)

    assert answer.status_code == 409
    assert local.get(f"l/demo/1.0/{NAME}").body == b"no wheel"


def test_upload_of_what_waits_makes_it_resolvable(local: Artifactory) -> None:
    put(local, f"l/demo/1.0/{NAME};a=1", WHEEL)

    assert local.upload("l", NAME, WHEEL).status_code == 200

    assert simple(local) == [NAME]
    assert local.get(f"l/demo/1.0/{NAME}").body == WHEEL


def test_deployed_files_go_with_their_repository(local: Artifactory) -> None:
    put(local, "l/a.bin")
    put(local, f"l/{NAME}{NAMED}", WHEEL)

    answer = local.request("DELETE", "api/repositories/l", user=ADMIN)

    assert answer.status_code == 200
    files = local.xom.config.server_path / "+files"
    assert [path for path in files.rglob("*") if path.is_file()] == []
    local.create("l")
    assert local.get("l/a.bin").status_code == 404
    assert local.get("api/storage/l").json["children"] == []
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-Sha256": sha256(BODY).hexdigest()}
    assert put(local, "l/b.bin", b"", headers=headers).status_code == 404


@pytest.mark.parametrize("length", [186, 187, 255, 300])
def test_file_name_may_be_longer_than_devpi_could_store_it(local: Artifactory, length: int) -> None:
    name = "a" * length

    assert put(local, f"l/{name}").status_code == 201
    assert local.get(f"l/{name}").body == BODY


def test_distribution_with_a_name_that_devpi_cannot_store_is_a_plain_file(
    local: Artifactory,
) -> None:
    name = f"demo-1.0-{'1' * 170}-py3-none-any.whl"

    assert put(local, f"l/{name}{NAMED}", WHEEL).status_code == 201
    assert local.get(f"l/{name}").body == WHEEL
    assert local.upload("l", name, WHEEL, name="demo", version="1.0").status_code == 400


def test_longest_name_of_a_distribution_has_room_for_what_lies_beside_it(
    local: Artifactory,
) -> None:
    name = f"demo-1.0-{'1' * (186 - 26)}-py3-none-any.whl"
    assert len(name) == 186

    assert put(local, f"l/{name}{NAMED}", WHEEL).status_code == 201
    assert local.get(f"l/{name}.metadata").status_code == 200
