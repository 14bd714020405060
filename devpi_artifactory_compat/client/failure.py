"""The one way in which the commands say that they cannot do what they were asked for."""

from __future__ import annotations

import click


class Failure(click.ClickException):
    """One line on stderr, exit status 2.

    Line breaks and runs of white space in ``message`` become single spaces.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class CannotStart(Failure):
    """The server cannot start or go on."""


class CannotTransfer(Failure):
    """The export or the import cannot be done, or did not finish."""


class CannotAsk(Failure):
    """A server that runs does not do what it was asked for, or cannot be reached."""
