"""Properties that every distribution has, made from its core metadata.

``pypi.name``, ``pypi.normalized.name``, ``pypi.version``, ``pypi.summary`` and
``pypi.requires.python`` are Artifactory's; the others are what users search by.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from devpi_artifactory_compat.model import Properties
from packaging.utils import canonicalize_name


NAME = "pypi.name"
VERSION = "pypi.version"
SUMMARY = "pypi.summary"
YANKED = "pypi.yanked"
INDEXING_ERROR = "pypi.indexing.error"

#: a longer value is cut: some projects put a whole licence into a field
MAX_VALUE = 2_400
MAX_VALUES = 200

#: the property of each field of the legacy upload form
_SINGLE = {
    "summary": SUMMARY,
    "requires_python": "pypi.requires.python",
    "author": "pypi.author",
    "author_email": "pypi.author.email",
    "license": "pypi.license",
    "license_expression": "pypi.license.expression",
}
_KEYWORDS = "pypi.keywords"
_CLASSIFIERS = "pypi.classifiers"

#: what is made anew when other content takes the place of a file
GENERATED = frozenset(
    {NAME, "pypi.normalized.name", VERSION, *_SINGLE.values(), _KEYWORDS, _CLASSIFIERS}
)


def generated_properties(
    name: str, version: str, fields: Mapping[str, str | Sequence[str]]
) -> Properties:
    """The properties of a distribution; ``fields`` as the legacy upload form spells them."""
    made: dict[str, tuple[str, ...]] = {
        NAME: (name,),
        "pypi.normalized.name": (canonicalize_name(name),),
        VERSION: (version,),
    }
    for field, key in _SINGLE.items():
        value = fields.get(field)
        if isinstance(value, str) and value.strip():
            made[key] = (value.strip()[:MAX_VALUE],)
    made[_KEYWORDS] = tuple(_keywords(fields.get("keywords")))
    classifiers = fields.get("classifiers") or ()
    made[_CLASSIFIERS] = tuple([classifiers] if isinstance(classifiers, str) else classifiers)
    return {
        key: tuple(value[:MAX_VALUE] for value in values[:MAX_VALUES])
        for key, values in made.items()
        if values
    }


def _keywords(value: str | Sequence[str] | None) -> list[str]:
    """Separated by commas as the specification says, or by blanks as old tools do."""
    text = value if isinstance(value, str) else ",".join(value or ())
    parts = text.split(",") if "," in text else text.split()
    return [part.strip() for part in parts if part.strip()]


def yank_reason(properties: Mapping[str, Sequence[str]]) -> str | None:
    """PEP 592's reason, which may be empty; None for a file that is not yanked."""
    values = properties.get(YANKED)
    if values is None:
        return None
    reason = ", ".join(values).strip()
    # "true" says that it is so, not why; "false" says that it is not
    if reason.lower() == "false":
        return None
    return "" if reason.lower() == "true" else reason
