"""Queries of real clients, as they send them, are understood as they are meant."""

from __future__ import annotations

from devpi_artifactory_compat.search.aql.parser import parse
from pathlib import Path
from support.aql_text import to_aql
import pytest


LINES = Path(__file__).with_name("client_queries.txt").read_text().splitlines()
QUERIES = [line for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize("query", QUERIES)
def test_client_is_understood(query: str) -> None:
    """Each is read; printed, it reads the same."""
    found = parse(query)

    assert parse(to_aql(found)) == found


def test_exclusions_and_properties_of_jf_all_count() -> None:
    """What jf repeats in one object narrows the search each time."""
    (query,) = (each for each in QUERIES if "*b.in" in each)

    assert to_aql(parse(query)) == (
        'items.find({"$and":[{"@a":{"$eq":"1"}},{"@a":{"$match":"2*"}}]},'
        '{"$or":[{"@b":{"$ne":"3"}}]},{"type":{"$eq":"any"}},{"path":{"$ne":"."}},'
        '{"$or":[{"repo":{"$nmatch":"r"}},{"path":{"$nmatch":"*"}},{"name":{"$nmatch":"*b.in"}}]},'
        '{"$or":[{"path":{"$nmatch":"c"}},{"name":{"$nmatch":"*"}}]},'
        '{"$or":[{"$and":[{"repo":{"$eq":"r"}},{"path":{"$eq":"."}},{"name":{"$match":"*.whl"}}]},'
        '{"$and":[{"repo":{"$eq":"r"}},{"path":{"$match":"*"}},{"name":{"$match":"*.whl"}}]}]})'
        '.include("name","repo","path","actual_md5","actual_sha1","sha256","size","type",'
        '"modified","created").sort({"$asc":["name","created"]}).offset(2).limit(3)'
    )
