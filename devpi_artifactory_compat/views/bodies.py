"""JSON and text in and out."""

from __future__ import annotations

from devpi_artifactory_compat.errors import BadRequest
from devpi_artifactory_compat.errors import TooLarge
from http import HTTPStatus
from pyramid.request import Request
from pyramid.response import Response
import json


#: the longest JSON body that is read, in bytes
MAX_JSON = 4 * 1024 * 1024


def json_body(request: Request) -> object:
    """Raises TooLarge, or BadRequest that says where the JSON is wrong."""
    stream = request.body_file
    body = stream.read(MAX_JSON + 1)
    if len(body) > MAX_JSON:
        raise TooLarge(f"The body is longer than {MAX_JSON} bytes.")
    try:
        return json.loads(body)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except (ValueError, UnicodeError) as exc:
        raise BadRequest(f"The body is no valid JSON: {exc}") from exc


def json_response(value: object, *, content_type: str = "application/json") -> Response:
    body = json.dumps(value, indent=2).encode()
    return Response(body=body, content_type=content_type, charset=None)


def text_response(text: str, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(
        body=f"{text}\n".encode(), status=int(status), content_type="text/plain", charset="UTF-8"
    )
