"""How far a run has come, in one line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from assay.record import OutcomeKind
from assay.target import Target


@dataclass(slots=True)
class Progress:
    """What is going on: `done` of `total` collected cases, and `failed` and `warned` among them.

    `shown` says that somebody looks at it all the time.
    """

    doing: str = "reaching the target"
    done: int = 0
    total: int = 0
    failed: int = 0
    warned: int = 0
    target: Target | None = None
    shown: bool = False
    begun: float = field(default_factory=time.monotonic)

    def count(self, kind: OutcomeKind) -> None:
        """Take in an outcome."""
        self.failed += kind.is_failure
        self.warned += kind is OutcomeKind.WARN

    def line(self, width: int) -> str:
        """`42/219 cases, 1 failed, 310 requests, 0:07  hosted.boxes.in-pixels`, cut to the width in columns."""
        words = [f"{self.done}/{self.total} cases"] if self.total else []
        words += [f"{self.failed} failed"] if self.failed else []
        words += [f"{self.warned} warned"] if self.warned else []
        words += [f"{self.target.sent:,} requests"] if self.target else []
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        return f"{', '.join([*words, f'{minutes}:{seconds:02}'])}  {self.doing}"[:width]


Watch = Callable[[Progress], None]
