"""XML-RPC as Python's own library, which pip uses, writes and reads it."""

from __future__ import annotations

from support.app import Artifactory
from support.upstream import Answer
from typing import Any
from webtest import TestResponse
import xmlrpc.client


def post(artifactory: Artifactory, path: str, body: bytes, **kw: Any) -> TestResponse:
    kw.setdefault("content_type", "text/xml")
    return artifactory.request("POST", path, body=body, **kw)


def call(artifactory: Artifactory, key: str, method: str, *params: Any, **kw: Any) -> Any:
    """The result of a call at a repository's URL; raises xmlrpc.client.Fault."""
    body = xmlrpc.client.dumps(params, method).encode()
    answer = post(artifactory, f"api/pypi/{key}", body, **kw)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/xml"
    ((result,), _method) = xmlrpc.client.loads(answer.body, use_builtin_types=True)
    return result


def search(artifactory: Artifactory, key: str, *terms: str, **kw: Any) -> list[tuple[str, ...]]:
    """What ``pip search`` would find: name, version and summary of each hit."""
    spec = {"name": list(terms), "summary": list(terms)}
    hits = call(artifactory, key, "search", spec, "or", **kw)
    return [(hit["name"], hit["version"], hit["summary"]) for hit in hits]


def found(*hits: tuple[str, str, str]) -> Answer:
    """An upstream's answer to a search."""
    entries = [
        {"name": name, "version": version, "summary": summary, "_pypi_ordering": 0}
        for name, version, summary in hits
    ]
    body = xmlrpc.client.dumps((entries,), methodresponse=True)
    return Answer(body.encode(), "text/xml")


def fault(text: str) -> Answer:
    return Answer(xmlrpc.client.dumps(xmlrpc.client.Fault(1, text)).encode(), "text/xml")
