"""What became of each case before, and what becomes of it now.

Where a side has several runs, the worst that became of a case in any of them is what counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from assay.compare.sides import Side
from assay.contract.rule import decides
from assay.errors import Exit
from assay.record import NOT_COME_TO, Run

Case = tuple[str, str]
Event = dict[str, Any]

BROKEN = frozenset({"fail", "warn", "error"})
HELD = frozenset({"pass", "note", "resolved"})
LISTED = "known"
WORST_FIRST = (
    *("fail", "error", "warn", "blocked", LISTED, "resolved", "inconclusive", "skip", "disabled", "note", "pass"),
)
NOT_THERE = "absent"


@dataclass(frozen=True, slots=True)
class Change:
    """One case whose outcome is another now. `decides` says whether its rule decides an exit code."""

    rule: str
    case: str
    base: str
    new: str
    message: str
    decides: bool

    @property
    def is_open(self) -> bool:
        """Whether its run may not have come to it, so that nobody knows what would have become of it."""
        return self.new == NOT_THERE or _was_not_come_to(self.new, self.message)


@dataclass(frozen=True, slots=True)
class Conformance:
    """The changes from base to new.

    `failing`: held, or was a listed deviation, and is broken now. `passing`: was broken, or listed, and holds.
    `untested`: held, and was not judged now. `listed`: held or was broken, and is a listed deviation now. `unjudged`:
    broken now, where the base did not judge it or did not have it. `interrupted` names the sides that were cut short:
    by whoever stopped them, by their bounds, or by a target that was gone.
    """

    cases: int
    failing: list[Change] = field(default_factory=list)
    passing: list[Change] = field(default_factory=list)
    untested: list[Change] = field(default_factory=list)
    listed: list[Change] = field(default_factory=list)
    unjudged: list[Change] = field(default_factory=list)
    interrupted: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[str, list[Change]]:
        """Each kind of change in words, those first that a reader should see first."""
        return {
            "newly failing": self.failing,
            "newly untested": self.untested,
            "failing, and not judged before": self.unjudged,
            "newly passing": self.passing,
            "newly a listed deviation": self.listed,
        }


def compare_cases(base: Side, new: Side) -> Conformance | None:
    """What changed between two sides; None where one of them judged no rule."""
    before, now = _outcomes(base), _outcomes(new)
    if not before or not now:
        return None
    cut = tuple(side.name for side in (base, new) if any(map(_is_cut_short, side.runs)))
    found = Conformance(len(before.keys() | now.keys()), interrupted=cut)
    for key, one in before.items():
        other = now.get(key)
        was, is_now = one["outcome"], other["outcome"] if other else NOT_THERE
        place = _place(found, was, is_now)
        if place is not None:
            place.append(_change(new if other else base, key, was, is_now, (other or {}).get("message", "")))
    for key in now.keys() - before.keys():
        if now[key]["outcome"] in BROKEN:
            found.unjudged.append(_change(new, key, NOT_THERE, now[key]["outcome"], now[key]["message"]))
    for changes in found.changes.values():
        changes.sort(key=lambda change: (not change.decides, change.rule, change.case))
    return found


def _is_cut_short(run: Run) -> bool:
    """Whether cases of a run may be judged otherwise, or at all, when it is gone through to its end."""
    if run.footer is None or run.footer["exit_code"] == Exit.UNREACHABLE:
        return True
    return any(_was_not_come_to(each["outcome"], each["message"]) for each in run.outcomes)


def _was_not_come_to(outcome: str, message: str) -> bool:
    return outcome == "disabled" and message.startswith(NOT_COME_TO)


def _place(found: Conformance, was: str, is_now: str) -> list[Change] | None:
    """The list that a case belongs to; None where nothing changed that matters."""
    if is_now in BROKEN:
        if was in BROKEN:
            return None
        return found.failing if was in HELD or was == LISTED else found.unjudged
    if is_now == LISTED:
        return found.listed if was in HELD | BROKEN else None
    if is_now in HELD:
        return found.passing if was in BROKEN or was == LISTED else None
    return found.untested if was in HELD else None


def _outcomes(side: Side) -> dict[Case, Event]:
    found: dict[Case, Event] = {}
    for event in _events(side):
        key = (event["rule"], event["case"])
        if key not in found or _rank(event) < _rank(found[key]):
            found[key] = event
    return found


def _events(side: Side) -> Iterator[Event]:
    for run in side.runs:
        yield from run.outcomes


def _rank(event: Event) -> int:
    return WORST_FIRST.index(event["outcome"])


def _change(side: Side, key: Case, was: str, is_now: str, message: str) -> Change:
    run = next(run for run in side.runs if key[0] in run.rules)
    strict = run.header["configuration"].get("strict") is True
    return Change(*key, was, is_now, message, decides(run.rules[key[0]]["severity"], strict))
