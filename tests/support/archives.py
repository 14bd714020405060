"""Real distributions, made in memory."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256
import base64
import io
import tarfile
import zipfile


def metadata_text(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    summary: str = "A package for tests",
    extra: Sequence[str] = (),
) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: {summary}"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += extra
    return "\n".join(lines) + "\n\nThe description.\n"


def wheel_filename(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def make_wheel(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    summary: str = "A package for tests",
    files: Mapping[str, str] | None = None,
) -> bytes:
    """A pure wheel that pip installs; it holds a module of the project's name."""
    module = name.replace("-", "_")
    dist_info = f"{module}-{version}.dist-info"
    members = {
        f"{module}/__init__.py": f"version = {version!r}\n",
        **(files or {}),
        f"{dist_info}/METADATA": metadata_text(
            name, version, requires=requires, requires_python=requires_python, summary=summary
        ),
        f"{dist_info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{path},{_record_hash(text)},{len(text)}\n" for path, text in members.items())
    members[f"{dist_info}/RECORD"] = record + f"{dist_info}/RECORD,,\n"
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0)), text)
    return body.getvalue()


def _record_hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"


def make_sdist(name: str, version: str, *, summary: str = "A package for tests") -> bytes:
    """A ``.tar.gz`` that setuptools can build."""
    top = f"{name}-{version}"
    setup = f"from setuptools import setup\nsetup(name={name!r}, version={version!r})\n"
    return make_tar(
        {
            f"{top}/PKG-INFO": metadata_text(name, version, summary=summary),
            f"{top}/setup.py": setup,
        }
    )


def make_tar(members: Mapping[str, str], mode: str = "w:gz") -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode=mode) as archive:  # type: ignore[call-overload]
        for path, text in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return body.getvalue()


def make_zip(members: Mapping[str, str]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path, text in members.items():
            archive.writestr(path, text)
    return body.getvalue()


def metadata_of(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        return archive.read(member)
