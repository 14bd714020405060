"""devpi's rights in Artifactory's letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from devpi_artifactory_compat.model import RepositoryClass
from devpi_artifactory_compat.storage.reading import EVERYBODY
from devpi_artifactory_compat.storage.reading import administrators
from devpi_artifactory_compat.storage.reading import principals_for_reading
from devpi_artifactory_compat.storage.reading import principals_for_upload
from devpi_artifactory_compat.views.downloader import NOBODY
from devpi_artifactory_compat.views.visit import Place
from devpi_artifactory_compat.views.visit import Visit


#: administer, delete, deploy, annotate, read
LETTERS = "mdwnr"

#: who has logged in, as devpi says it, and Artifactory's group of all of them
_LOGGED_IN = ":AUTHENTICATED:"
_LOGGED_IN_GROUP = "readers"


def principals_of(visit: Visit, place: Place) -> dict[str, dict[str, list[str]]]:
    """``{"users": {name: letters}, "groups": {name: letters}}`` of what lies under a key.

    Administrators and the owner of the index administer, and delete where artifacts lie;
    ``acl_upload`` deploys and annotates, ``acl_read`` reads. Groups are devpi's.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)

    def give(letters: str, principals: Iterable[str]) -> None:
        for principal in principals:
            found[principal].update(letters)

    index = place.entry.index
    admins = administrators(visit.xom)
    give("mdnr" if place.holds_artifacts else "mr", {*admins, index.partition("/")[0]})
    target = None if place.is_cache else visit.catalog.target_of(place.entry.config.key)
    if target is not None and target.config.rclass is RepositoryClass.LOCAL:
        give("w", admins)
        uploaders = principals_for_upload(visit.xom, target.index)
        give("wn" if place.holds_artifacts else "w", uploaders)
    give("r", principals_for_reading(visit.xom, index))
    return _shown(found)


def _shown(found: dict[str, set[str]]) -> dict[str, dict[str, list[str]]]:
    users: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for principal, given in sorted(found.items()):
        letters = [letter for letter in LETTERS if letter in given]
        if principal == EVERYBODY:
            users[NOBODY] = letters
        elif principal == _LOGGED_IN:
            groups[_LOGGED_IN_GROUP] = letters
        elif principal.startswith(":"):
            groups[principal[1:]] = letters
        else:
            users[principal] = letters
    return {"users": users, "groups": groups}
