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
    # paths are deep enough to exhaust the interpreter's stack
    waiting = _children(start, depth)
    while waiting:
        path, left = waiting.pop()
        item = look(path)
        if item is not None:
            yield item
            waiting += _children(item, left)


def _children(item: Artifact | Folder, depth: int | None) -> list[tuple[str, int | None]]:
    """The paths to look at next, the last one first, each with the levels that are left."""
    if isinstance(item, Artifact) or depth == 0:
        return []
    prefix = f"{item.path}/" if item.path else ""
    left = None if depth is None else depth - 1
    return [(f"{prefix}{child.name}", left) for child in reversed(item.children)]
