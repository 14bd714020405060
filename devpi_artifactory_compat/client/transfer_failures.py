"""Whatever ends an export or an import becomes one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from devpi_artifactory_compat.client.failure import CannotTransfer
from devpi_artifactory_compat.client.failure import Failure
from devpi_artifactory_compat.storage.transfer.failures import TransferFailed
from devpi_server.main import Fatal
import logging


@contextmanager
def failures_told(*, remedy: str = "") -> Iterator[None]:
    """Raises CannotTransfer, and nothing but that, with what to do about it behind the reason."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        yield
    except Fatal as exc:
        cause = f" ({exc.__cause__})" if exc.__cause__ else ""
        raise _failure(f"{exc}{cause}", remedy) from exc
    except (Failure, TransferFailed, OSError) as exc:
        raise _failure(str(exc), remedy) from exc
    except KeyboardInterrupt as exc:
        raise _failure("Interrupted.", remedy) from exc
    except SystemExit as exc:
        if not exc.code:
            # devpi-server's --help
            raise
        # devpi-server has logged why
        raise _failure(errors.last or "devpi-server refuses the export.", remedy) from exc
    except Exception as exc:
        # seen with devpi-server's --debug alone
        logging.getLogger().debug("the transfer failed", exc_info=True)
        raise _failure(f"{type(exc).__name__}: {exc}", remedy) from exc
    finally:
        logging.getLogger().removeHandler(errors)


def _failure(reason: str, remedy: str) -> CannotTransfer:
    return CannotTransfer(f"{reason} {remedy}".strip())


class _Errors(logging.Handler):
    """Remembers the last error that was logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        # what devpi-server logs outside of a request begins so
        self.last = record.getMessage().removeprefix("NOCTX ")
