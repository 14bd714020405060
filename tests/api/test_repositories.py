"""``/api/repositories``: what administrators and clients see (Artifactory REST, repositories)."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.app import message_of
import pytest


REMOTE = {
    "rclass": "remote",
    "packageType": "pypi",
    "url": "http://upstream.example/files",
    "pyPIRegistryUrl": "http://upstream.example",
}


def test_create_and_read(artifactory: Artifactory) -> None:
    """A created repository can be read back with the defaults of what was not sent."""
    created = artifactory.request(
        "PUT", "api/repositories/pypi-local", user=ADMIN, body={"rclass": "local"}
    )

    assert created.status_code == 200
    assert created.text.strip() == "Successfully created repository 'pypi-local'"
    shown = artifactory.get("api/repositories/pypi-local", user=ADMIN).json
    assert shown["key"] == "pypi-local"
    assert shown["rclass"] == "local"
    assert shown["packageType"] == "pypi"
    assert shown["repoLayoutRef"] == "simple-default"
    assert shown["includesPattern"] == "**/*"
    assert "url" not in shown


def test_list_says_type_and_single_says_rclass(artifactory: Artifactory) -> None:
    artifactory.create("l", "local", description="ours")
    artifactory.create("r", **REMOTE)
    artifactory.create("v", "virtual", repositories=["l", "r"])

    listed = artifactory.get("api/repositories").json

    assert [(row["key"], row["type"]) for row in listed] == [
        ("l", "LOCAL"),
        ("r", "REMOTE"),
        ("v", "VIRTUAL"),
    ]
    assert listed[0]["description"] == "ours"
    assert listed[1]["url"] == "http://upstream.example/files"
    assert {row["packageType"] for row in listed} == {"Pypi"}
    assert artifactory.get("api/repositories/v").json["rclass"] == "virtual"


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("type=local", ["l"]),
        ("type=LOCAL", ["l"]),
        ("type=local,virtual", ["l", "v"]),
        ("packageType=pypi", ["l", "r", "v"]),
        ("packageType=npm", []),
        ("type=remote&packageType=pypi", ["r"]),
    ],
)
def test_list_is_filtered(artifactory: Artifactory, query: str, keys: list[str]) -> None:
    artifactory.create("l", "local")
    artifactory.create("r", **REMOTE)
    artifactory.create("v", "virtual", repositories=["l"])

    assert [row["key"] for row in artifactory.get(f"api/repositories?{query}").json] == keys


def test_configurations_are_grouped_by_class(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")
    artifactory.create("v", "virtual", repositories=["l"])

    answer = artifactory.get("api/repositories/configurations?repoType=virtual", user=ADMIN)

    assert [repo["key"] for repo in answer.json["VIRTUAL"]] == ["v"]
    assert set(answer.json) == {"VIRTUAL"}


def test_existence(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")

    assert artifactory.get("api/repositories/existence?type=local").json["exists"] is True
    assert artifactory.get("api/repositories/existence?type=remote").json["exists"] is False


def test_head_tells_whether_a_repository_exists(artifactory: Artifactory) -> None:
    """Artifactory answers 400 for one that does not exist, and clients take 400 and 404."""
    artifactory.create("l", "local")

    assert artifactory.head("api/repositories/l").status_code == 200
    assert artifactory.head("api/repositories/nope").status_code == 400
    assert errors_of(artifactory.get("api/repositories/nope"))


def test_update_changes_only_what_is_sent(artifactory: Artifactory) -> None:
    artifactory.create("l", "local", description="before", notes="kept")

    answer = artifactory.request(
        "POST", "api/repositories/l", user=ADMIN, body={"description": "after"}
    )

    assert answer.status_code == 200
    shown = artifactory.get("api/repositories/l", user=ADMIN).json
    assert (shown["description"], shown["notes"]) == ("after", "kept")


def test_empty_strings_overwrite_and_null_is_absent(artifactory: Artifactory) -> None:
    artifactory.create("l", "local", description="before", notes="before")

    artifactory.request(
        "POST", "api/repositories/l", user=ADMIN, body={"description": "", "notes": None}
    )

    shown = artifactory.get("api/repositories/l", user=ADMIN).json
    assert (shown["description"], shown["notes"]) == ("", "before")


def test_delete_removes_the_repository_with_its_content(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")
    artifactory.upload_wheel("l", "demo", "1.0")

    assert artifactory.request("DELETE", "api/repositories/l", user=ADMIN).status_code == 200

    assert artifactory.get("api/repositories/l", user=ADMIN).status_code == 400
    assert artifactory.get("api/pypi/l/simple/demo/").status_code == 404
    artifactory.create("l", "local")
    assert artifactory.get("api/pypi/l/simple/demo/").status_code == 404


def test_delete_leaves_no_file_behind(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")
    artifactory.upload_wheel("l", "demo", "1.0")
    artifactory.upload_wheel("l", "demo", "2.0")
    files = artifactory.xom.config.server_path / "+files"
    assert any(path.is_file() for path in files.rglob("*"))

    artifactory.request("DELETE", "api/repositories/l", user=ADMIN)

    assert [path for path in files.rglob("*") if path.is_file()] == []


def test_deleted_member_leaves_its_virtuals(artifactory: Artifactory) -> None:
    artifactory.create("a", "local")
    artifactory.create("b", "local")
    artifactory.create("v", "virtual", repositories=["a", "b"], defaultDeploymentRepo="a")

    artifactory.request("DELETE", "api/repositories/a", user=ADMIN)

    shown = artifactory.get("api/repositories/v", user=ADMIN).json
    assert shown["repositories"] == ["b"]
    assert shown["defaultDeploymentRepo"] == ""


def test_password_is_never_shown(artifactory: Artifactory) -> None:
    """Neither over REST nor in devpi's own index configuration, which everybody may read."""
    artifactory.create("r", **REMOTE, username="me", password="hunter2-secret")

    shown = artifactory.get("api/repositories/r", user=ADMIN)
    native = artifactory.get("/repo/r?no_projects=", headers={"Accept": "application/json"})

    assert shown.json["username"] == "me"
    assert native.status_code == 200
    assert "hunter2-secret" not in shown.text + native.text


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"rclass": "local", "packageType": "npm"}, "npm"),
        ({"rclass": "local", "blackedOut": "yes please"}, "blackedOut"),
        ({"rclass": "remote", "packageType": "pypi"}, "url"),
        ({"packageType": "pypi"}, "rclass"),
        ({"rclass": "virtual", "repositories": ["nope"]}, "nope"),
        ({"rclass": "virtual", "repositories": ["new"]}, "new"),
        ([], "object"),
        ("local", "object"),
    ],
)
def test_bad_configuration_is_refused_with_the_reason(
    artifactory: Artifactory, body: object, fault: str
) -> None:
    answer = artifactory.request("PUT", "api/repositories/new", user=ADMIN, body=body)

    assert answer.status_code == 400
    assert fault in message_of(answer)
    assert artifactory.get("api/repositories").json == []


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"", b"[" * 100_000])
def test_broken_json_is_refused(artifactory: Artifactory, body: bytes) -> None:
    answer = artifactory.request(
        "PUT", "api/repositories/new", user=ADMIN, body=body, content_type="application/json"
    )

    assert answer.status_code == 400
    assert errors_of(answer)


def test_existing_key_is_refused_in_any_case(artifactory: Artifactory) -> None:
    artifactory.create("Taken", "local")

    answer = artifactory.request(
        "PUT", "api/repositories/taken", user=ADMIN, body={"rclass": "local"}
    )

    assert answer.status_code == 400
    assert message_of(answer) == "Case insensitive repository key already exists"


def test_cycle_of_virtuals_is_refused(artifactory: Artifactory) -> None:
    artifactory.create("a", "virtual")
    artifactory.create("b", "virtual", repositories=["a"])

    answer = artifactory.request(
        "POST", "api/repositories/a", user=ADMIN, body={"repositories": ["b"]}
    )

    assert answer.status_code == 400
    assert "a -> b -> a" in message_of(answer)


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_only_administrators_change_repositories(artifactory: Artifactory, method: str) -> None:
    artifactory.create("l", "local")
    user = artifactory.create_user("bob")
    body = {"rclass": "local"}

    anonymous = artifactory.request(method, "api/repositories/l", body=body)
    known = artifactory.request(method, "api/repositories/l", user=user, body=body)
    wrong = artifactory.request(method, "api/repositories/l", user=("root", "no"), body=body)

    assert anonymous.status_code == 401
    assert anonymous.headers["WWW-Authenticate"].startswith("Basic")
    assert message_of(anonymous) == "Authentication is required"
    assert known.status_code == 403
    assert wrong.status_code == 401
    assert message_of(wrong) == "Bad credentials"


def test_readers_see_what_clients_need_and_no_more(artifactory: Artifactory) -> None:
    artifactory.create("r", **REMOTE, username="me", notes="internal")

    shown = artifactory.get("api/repositories/r").json

    assert shown["rclass"] == "remote"
    assert "username" not in shown
    assert "notes" not in shown


def test_batch_creates_all_or_none(artifactory: Artifactory) -> None:
    bad = [{"key": "x", "rclass": "local"}, {"key": "y", "rclass": "no such"}]
    good = [
        {"key": "x", "rclass": "local", "packageType": "pypi"},
        {"key": "v", "rclass": "virtual", "packageType": "pypi", "repositories": ["x"]},
    ]

    refused = artifactory.request("PUT", "api/v2/repositories/batch", user=ADMIN, body=bad)
    assert refused.status_code == 400
    assert artifactory.get("api/repositories").json == []
    made = artifactory.request("PUT", "api/v2/repositories/batch", user=ADMIN, body=good)
    assert made.status_code == 201
    both = artifactory.get("api/v2/repositories/batch?names=x,v,nope", user=ADMIN).json
    assert set(both) == {"x", "v"}


def test_batch_updates(artifactory: Artifactory) -> None:
    artifactory.create("x", "local")

    changed = artifactory.request(
        "POST",
        "api/v2/repositories/batch",
        user=ADMIN,
        body=[{"key": "x", "description": "new"}],
    )
    missing = artifactory.request(
        "POST", "api/v2/repositories/batch", user=ADMIN, body=[{"key": "nope"}]
    )

    assert changed.status_code == 200
    assert artifactory.get("api/v2/repositories/x", user=ADMIN).json["description"] == "new"
    assert missing.status_code == 404


def test_wrong_method_is_405_with_the_canonical_body(artifactory: Artifactory) -> None:
    artifactory.create("l", "local")

    answer = artifactory.request("PATCH", "api/repositories/l", user=ADMIN, body={})

    assert answer.status_code == 405
    assert errors_of(answer)


def test_system_calls_that_clients_make_first(artifactory: Artifactory) -> None:
    ping = artifactory.get("api/system/ping")

    assert (ping.status_code, ping.body) == (200, b"OK")
    version = artifactory.get("api/system/version").json
    assert version["version"].startswith("7.")
    assert version["addons"] == []
