"""A replica writes nothing: what only its primary can answer is asked there."""

from __future__ import annotations

from devpi_server.main import XOM


class AskPrimary(Exception):
    """The whole request is to be answered by the primary; what it stores comes by replication."""


def ask_primary(xom: XOM) -> None:
    """To be called before anything that writes. Raises AskPrimary on a replica."""
    if xom.is_replica():
        raise AskPrimary
