"""Core metadata under the names of the legacy upload form.

Metadata reaches a repository in two ways: as fields of the form and inside a distribution.
Both end in the same names and shapes, those that upload clients send.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from types import MappingProxyType


__all__ = ["MULTIPLE_USE", "FieldValue", "metadata_values"]

FieldValue = str | tuple[str, ...]

MULTIPLE_USE = frozenset(
    (
        "classifiers",
        "dynamic",
        "import_names",
        "import_namespaces",
        "license_file",
        "obsoletes",
        "obsoletes_dist",
        "platform",
        "project_urls",
        "provides",
        "provides_dist",
        "provides_extras",
        "requires",
        "requires_dist",
        "requires_external",
        "supported_platform",
    )
)
"""Fields whose value is always a tuple, also with one item."""

_SINGLE_USE = frozenset(
    (
        "author",
        "author_email",
        "comment",
        "description",
        "description_content_type",
        "download_url",
        "home_page",
        "license",
        "license_expression",
        "maintainer",
        "maintainer_email",
        "metadata_version",
        "name",
        "requires_python",
        "summary",
        "version",
    )
)

_OTHER_SPELLINGS = MappingProxyType(
    {
        "license_files": "license_file",
        "platforms": "platform",
        "provides_extra": "provides_extras",
        "supported_platforms": "supported_platform",
    }
)


def metadata_values(fields: Mapping[str, Sequence[str]]) -> dict[str, FieldValue]:
    """The fields under one spelling each, without those that say nothing.

    Nothing is said by an empty value and by ``UNKNOWN``, which old build tools write for a
    missing one. Fields of multiple use become tuples, fields of single use keep their first
    value, several ``keywords`` become one comma separated list; a field that the metadata
    specification does not know is a tuple when it was given several times.
    """
    gathered: dict[str, list[str]] = {}
    for name, values in fields.items():
        said = [value for value in values if value.strip() not in {"", "UNKNOWN"}]
        if said:
            gathered.setdefault(_OTHER_SPELLINGS.get(name, name), []).extend(said)
    return {name: _value(name, values) for name, values in gathered.items()}


def _value(name: str, values: list[str]) -> FieldValue:
    if name in MULTIPLE_USE:
        return tuple(values)
    if name == "keywords":
        return ", ".join(values)
    if len(values) == 1 or name in _SINGLE_USE:
        return values[0]
    return tuple(values)
