"""The server in the process of the test, asked through WebTest."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_server.auth import Auth
from support.archives import make_wheel
from support.archives import wheel_filename
from typing import Any
from webob import Request
from webtest import TestApp
from webtest import TestResponse
import base64
import json
import re


ADMIN = ("root", "")


class Artifactory:
    """Requests to ``/artifactory`` and to devpi's own URLs; ``user`` is sent with each of them."""

    def __init__(self, app: TestApp, xom: Any) -> None:
        self._app = app
        self.xom = xom
        self._known = {ADMIN}

    def request(
        self,
        method: str,
        path: str,
        *,
        user: tuple[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
        environ: Mapping[str, Any] | None = None,
    ) -> TestResponse:
        sent = dict(headers or {})
        if user is not None:
            sent["Authorization"] = f"Basic {self._credentials(user)}"
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        if content_type is not None:
            sent["Content-Type"] = content_type
        elif body is not None and not isinstance(body, bytes):
            sent["Content-Type"] = "application/json"
        url = path if path.startswith("/") else f"/artifactory/{path}"
        # WebTest's checks of WSGI would refuse the hostile requests that are sent on purpose
        return self._app.request(
            url,
            method=method,
            headers=sent,
            body=raw,
            expect_errors=True,
            environ={k: str(v) for k, v in (environ or {}).items()},
        )

    def sends_password(self, user: tuple[str, str]) -> None:
        """From now on the user's password itself is sent."""
        self._known.discard(user)

    def _credentials(self, user: tuple[str, str]) -> str:
        """Of users who are known to have that password what ``devpi login`` would have got them.

        devpi looks at a password for a long time, and tests send many requests.
        """
        name, password = user
        if user in self._known:
            auth = Auth(self.xom, self.xom.config.get_auth_secret())
            password = auth.serializer.dumps([name, [], True])
        return base64.b64encode(f"{name}:{password}".encode()).decode()

    def get(self, path: str, **kw: Any) -> TestResponse:
        return self.request("GET", path, **kw)

    def head(self, path: str, **kw: Any) -> TestResponse:
        return self.request("HEAD", path, **kw)

    def get_packed(self, path: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a GET that accepts gzip, the body as it is sent."""
        request = Request.blank(f"/artifactory/{path}", headers={"Accept-Encoding": "gzip"})
        _status, headers, body = request.call_application(self._app.app)
        try:
            return dict(headers), b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()

    def open(self, path: str) -> tuple[int, Iterable[bytes]]:
        """Status of a GET and its body as it comes; may be called in threads."""
        url = path if path.startswith("/") else f"/artifactory/{path}"
        status, _headers, body = Request.blank(url).call_application(self._app.app)
        return int(status.split()[0]), body

    # repositories

    def create(self, key: str, rclass: str = "local", **fields: Any) -> None:
        body = {"rclass": rclass, "packageType": "pypi", **fields}
        response = self.request("PUT", f"api/repositories/{key}", user=ADMIN, body=body)
        assert response.status_code == 200, response.text

    def create_remote(self, key: str, url: str, **fields: Any) -> None:
        self.create(key, "remote", url=f"{url}/files", pyPIRegistryUrl=url, **fields)

    def create_user(self, name: str, password: str = "secret") -> tuple[str, str]:
        response = self.request("PUT", f"/{name}", body={"password": password})
        assert response.status_code == 201, response.text
        self._known.add((name, password))
        return (name, password)

    def patch_index(self, index: str, *changes: str, **kw: Any) -> TestResponse:
        """``devpi index <index> key=value …``"""
        kw.setdefault("user", ADMIN)
        headers = {"Accept": "application/json"}
        return self.request("PATCH", f"/{index}", body=list(changes), headers=headers, **kw)

    # artifacts

    def put(self, path: str, body: bytes = b"some bytes", **kw: Any) -> TestResponse:
        kw.setdefault("user", ADMIN)
        return self.request("PUT", path, body=body, **kw)

    def delete(self, path: str, **kw: Any) -> TestResponse:
        kw.setdefault("user", ADMIN)
        return self.request("DELETE", path, **kw)

    def post(self, path: str, **kw: Any) -> TestResponse:
        kw.setdefault("user", ADMIN)
        return self.request("POST", path, body=b"", **kw)

    def children(self, path: str) -> list[str]:
        """The names in a folder, those of folders with a slash."""
        answer = self.get(f"api/storage/{path}", user=ADMIN)
        assert answer.status_code == 200, answer.text
        return [
            child["uri"].lstrip("/") + ("/" if child["folder"] else "")
            for child in answer.json["children"]
        ]

    def properties(self, path: str) -> dict[str, list[str]]:
        answer = self.get(f"api/storage/{path}?properties", user=ADMIN)
        properties: dict[str, list[str]] = (
            answer.json["properties"] if answer.status_code == 200 else {}
        )
        return properties

    def resolved(self, project: str, key: str) -> dict[str, str]:
        """The files of a project's page with the links to them; empty when there is no page."""
        answer = self.get(
            f"api/pypi/{key}/simple/{project}/",
            headers={"Accept": "application/vnd.pypi.simple.v1+json"},
        )
        if answer.status_code != 200:
            return {}
        return {file["filename"]: file["url"] for file in answer.json["files"]}

    def devpi_links(self, index: str, project: str) -> list[str]:
        """The file names on devpi's own page of a project."""
        answer = self.get(f"/{index}/+simple/{project}/")
        return re.findall(r">([^<>]+)</a>", answer.text) if answer.status_code == 200 else []

    def stored_files(self) -> list[str]:
        """The names of all files that devpi keeps."""
        files = self.xom.config.server_path / "+files"
        return sorted(path.name for path in files.rglob("*") if path.is_file())

    # uploads

    def upload(
        self,
        key: str,
        filename: str,
        content: bytes,
        *,
        user: tuple[str, str] | None = ADMIN,
        name: str | None = None,
        version: str | None = None,
        fields: Sequence[tuple[str, str]] = (),
        files: Sequence[tuple[str, str, bytes]] = (),
        path: str | None = None,
    ) -> TestResponse:
        """The legacy form; name and version are taken from the file name when not given."""
        parts = filename.rsplit(".tar", 1)[0].rsplit(".zip", 1)[0].split("-")
        form = [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("metadata_version", "2.1"),
            ("name", parts[0] if name is None else name),
            ("version", parts[1] if version is None else version),
            *fields,
        ]
        body, content_type = encode_form(form, [("content", filename, content), *files])
        return self.request(
            "POST",
            path or f"api/pypi/{key}",
            user=user,
            body=body,
            content_type=content_type,
        )

    def upload_wheel(self, key: str, name: str, version: str, **kw: Any) -> bytes:
        """A new wheel, uploaded; its bytes."""
        wheel = make_wheel(name, version, **kw)
        response = self.upload(
            key, wheel_filename(name, version), wheel, name=name, version=version
        )
        assert response.status_code == 200, response.text
        return wheel


def encode_form(
    fields: Sequence[tuple[str, str]], files: Sequence[tuple[str, str, bytes]]
) -> tuple[bytes, str]:
    boundary = "----boundary-of-a-test"
    lines = []
    for name, value in fields:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        lines += [head.encode(), value.encode(), b"\r\n"]
    for name, filename, content in files:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
            f'filename="{filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        lines += [head.encode(), content, b"\r\n"]
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


def errors_of(response: TestResponse) -> list[dict[str, Any]]:
    """The canonical body of a failure, checked for its shape."""
    body = response.json
    assert set(body) == {"errors"}, body
    for error in body["errors"]:
        assert set(error) == {"status", "message"}
        assert error["status"] == response.status_code
        assert error["message"]
    errors: list[dict[str, Any]] = body["errors"]
    return errors


def message_of(response: TestResponse) -> str:
    (error,) = errors_of(response)
    return str(error["message"])
