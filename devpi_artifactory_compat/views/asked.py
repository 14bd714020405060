"""What a request to the storage API asks for."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.errors import ArtifactNotFound
from devpi_artifactory_compat.model import Artifact
from devpi_artifactory_compat.model import Folder
from devpi_artifactory_compat.repositories.base import Repository
from devpi_artifactory_compat.repositories.paths import check_item_path
from devpi_artifactory_compat.repositories.walking import walk
from devpi_artifactory_compat.storage.catching_up import catch_up
from devpi_artifactory_compat.storage.transactions import forget_reads
from devpi_artifactory_compat.views.queries import raw_query
from devpi_artifactory_compat.views.visit import Place
from devpi_artifactory_compat.views.visit import Visit
from functools import cached_property
from pyramid.request import Request


#: after so many items what was read of them is forgotten
_FORGET_EVERY = 500


class Asked:
    """One request's repository and path, once it may be read."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.visit = Visit(request)
        catch_up(self.visit.xom)
        self.key: str = request.matchdict["key"]
        self.path = check_item_path(request.matchdict.get("path", ""))
        self.place: Place = self.visit.readable_place(self.key)
        self.query = raw_query(request)

    @cached_property
    def repository(self) -> Repository:
        return self.visit.catalog.repository(self.place.entry.config.key)

    def index_of(self, item: Artifact) -> str:
        """devpi's name of the index that holds an artifact, also a member of a virtual one's."""
        return self.visit.place(item.repository).entry.index

    def item(self) -> Artifact | Folder:
        """Raises ArtifactNotFound."""
        return self.repository.item(self.path)

    def below(
        self, item: Artifact | Folder, *, depth: int | None = None
    ) -> Iterator[Artifact | Folder]:
        """As ``walk``, of any number of items in bounded memory.

        It may go on in another transaction than it began in: what changes meanwhile is seen, or
        not.
        """
        return items_below(self.visit, self.repository, item, depth=depth)


def items_below(
    visit: Visit, repository: Repository, item: Artifact | Folder, *, depth: int | None = None
) -> Iterator[Artifact | Folder]:
    """See ``Asked.below``."""

    def look(path: str) -> Artifact | Folder | None:
        try:
            return repository.item(path)
        except ArtifactNotFound:
            return None

    for number, found in enumerate(walk(look, item, depth=depth), 1):
        yield found
        if number % _FORGET_EVERY == 0:
            forget_reads(visit.xom.keyfs)
