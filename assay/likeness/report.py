"""What came of comparing two answers: what differs, by how much, and how much of each tolerance was used."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

Side: TypeAlias = Literal["first", "second"]
Form: TypeAlias = Literal["box", "outline", "point"]
SIDES: tuple[Side, Side] = ("first", "second")


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to draw on the picture that was sent, as one side has it. Numbers are px, origin at the top left.

    `box`: x0, y0, x1, y1. `outline`: x, y, x, y of a closed line. `point`: x, y.
    """

    side: Side
    form: Form
    numbers: tuple[float, ...]
    label: str = ""

    def as_json(self) -> dict[str, Any]:
        """The mark as JSON; what is no number of JSON stands as null."""
        numbers = [_finite(number) for number in self.numbers]
        return {"side": self.side, "form": self.form, "numbers": numbers, "label": self.label}


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two answers do not say the same.

    `first` and `second` are JSON pointers into the two answers, None where a side has nothing there; what stands in no
    JSON has the name of its place: `status`, `header:content-type`, `body`.
    `measured` and `allowed` are in `unit`, None where nothing is measured. `tolerance` is the name in the profile.
    """

    kind: str
    first: str | None
    second: str | None
    message: str
    measured: float | None = None
    allowed: float | None = None
    unit: str = ""
    tolerance: str | None = None
    marks: tuple[Mark, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The difference as JSON."""
        return {
            "kind": self.kind,
            "first": self.first,
            "second": self.second,
            "message": self.message,
            "measured": _finite(self.measured),
            "allowed": _finite(self.allowed),
            "unit": self.unit,
            "tolerance": self.tolerance,
            "marks": [mark.as_json() for mark in self.marks],
        }


@dataclass(frozen=True, slots=True)
class Allowance:
    """The tightest place of one tolerance: where most of what was allowed was used.

    `used` is the share of it, 0 to 1, and more where the tolerance was broken; infinite where nothing is allowed. For
    tolerances that are floors (an IoU) it is the share of what may be missing to 1. `count` is how often it was asked.
    """

    tolerance: str
    measured: float
    allowed: float
    unit: str
    used: float
    place: str | None
    count: int = 1

    def as_json(self) -> dict[str, Any]:
        """The allowance as JSON; a `used` that is infinite stands as null."""
        return {
            "tolerance": self.tolerance,
            "measured": _finite(self.measured),
            "allowed": _finite(self.allowed),
            "unit": self.unit,
            "used": _finite(self.used),
            "place": self.place,
            "count": self.count,
        }


@dataclass(frozen=True, slots=True)
class Borderline:
    """A prediction that one side has alone, and that is no surer than the threshold allows to come and go."""

    side: Side
    pointer: str
    message: str
    confidence: float
    threshold: float
    marks: tuple[Mark, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The prediction as JSON."""
        return {
            "side": self.side,
            "pointer": self.pointer,
            "message": self.message,
            "confidence": _finite(self.confidence),
            "threshold": _finite(self.threshold),
            "marks": [mark.as_json() for mark in self.marks],
        }


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two answers compared. They are `alike` where there is no difference; a borderline prediction is none.

    `compared` counts what was looked at, by kind: it tells an answer that agrees from one that says nothing.
    """

    operation: str
    mode: str
    profile: str
    differences: tuple[Difference, ...]
    allowances: tuple[Allowance, ...]
    borderline: tuple[Borderline, ...] = ()
    compared: dict[str, int] = field(default_factory=dict, hash=False)

    @property
    def alike(self) -> bool:
        """Whether nothing was found that the profile does not allow."""
        return not self.differences

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of differences that occur, in the order in which they were found."""
        return tuple(dict.fromkeys(difference.kind for difference in self.differences))

    def as_json(self) -> dict[str, Any]:
        """The whole comparison as JSON."""
        return {
            "operation": self.operation,
            "mode": self.mode,
            "profile": self.profile,
            "alike": self.alike,
            "differences": [each.as_json() for each in self.differences],
            "allowances": [each.as_json() for each in self.allowances],
            "borderline": [each.as_json() for each in self.borderline],
            "compared": self.compared,
        }


def tightest(likenesses: Iterable[Likeness]) -> tuple[Allowance, ...]:
    """Of many comparisons the tightest place of each tolerance, by name, with how often it was asked in all."""
    found: dict[str, Allowance] = {}
    for likeness in likenesses:
        for each in likeness.allowances:
            found[each.tolerance] = _tighter(found.get(each.tolerance), each)
    return tuple(found[name] for name in sorted(found))


def _tighter(before: Allowance | None, now: Allowance) -> Allowance:
    if before is None:
        return now
    return replace(now if now.used > before.used else before, count=before.count + now.count)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def used(measured: float, allowed: float, floor: bool = False) -> float:
    """The share of an allowance that was used; a measurement that is no number has used more than all of it."""
    spent, most = (1 - measured, 1 - allowed) if floor else (measured, allowed)
    if math.isnan(spent):
        return math.inf
    if spent <= 0:
        return 0.0
    return spent / most if most > 0 else math.inf


class Ledger:
    """Collects what a comparison finds."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.borderline: list[Borderline] = []
        self.compared: dict[str, int] = {}
        self._allowances: dict[str, Allowance] = {}
        self._asked: dict[str, int] = {}

    def add(self, difference: Difference) -> None:
        """Keep a difference."""
        self.differences.append(difference)

    def count(self, kind: str, number: int = 1) -> None:
        """So many things of a kind were looked at."""
        self.compared[kind] = self.compared.get(kind, 0) + number

    def note(
        self, tolerance: str, measured: float, allowed: float, unit: str, place: str | None, *, floor: bool = False
    ) -> None:
        """Keep how much of a tolerance was used, where that is more than before."""
        share = used(measured, allowed, floor)
        self._asked[tolerance] = self._asked.get(tolerance, 0) + 1
        before = self._allowances.get(tolerance)
        if before is None or share > before.used:
            self._allowances[tolerance] = Allowance(tolerance, measured, allowed, unit, share, place)

    @property
    def allowances(self) -> tuple[Allowance, ...]:
        """The tightest place of each tolerance that was asked, by name."""
        return tuple(replace(self._allowances[name], count=self._asked[name]) for name in sorted(self._allowances))
