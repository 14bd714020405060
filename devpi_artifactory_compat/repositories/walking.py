"""All that lies below a folder of a repository."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder


#: as ``Repository.item`` or ``ArtifactStore.item``
Look = Callable[[str], Artifact | Folder | None]


def walk(
    look: Look, start: Artifact | Folder, *, depth: int | None = None
) -> Iterator[Artifact | Folder]:
    """Each artifact and folder below ``start`` in the order of their paths, not itself.

    ``depth`` is how many levels are gone down, None for all. Children that are gone meanwhile, or
    may not be seen, are passed over.
    """
    if isinstance(start, Artifact) or depth == 0:
        return
    prefix = f"{start.path}/" if start.path else ""
    for child in start.children:
        item = look(f"{prefix}{child.name}")
        if item is None:
            continue
        yield item
        yield from walk(look, item, depth=None if depth is None else depth - 1)
