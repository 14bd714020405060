"""JSON objects with a list that may be longer than what fits into memory."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import json


_NOTHING: Mapping[str, object] = {}


def json_with_list(
    head: Mapping[str, object],
    name: str,
    entries: Iterable[object],
    *,
    tail: Callable[[], Mapping[str, object]] = lambda: _NOTHING,
) -> Iterator[bytes]:
    """The object in pieces: the members of ``head``, the list ``name``, then those of ``tail``.

    ``tail`` is asked once all entries were taken.
    """
    yield json.dumps({**head, name: 0}, indent=2).removesuffix("0\n}").encode() + b"["
    separator = b"\n    "
    for entry in entries:
        yield separator + json.dumps(entry).encode()
        separator = b",\n    "
    yield b"\n  ]"
    for key, value in tail().items():
        yield f",\n  {json.dumps(key)}: {json.dumps(value)}".encode()
    yield b"\n}"
