"""The older JSON API of the public index: ``/pypi/<project>[/<version>]/json``."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.model import DistributionKind
from devpi_artifactory_compat.model import ProjectFile
from devpi_artifactory_compat.model import ProjectPage
from devpi_artifactory_compat.packages.filenames import parse_version
from devpi_artifactory_compat.packages.filenames import same_version
from devpi_artifactory_compat.packages.page_links import timestamp
from devpi_artifactory_compat.packages.releases import files_by_version
from types import MappingProxyType
import json
import re


__all__ = ["file_entry", "info_from_fields", "latest_version", "render"]

_TEXT_KEYS = (
    "author",
    "author_email",
    "description",
    "description_content_type",
    "download_url",
    "home_page",
    "keywords",
    "license",
    "license_expression",
    "maintainer",
    "maintainer_email",
    "name",
    "requires_python",
    "summary",
    "version",
)

# info key: field of the upload form
_LIST_KEYS = MappingProxyType(
    {
        "dynamic": "dynamic",
        "license_files": "license_file",
        "provides_extra": "provides_extras",
        "requires_dist": "requires_dist",
    }
)

_INFO_DEFAULTS: Mapping[str, object] = MappingProxyType(
    {
        "author": "",
        "author_email": "",
        "bugtrack_url": None,
        "classifiers": [],
        "description": "",
        "description_content_type": None,
        "docs_url": None,
        "download_url": "",
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "dynamic": None,
        "home_page": "",
        "keywords": "",
        "license": "",
        "license_expression": None,
        "license_files": None,
        "maintainer": "",
        "maintainer_email": "",
        "name": "",
        "package_url": None,
        "platform": None,
        "project_url": None,
        "project_urls": None,
        "provides_extra": None,
        "release_url": None,
        "requires_dist": None,
        "requires_python": None,
        "summary": "",
        "version": "",
        "yanked": False,
        "yanked_reason": None,
    }
)

_KINDS_BY_SUFFIX = MappingProxyType(
    {
        ".whl": DistributionKind.WHEEL.value,
        ".egg": DistributionKind.EGG.value,
        ".exe": "bdist_wininst",
        ".msi": "bdist_msi",
        ".rpm": "bdist_rpm",
        ".dmg": "bdist_dmg",
        ".deb": "bdist_dumb",
    }
)
_EGG_PYTHON = re.compile(r"-py([0-9][0-9.]*)(?:-[^/]*)?\.egg\Z")

_Fields = Mapping[str, str | Sequence[str]]


def render(
    page: ProjectPage,
    *,
    info: Mapping[str, object],
    version: str | None,
    file_url: Callable[[ProjectFile], str],
    last_serial: int,
) -> bytes:
    """The answer for one version, or for :func:`latest_version` when ``version`` is None.

    ``info`` is laid over the defaults of all usual keys. ``releases`` is there in both cases,
    because clients want it; ``file_url`` gives the absolute URL of a file.
    """
    releases = files_by_version(page)
    chosen = latest_version(page) if version is None else version
    files = _files_of(releases, chosen)
    described = {**_INFO_DEFAULTS, "name": page.name, "version": chosen or "", **info}
    data = {
        "info": {**described, **_yanked(files)},
        "last_serial": last_serial,
        "releases": {
            number: [file_entry(file, file_url) for file in released]
            for number, released in releases.items()
        },
        "urls": [file_entry(file, file_url) for file in files],
        "vulnerabilities": [],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace")


def latest_version(page: ProjectPage) -> str | None:
    """The version that a user most likely wants, None when the page has none.

    The newest final release (PEP 440) that has a file which is not yanked; else the newest
    pre-release of which that is true; else the newest of all.
    """
    releases = files_by_version(page)
    offered = [
        version
        for version, files in releases.items()
        if parse_version(version) and any(file.yanked is None for file in files)
    ]
    final = [version for version in offered if not _is_prerelease(version)]
    for versions in (final, offered, list(releases)):
        if versions:
            return versions[-1]
    return None


def info_from_fields(fields: _Fields) -> dict[str, object]:
    """Metadata under the names of the upload form, as ``info`` has it.

    ``project_urls`` becomes an object from label to URL, with the home page as ``Homepage`` and
    the download URL as ``Download``. What is not known is left out.
    """
    info: dict[str, object] = {}
    for key in _TEXT_KEYS:
        if values := _values(fields, key):
            info[key] = values[0]
    for key, name in _LIST_KEYS.items():
        if values := _values(fields, name):
            info[key] = values
    if classifiers := _values(fields, "classifiers"):
        info["classifiers"] = classifiers
    if platforms := _values(fields, "platform"):
        info["platform"] = ", ".join(platforms)
    if urls := _project_urls(fields):
        info["project_urls"] = urls
    return info


def _values(fields: _Fields, name: str) -> list[str]:
    value = fields.get(name, ())
    return [item for item in ([value] if isinstance(value, str) else value) if item]


def _project_urls(fields: _Fields) -> dict[str, str]:
    urls: dict[str, str] = {}
    for line in _values(fields, "project_urls"):
        label, _, url = line.partition(",")
        if url.strip():
            urls.setdefault(label.strip(), url.strip())
    for name, label in (("home_page", "Homepage"), ("download_url", "Download")):
        for url in _values(fields, name):
            urls.setdefault(label, url)
    return urls


def _is_prerelease(version: str) -> bool:
    parsed = parse_version(version)
    return parsed is not None and parsed.is_prerelease


def _files_of(
    releases: Mapping[str, tuple[ProjectFile, ...]], version: str | None
) -> tuple[ProjectFile, ...]:
    for number, files in releases.items():
        if version is not None and same_version(number, version):
            return files
    return ()


def _yanked(files: Iterable[ProjectFile]) -> dict[str, object]:
    """PEP 592: a release is yanked when all of its files are."""
    reasons = [file.yanked for file in files]
    if not reasons or None in reasons:
        return {"yanked": False, "yanked_reason": None}
    return {"yanked": True, "yanked_reason": next(filter(None, reasons), None)}


def file_entry(file: ProjectFile, file_url: Callable[[ProjectFile], str]) -> dict[str, object]:
    """One file as ``urls`` has it; ``file_url`` gives its absolute URL."""
    hashes = {"md5": file.hashes.get("md5"), "sha256": file.hashes.get("sha256")}
    hashes["blake2b_256"] = file.hashes.get("blake2b_256", file.hashes.get("blake2_256"))
    uploaded = None if file.upload_time is None else timestamp(file.upload_time)
    kind = _kind(file.filename)
    return {
        "comment_text": "",
        "digests": {name: digest for name, digest in hashes.items() if digest is not None},
        "downloads": -1,
        "filename": file.filename,
        "has_sig": bool(file.gpg_signature),
        "md5_digest": file.hashes.get("md5"),
        "packagetype": kind,
        "python_version": _python_version(file.filename, kind),
        "requires_python": file.requires_python,
        "size": file.size,
        "upload_time": None if uploaded is None else uploaded.partition(".")[0],
        "upload_time_iso_8601": uploaded,
        "url": file_url(file),
        "yanked": file.yanked is not None,
        "yanked_reason": file.yanked or None,
    }


def _kind(filename: str) -> str:
    for suffix, kind in _KINDS_BY_SUFFIX.items():
        if filename.endswith(suffix):
            return kind
    return DistributionKind.SDIST.value


def _python_version(filename: str, kind: str) -> str:
    if kind == DistributionKind.SDIST:
        return "source"
    if kind == DistributionKind.WHEEL:
        return filename.removesuffix(".whl").split("-")[-3:][0]
    python = _EGG_PYTHON.search(filename)
    return "any" if python is None else python[1]
