"""Enforce Layout and file name normalisation, by deploys and by uploads."""

from __future__ import annotations

from support.app import ADMIN
from support.app import Artifactory
from support.app import message_of
from support.archives import make_tar
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
import pytest


WHEEL = make_wheel("demo", "1.0")
NAME = wheel_filename("demo", "1.0")


@pytest.fixture
def local(artifactory: Artifactory) -> Artifactory:
    artifactory.create("l")
    return artifactory


def put(app: Artifactory, path: str, body: bytes = WHEEL) -> Any:
    return app.request("PUT", path, body=body, user=ADMIN)


def enforce(app: Artifactory, *options: str) -> None:
    changes = [f"artifactory_enforce_{option}=True" for option in options]
    assert app.patch_index("repo/l", *changes).status_code == 200


def test_deploy_to_another_place_is_403_and_stores_nothing(local: Artifactory) -> None:
    enforce(local, "layout")

    answer = put(local, f"l/other/1.0/{NAME}")

    assert answer.status_code == 403
    assert message_of(answer) == (
        "Action prevented due to Enforce Layout policy - package file name/version other/1.0 "
        "does not match the package internal name/version demo/1.0 in the metadata file"
    )
    assert local.get(f"l/other/1.0/{NAME}").status_code == 404
    assert put(local, f"l/demo/1.0/{NAME}").status_code == 201
    assert put(local, "l/notes.txt", b"text").status_code == 201


def test_layout_counts_below_a_virtual_and_for_known_content(local: Artifactory) -> None:
    put(local, f"l/demo/1.0/{NAME}")
    local.create("v", "virtual", repositories=["l"], defaultDeploymentRepo="l")
    enforce(local, "layout")
    headers = {
        "X-Checksum-Deploy": "true",
        "X-Checksum-Sha256": local.get(f"l/demo/1.0/{NAME}").headers["X-Checksum-Sha256"],
    }

    assert put(local, f"v/other/1.0/{NAME}").status_code == 403
    answer = local.request("PUT", f"l/other/1.0/{NAME}", user=ADMIN, headers=headers)
    assert answer.status_code == 403


def test_upload_without_metadata_is_403(local: Artifactory) -> None:
    enforce(local, "layout")
    empty = make_tar({"demo-1.0/setup.py": ""})

    answer = local.upload("l", "demo-1.0.tar.gz", empty)

    assert answer.status_code == 403
    assert message_of(answer) == (
        "Action prevented due to Enforce Layout policy - could not find metadata file to compare"
    )
    assert local.upload("l", NAME, WHEEL).status_code == 200


def test_file_names_that_are_not_normalised_are_403(local: Artifactory) -> None:
    local.request(
        "POST",
        "api/repositories/l",
        user=ADMIN,
        body={"enforceNamingNormalization": True},
    )
    dashed = make_tar({"my-pkg-1.0/setup.py": ""})

    for answer in (
        put(local, "l/my-pkg-1.0.tar.gz", dashed),
        local.upload("l", "my-pkg-1.0.tar.gz", dashed, name="my-pkg", version="1.0"),
    ):
        assert answer.status_code == 403
        assert "Enforce Naming Normalization policy" in message_of(answer)
    assert (
        local.upload("l", "my_pkg-1.0.tar.gz", dashed, name="my-pkg", version="1.0").status_code
        == 200
    )


def test_both_want_the_name_of_the_metadata_in_the_file_name(local: Artifactory) -> None:
    enforce(local, "layout", "naming_normalization")
    wheel = make_wheel("my-pkg", "1.0")

    answer = local.upload("l", wheel_filename("my-pkg", "1.0"), wheel, name="my-pkg")

    assert answer.status_code == 403
    assert "does not match the package internal name/version my-pkg/1.0" in message_of(answer)


def test_what_is_stored_stays_and_is_not_overwritten_by_its_like(local: Artifactory) -> None:
    put(local, f"l/other/1.0/{NAME}")
    enforce(local, "layout")

    assert local.get(f"l/other/1.0/{NAME}").body == WHEEL
    again = make_wheel("demo", "1.0", summary="Another one")
    assert put(local, f"l/other/1.0/{NAME}", again).status_code == 403
    assert local.get(f"l/other/1.0/{NAME}").body == WHEEL
