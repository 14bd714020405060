"""Where on this server the content of a checksum lies, for deploys that send a checksum only."""

from __future__ import annotations

from collections.abc import Iterator
from devpi_artifactory_compat.storage.keys import digest_key
from devpi_server.main import XOM


#: more places of one content are not remembered; forgetting them all costs a client one upload
MAX_PLACES = 8


class Digests:
    """Places are ``(user, index, digest of the path)``."""

    def __init__(self, xom: XOM) -> None:
        self._xom = xom

    def places(self, digest: str) -> Iterator[tuple[str, str, str]]:
        for place in digest_key(self._xom, digest).get().get("places", ()):
            user, index, path = place
            yield user, index, path

    def add(self, digest: str, place: tuple[str, str, str]) -> None:
        known = list(self.places(digest))
        if place not in known and len(known) < MAX_PLACES:
            self._save(digest, [*known, place])

    def remove(self, digest: str, place: tuple[str, str, str]) -> None:
        known = list(self.places(digest))
        if place in known:
            self._save(digest, [other for other in known if other != place])

    def _save(self, digest: str, places: list[tuple[str, str, str]]) -> None:
        key = digest_key(self._xom, digest)
        if places:
            key.set({"places": [list(place) for place in places]})
        else:
            key.delete()
