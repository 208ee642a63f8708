"""How far a self-test has come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from assay.selftest.result import Fate, Result, counted

SHARES = 20
"""Where nobody looks at a line that is kept up to date, one is printed for each such part of the whole."""


@dataclass(slots=True)
class Trying:
    """What is going on. `shown` says that somebody looks at it all the time."""

    total: int
    doing: str = "a run without any fault"
    shown: bool = False
    results: list[Result] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    told: int = 0

    def take(self, result: Result) -> None:
        """Take in a result."""
        self.results.append(result)
        self.doing = result.fault

    def line(self, width: int) -> str:
        """`120/3,004 faults, 110 killed, 2 survived, 3:14  sam2.segment/truncated`, cut to the width in columns."""
        return f"{self._words()}  {self.doing}"[:width]

    def now_and_then(self) -> str:
        """A line for each further part of the whole, where nobody sees one that is kept up to date."""
        part = len(self.results) * SHARES // max(self.total, 1)
        if self.shown or part == self.told:
            return ""
        self.told = part
        return self._words()

    def _words(self) -> str:
        counts = counted(self.results)
        words = [f"{len(self.results):,}/{self.total:,} faults"]
        words += [f"{counts[fate]:,} {fate}" for fate in Fate if counts[fate]]
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        return ", ".join([*words, f"{minutes}:{seconds:02}"])
