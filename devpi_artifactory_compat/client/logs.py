"""devpi-server's log: all of it in a file, on the terminal only what needs a person."""

from __future__ import annotations

from devpi_server.config import Config
from devpi_server.log import configure_logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
import logging


LOG_NAME = "devpi-server.log"
LOG_BYTES = 10_000_000
LOG_BACKUPS = 3
LOG_FORMAT = "%(asctime)s %(levelname)-5.5s %(message)s"


class OneLine(logging.Formatter):
    """The level and the message alone: tracebacks stand in the log."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.capitalize()}: {record.getMessage()}"


def start_log(config: Config, *, verbose: bool) -> Path | None:
    """Send the log to a file in the server directory, with ``verbose`` to stderr as well.

    Answers with the file, or with None when ``--logger-cfg`` decides where the log goes.
    """
    configure_logging(config.args)
    if config.args.logger_cfg:
        return None
    root = logging.getLogger()
    root.handlers.clear()
    path = config.server_path.absolute() / LOG_NAME
    root.addHandler(_formatted(_rotated(path)))
    if verbose:
        root.addHandler(_formatted(logging.StreamHandler()))
    return path


def show_warnings() -> None:
    """From now on warnings and errors of the server appear on stderr, one line each."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.addFilter(is_for_people)
    handler.setFormatter(OneLine())
    logging.getLogger().addHandler(handler)


def is_for_people(record: logging.LogRecord) -> bool:
    """False for what is said although nothing is wrong.

    After uploads devpi-server waits for files and looks again; waitress tells of each request that
    waits for a thread.
    """
    return record.name != "waitress.queue" and "Waiting for file" not in str(record.msg)


def _rotated(path: Path) -> logging.Handler:
    return RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_BACKUPS, encoding="utf-8")


def _formatted(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    return handler
