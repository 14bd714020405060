"""What a query may be at most; each limit is refused with a message that names it."""

from __future__ import annotations


#: characters of a query, of which jf sends tens of thousands when it excludes much
MAX_QUERY = 262_144

#: groups ($and, $or, $msp) within one another
MAX_DEPTH = 32

#: comparisons and groups of one query
MAX_CRITERIA = 2_000

#: fields of one include
MAX_INCLUDES = 100

#: fields of one sort
MAX_SORT_FIELDS = 16

#: characters of one value or name, as it is written
MAX_TEXT = 8_192

#: of ``limit`` and ``offset``, and of numbers and dates either side of 0
MAX_NUMBER = 2**63 - 1
