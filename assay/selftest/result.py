"""What became of each fault, and what that says about the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from assay.errors import Exit
from assay.faults import Derived, Fault
from assay.record import Outcome
from assay.selftest.aim import COUNTED
from assay.selftest.attempt import Found


class Fate(StrEnum):
    """What became of a fault."""

    KILLED = "killed"
    """The verdict changed: the exit code, or a new warning."""
    SURVIVED = "survived"
    """It changed answers, somebody was wronged, and nothing was said."""
    UNPROMISED = "unpromised"
    """The same, but no document promises what it broke."""
    UNCHANGED = "changed nothing"
    """It altered no exchange that was sent, or no answer: it was not tried."""
    UNDECIDED = "undecided"
    """It could not be tried to the end."""


@dataclass(frozen=True, slots=True)
class Result:
    """One fault and its fate. `rule`, `case` and `outcome` are the first that name it; `rules` all that do.

    `unexpected` says that it is named by other rules than the fault does. `reason` tells why nobody is wronged, or what
    ended the check.
    """

    fault: str
    kind: str
    operations: tuple[str, ...]
    sentence: str
    operator: str
    place: str
    promise: str
    fate: Fate
    rule: str = ""
    case: str = ""
    outcome: str = ""
    rules: tuple[str, ...] = ()
    unexpected: bool = False
    reason: str = ""
    exchanges: int = 0
    changed: int = 0
    tried: tuple[str, ...] = ()
    crashes: tuple[tuple[str, str], ...] = ()
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The result as it stands in self-test.json."""
        return {**asdict(self), "fate": str(self.fate), "seconds": round(self.seconds, 2)}


def result_of(fault: Fault, found: Found) -> Result:
    """What a check says about a fault."""
    derived = fault if isinstance(fault, Derived) else None
    naming = _first(fault, found)
    fate, reason = _fate(fault, found)
    return Result(
        fault=fault.name,
        kind="derived" if derived else "named",
        operations=fault.operations,
        sentence=fault.sentence,
        operator=derived.operator if derived else "",
        place=derived.place if derived else "",
        promise=derived.promise if derived else "",
        fate=fate,
        rule=naming.rule if naming else "",
        case=naming.case if naming else "",
        outcome=str(naming.kind) if naming else "",
        rules=tuple(dict.fromkeys(outcome.rule for outcome in found.bad)),
        unexpected=bool(naming and fault.breaks and naming.rule not in fault.breaks),
        reason=reason,
        exchanges=found.tally.exchanges,
        changed=found.tally.changed,
        tried=tuple(sorted(found.tried)),
        crashes=found.crashes,
        seconds=found.seconds,
    )


def undecided(fault: Fault, reason: str) -> Result:
    """The result of a fault that could not be tried."""
    return _with_reason(result_of(fault, Found(problem=reason, ended=int(Exit.UNDECIDED))), reason)


def _with_reason(result: Result, reason: str) -> Result:
    return Result(**{**{name: getattr(result, name) for name in Result.__slots__}, "reason": reason})


def _first(fault: Fault, found: Found) -> Outcome | None:
    """The outcome that names the fault: of a rule that ought to, else a broken one, else one that was prevented."""
    expected = (outcome for outcome in found.broken if outcome.rule in fault.breaks)
    return next(expected, next(iter((*found.broken, *found.bad)), None))


def _fate(fault: Fault, found: Found) -> tuple[Fate, str]:
    if found.bad:
        return Fate.KILLED, ""
    if found.tally.broken:
        return Fate.UNDECIDED, "the fault itself raised an exception"
    if found.ended in (Exit.UNDECIDED, Exit.SOFTWARE):
        return Fate.UNDECIDED, found.problem
    if found.ended not in (Exit.OK, Exit.FAILED):  # of what is bad without the fault, too, nothing is said here
        return Fate.KILLED, found.problem or f"the check ends with exit code {found.ended}"
    if not found.tally.changed:
        return Fate.UNCHANGED, "it altered no exchange"
    if found.tally.compared and not found.tally.answered_otherwise:
        return Fate.UNCHANGED, "it altered requests, and their answers said the same"
    if isinstance(fault, Derived) and fault.promise not in COUNTED:
        return Fate.UNPROMISED, fault.because or "the open-source server alone promises it"
    return Fate.SURVIVED, ""


@dataclass(slots=True)
class Matrix:
    """All results of a self-test, and the faults that were still to be tried when it ended."""

    results: list[Result] = field(default_factory=list)
    left: int = 0
    interrupted: bool = False

    def of(self, *fates: Fate) -> list[Result]:
        """The results with one of these fates."""
        return [result for result in self.results if result.fate in fates]

    @property
    def idle_rules(self) -> dict[str, int]:
        """The rules that noticed none of the faults that they were tried on, with the number of these."""
        caught = {rule for result in self.results for rule in result.rules}
        return {rule: number for rule, number in self._tried().items() if rule not in caught}

    def _tried(self) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for result in self.of(Fate.KILLED, Fate.SURVIVED, Fate.UNPROMISED):
            for rule in result.tried:
                counts[rule] = counts.get(rule, 0) + 1
        return dict(sorted(counts.items()))

    @property
    def exit_code(self) -> Exit:
        """1 where a fault that changed answers survived, 9 where some were not tried to the end, 4 where none was."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.of(Fate.SURVIVED):
            return Exit.FAILED
        if self.left or self.of(Fate.UNDECIDED):
            return Exit.UNDECIDED
        return Exit.OK if self.of(Fate.KILLED, Fate.UNPROMISED) else Exit.NOTHING_CHECKED


def counted(results: Iterable[Result]) -> dict[Fate, int]:
    """How many met each fate."""
    counts = dict.fromkeys(Fate, 0)
    for result in results:
        counts[result.fate] += 1
    return counts
