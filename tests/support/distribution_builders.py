"""Real archives and upload bodies for tests, built in memory."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile


Part = tuple[str, str | bytes] | tuple[str, tuple[str, bytes]]


def metadata_text(name: str = "demo", version: str = "1.0", extra: str = "", body: str = "") -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{extra}\n{body}"


def zip_bytes(
    members: Iterable[tuple[str, str | bytes]], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, data in members:
            archive.writestr(path, data)
    return buffer.getvalue()


def wheel_bytes(
    name: str = "demo", version: str = "1.0", metadata: str | bytes | None = None
) -> bytes:
    info = f"{name}-{version}.dist-info"
    text = metadata_text(name, version) if metadata is None else metadata
    return zip_bytes(
        [
            (f"{name}/__init__.py", "answer = 42\n" * 200),
            (f"{info}/METADATA", text),
            (f"{info}/WHEEL", "Wheel-Version: 1.0\n"),
            (f"{info}/RECORD", ""),
        ]
    )


def tar_bytes(
    members: Iterable[tuple[str, str | bytes]],
    suffix: str = ".tar.gz",
    tar_format: int = tarfile.PAX_FORMAT,
) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as archive:
        for path, content in members:
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return compress(buffer.getvalue(), suffix)


def compress(data: bytes, suffix: str) -> bytes:
    if suffix in {".tar.gz", ".tgz"}:
        return gzip.compress(data)
    if suffix == ".tar.xz":
        return lzma.compress(data)
    return bz2.compress(data) if suffix == ".tar.bz2" else data


def sdist_bytes(
    name: str = "demo", version: str = "1.0", suffix: str = ".tar.gz", metadata: str | None = None
) -> bytes:
    text = metadata_text(name, version) if metadata is None else metadata
    members = [
        (f"{name}-{version}/setup.py", "from setuptools import setup\n" * 300),
        (f"{name}-{version}/PKG-INFO", text),
        (f"{name}-{version}/{name}.egg-info/PKG-INFO", "Name: other\nVersion: 9\n"),
    ]
    return zip_bytes(members) if suffix == ".zip" else tar_bytes(members, suffix)


BOUNDARY = "d1f4e5a8c0"


def multipart(
    parts: Sequence[Part], *, boundary: str = BOUNDARY, newline: bytes = b"\r\n"
) -> bytes:
    """A body with the final boundary; a part is a name and a value, or a name and a file."""
    lines: list[bytes] = []
    for name, value in parts:
        disposition = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            filename, data = value
            disposition += f'; filename="{filename}"'
        else:
            data = value.encode() if isinstance(value, str) else value
        lines += [f"--{boundary}".encode(), disposition.encode(), b"", data]
    return newline.join([*lines, f"--{boundary}--".encode(), b""])


def upload_parts(
    filename: str, data: bytes, fields: Mapping[str, str | Sequence[str]] | None = None
) -> list[Part]:
    parts: list[Part] = [(":action", "file_upload"), ("protocol_version", "1")]
    for name, value in (fields or {"name": "demo", "version": "1.0"}).items():
        values = [value] if isinstance(value, str) else value
        parts += [(name, item) for item in values]
    return [*parts, ("content", (filename, data))]
