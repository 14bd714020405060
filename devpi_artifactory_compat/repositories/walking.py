"""All that lies below a folder of a repository."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Child
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
    # paths can be deeper than functions may call each other
    levels = [_level(start)]
    while levels:
        prefix, children = levels[-1]
        child = next(children, None)
        if child is None:
            levels.pop()
            continue
        item = look(f"{prefix}{child.name}")
        if item is None:
            continue
        yield item
        if isinstance(item, Folder) and (depth is None or len(levels) < depth):
            levels.append(_level(item))


def _level(folder: Folder) -> tuple[str, Iterator[Child]]:
    return (f"{folder.path}/" if folder.path else "", iter(folder.children))
