"""What a command shows while it runs: on a terminal one line that is kept up to date, elsewhere plain lines."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from types import TracebackType
from typing import Protocol, Self

from assay.cli import voice

EVERY = 0.2
"""Seconds between two looks at the progress."""
_CLEAR = "\r\x1b[2K"


class Watched(Protocol):
    """What can be kept up to date: the line about it, and whether somebody looks."""

    shown: bool

    def line(self, width: int) -> str:
        """What there is to say, cut to the width in columns."""


class Screen:
    """Where lines go. A context: the line that is kept up to date is gone when it ends.

    `live` says whether there is such a line: not in a file or a pipe, not on a terminal that knows no cursor, and not
    in CI, whose logs keep every version of it. `NO_COLOR` is respected.
    """

    def __init__(self, quiet: bool = False) -> None:
        terminal = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.quiet = quiet
        self.colour = terminal and not os.environ.get("NO_COLOR")
        self.live = terminal and not quiet and not os.environ.get("CI")
        self._progress: Watched | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep_up, name="progress", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            self._write(_CLEAR)

    def watch(self, progress: Watched) -> None:
        """Show this progress from now on, where it can be shown."""
        if self.live:
            progress.shown = True
            self._progress = progress
            self._thread.start()

    def echo(self, line: str) -> None:
        """A line about the run, above the one that is kept up to date; left out where it shall be quiet."""
        if not self.quiet:
            self.say(line)

    def say(self, line: str) -> None:
        """A line that is always shown."""
        with self._lock:
            if self._thread.is_alive():
                voice.say(_CLEAR, nl=False)
            voice.say(line)

    def _keep_up(self) -> None:
        assert self._progress is not None
        while not self._over.wait(EVERY):
            width = shutil.get_terminal_size().columns - 1
            self._write(f"{_CLEAR}{self._progress.line(width)}")

    def _write(self, text: str) -> None:
        with self._lock:
            voice.say(text, nl=False)
