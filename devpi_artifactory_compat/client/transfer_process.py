"""What ``export`` and ``import`` set up in their process."""

from __future__ import annotations

import logging
import signal
import sys
import warnings


def prepare_process() -> None:
    """SIGTERM ends as Ctrl-C does; what libraries log for their developers is not shown."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    # without any handler logging would write warnings to stderr
    logging.getLogger().addHandler(logging.NullHandler())
