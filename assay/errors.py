"""What can go wrong outside the target's answers, each with the exit code that a CI gate sees.

AssayError
├── UsageProblem         2   wrong usage or configuration
│   └── BudgetSpent      9   the requests or the time that were allowed are used up
├── TargetUnreachable    3   nobody answers, or the target is not ready
├── WireError            3   one exchange broke; within a case, it becomes `error`
└── Fault                70  Assay itself broke
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Self


class Exit(IntEnum):
    """Exit codes; where several apply, `EXIT_ORDER` says which one is given."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOTHING_CHECKED = 4
    STALE_DEVIATION = 5
    DIFFERENT = 8
    UNDECIDED = 9
    SOFTWARE = 70
    INTERRUPTED = 130


EXIT_ORDER = (
    Exit.INTERRUPTED,
    Exit.SOFTWARE,
    Exit.USAGE,
    Exit.UNREACHABLE,
    Exit.NOTHING_CHECKED,
    Exit.FAILED,
    Exit.DIFFERENT,
    Exit.STALE_DEVIATION,
    Exit.UNDECIDED,
    Exit.OK,
)


class AssayError(Exception):
    """An error that the user can act on: one sentence that names what is wrong and what to do."""

    exit_code: Exit = Exit.SOFTWARE


class UsageProblem(AssayError):
    """The command line, the environment or a configuration file is wrong."""

    exit_code = Exit.USAGE


class BudgetSpent(UsageProblem):
    """A bound of the user's own was reached: nothing more is asked, and that is no finding about the target.

    Before the first case it is wrong usage, exit code 2; later the run is reported as undecided.
    """


class TargetUnreachable(AssayError):
    """Nobody answers at the URL, or what answers is not the API or not ready."""

    exit_code = Exit.UNREACHABLE


class WireError(AssayError):
    """One exchange broke: refused, reset, timed out, or ended short."""

    exit_code = Exit.UNREACHABLE

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Fault(AssayError):
    """Assay itself broke: neither the user nor the target can mend it.

    `what` tells what happened, and `trace` where, for who can.
    """

    def __init__(self, what: str, kept: Path | None = None, trace: str = "") -> None:
        lies = f"; what was measured until then lies in {kept}" if kept else ""
        super().__init__(f"this is a fault in Assay: {what}; please report it{lies}")
        self.what = what
        self.trace = trace

    @classmethod
    def of(cls, error: BaseException, clean: Callable[[str], str], kept: Path | None = None) -> Self:
        """What an unexpected error comes to. `clean` takes secrets out; `kept` is where what was measured lies."""
        said = clean(str(error)).strip().splitlines()[-1:]  # of a traceback in words, the end tells
        what = ": ".join([type(error).__name__, *(line[:300] for line in said)])
        return cls(what, kept, clean("".join(traceback.format_exception(error))))
