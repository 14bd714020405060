"""Why an export or an import cannot be done."""

from __future__ import annotations


class TransferFailed(Exception):
    """The message is for the person who started it and names the file or the artifact."""
