"""What is answered while the search database cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from support.app import ADMIN
from support.app import Artifactory
from support.app import errors_of
from support.xml_rpc import search
import pytest
import xmlrpc.client


@pytest.fixture
def app(make_artifactory: Callable[..., Artifactory], tmp_path: Path) -> Artifactory:
    """A server whose search database would be in a directory that is not there."""
    nowhere = tmp_path / "nowhere" / "search.sqlite"
    app = make_artifactory("--artifactory-search-database", f"sqlite:///{nowhere}")
    app.create("l")
    app.upload_wheel("l", "demo", "1.0", summary="Shows how it goes")
    return app


@pytest.mark.parametrize(
    "url",
    [
        "search/artifact?name=x",
        "search/prop?x",
        "search/pattern?pattern=l:x",
        "search/versions?a=demo",
        "versions/_any/_any",
    ],
)
def test_searches_are_503(app: Artifactory, url: str) -> None:
    answer = app.get(f"api/{url}", user=ADMIN)

    assert answer.status_code == 503
    errors_of(answer)


def test_pip_search_finds_by_name(app: Artifactory) -> None:
    """A search for summaries alone is 503: nothing could be found."""
    assert search(app, "l", "demo") == [("demo", "1.0", "Shows how it goes")]
    assert search(app, "l", "goes") == []
    body = xmlrpc.client.dumps(({"summary": "goes"},), "search").encode()
    answer = app.request("POST", "api/pypi/l", body=body, content_type="text/xml")
    assert answer.status_code == 503
    errors_of(answer)
