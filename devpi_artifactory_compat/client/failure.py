"""The one way in which ``serve`` says that it cannot start."""

from __future__ import annotations

import click


class CannotStart(click.ClickException):
    """The server cannot start or go on: one line on stderr, exit status 2.

    Line breaks and runs of white space in ``message`` become single spaces.
    """

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
