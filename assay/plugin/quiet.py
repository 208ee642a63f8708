"""What a run keeps from the libraries and the system beneath it: files of their own, a log that would spell out the
key, and an end without a word.
"""

from __future__ import annotations

import logging
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import configuration

LOGGERS = ("httpx", "httpcore")


@contextmanager
def hypothesis_elsewhere() -> Iterator[None]:
    """Whatever Hypothesis keeps, it keeps in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="assay-hypothesis-") as folder:
        configuration.set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(None)


@contextmanager
def silent_client() -> Iterator[None]:
    """The HTTP client logs no request: its URL holds the key, and pytest shows a log to whoever asks for one."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before):
            logger.setLevel(level)


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: what was measured is kept, and reported."""
    taken = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if taken:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        if taken:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
