"""A parsed AQL query: what was asked, checked against the fields that there are."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum


class Domain(StrEnum):
    """What a query finds; the value is what stands before ``.find``."""

    ITEMS = "items"
    PROPERTIES = "properties"
    STATS = "stats"
    ITEM_INFOS = "item.infos"
    BUILDS = "builds"
    BUILD_PROPERTIES = "build.properties"
    BUILD_PROMOTIONS = "build.promotions"
    MODULES = "modules"
    MODULE_PROPERTIES = "module.properties"
    ARTIFACTS = "artifacts"
    DEPENDENCIES = "dependencies"
    RELEASES = "releases"
    RELEASE_ARTIFACTS = "release_artifacts"


class FieldType(StrEnum):
    STRING = "string"
    #: an integer, 64 bits
    NUMBER = "number"
    #: milliseconds since the epoch
    DATE = "date"
    #: ``file``, ``folder`` or ``any``
    ITEM_TYPE = "item type"


class Comparator(StrEnum):
    EQUALS = "$eq"
    NOT_EQUALS = "$ne"
    EQUALS_IGNORING_CASE = "$eqic"
    MATCHES = "$match"
    MATCHES_IGNORING_CASE = "$matchic"
    NOT_MATCHES = "$nmatch"
    GREATER = "$gt"
    GREATER_OR_EQUAL = "$gte"
    LESS = "$lt"
    LESS_OR_EQUAL = "$lte"
    #: within a period that ends now
    LAST = "$last"
    #: earlier than a period before now
    BEFORE = "$before"


class Group(StrEnum):
    AND = "$and"
    OR = "$or"
    #: all criteria hold for one and the same property
    SAME_PROPERTY = "$msp"


class Direction(StrEnum):
    ASCENDING = "$asc"
    DESCENDING = "$desc"


@dataclass(frozen=True)
class Field:
    """One field of a domain: ``Field(Domain.STATS, "downloads")``.

    ``type`` and what it may be used for is in ``fields.FIELDS``.
    """

    domain: Domain
    name: str


#: what values are compared: of a date milliseconds, of a number an integer; a period (``$last``,
#: ``$before``) is kept as it was written, because now is another time at every run
Value = str | int | None


@dataclass(frozen=True)
class Comparison:
    """A field compared with a value; None is AQL's ``null``, allowed with $eq and $ne only."""

    field: Field
    comparator: Comparator
    value: Value


@dataclass(frozen=True)
class PropertyComparison:
    """``"@key": {…}``: some property of this key has a value for which that holds.

    ``key`` may be ``*`` for any key. ``"@key": {"$ne": v}`` holds for items without the property
    as well, and ``$nmatch`` likewise: no property of this key has such a value. A ``value`` of
    ``*`` with $eq or $match asks whether there is one.
    """

    key: str
    comparator: Comparator
    value: Value


@dataclass(frozen=True)
class Criteria:
    """Criteria under one operator; none at all hold for everything."""

    group: Group = Group.AND
    criteria: tuple[Criterion, ...] = ()


Criterion = Comparison | PropertyComparison | Criteria


@dataclass(frozen=True)
class WholeDomain:
    """``include("property")``, ``include("stat")``, ``include("*")``: every field of a domain."""

    domain: Domain


@dataclass(frozen=True)
class IncludedProperty:
    """``include("@key")``: properties of one key, ``*`` for all."""

    key: str


Included = Field | WholeDomain | IncludedProperty


@dataclass(frozen=True)
class Sort:
    direction: Direction
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class Query:
    """``include`` is empty for the default fields of the domain; ``limit`` None for no limit.

    Of a domain without rows ``Field.name`` may be a path that goes on from there, see
    ``fields.info``.
    """

    domain: Domain
    criteria: Criteria = field(default_factory=Criteria)
    include: tuple[Included, ...] = ()
    sort: Sort | None = None
    offset: int = 0
    limit: int | None = None
    distinct: bool = False
    transitive: bool = False

    @property
    def any_type(self) -> bool:
        """Whether the query says itself which types it wants.

        False for items when no criterion looks at the type: then the query finds files only.
        """
        return _looks_at_type(self.criteria)


def _looks_at_type(criterion: Criterion) -> bool:
    if isinstance(criterion, Criteria):
        return any(_looks_at_type(each) for each in criterion.criteria)
    return isinstance(criterion, Comparison) and criterion.field == Field(Domain.ITEMS, "type")
