"""Our index type ``virtual``."""

from __future__ import annotations

from devpi_server.model import BaseStageCustomizer


class VirtualCustomizer(BaseStageCustomizer):
    """An index that takes no uploads of its own and shows what its bases have.

    Uploads at the Artifactory URL of a virtual repository go to its default deployment
    repository; devpi's own upload URL refuses them.
    """

    readonly = True
