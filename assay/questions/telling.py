"""What came of a comparison, in words and in findings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from assay.contract.sentences import count
from assay.likeness.report import Difference, Likeness, Mark
from assay.record import Finding

POINT: Final = 3
"""px around a point that is marked."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What the two answers are called in sentences, and what marks in a picture are called by."""

    first: str
    second: str
    marks: tuple[str, str]


def finding(difference: Difference, exchange: str, names: Sides) -> Finding:
    """A difference as a finding about the second answer."""
    pointer = difference.second if difference.second is not None and difference.second[:1] in ("", "/") else None
    return Finding(
        difference.message.replace("the second answer", names.second).replace("the first answer", names.first),
        pointer,
        expected=_amount(difference.allowed, difference.unit),
        actual=_amount(difference.measured, difference.unit),
        exchange=exchange,
        marks=tuple(mark for each in difference.marks if (mark := _box(each, names)) is not None),
    )


def _amount(value: float | None, unit: str) -> str | None:
    return None if value is None or not math.isfinite(value) else f"{value:.4g} {unit}".strip()


def _box(mark: Mark, names: Sides) -> tuple[float, float, float, float, str] | None:
    """The box around what is marked, px; None where there is nothing."""
    xs, ys = mark.numbers[::2], mark.numbers[1::2]
    if not xs or not ys or not all(map(math.isfinite, mark.numbers)):
        return None
    around = POINT if mark.form == "point" else 0
    side = names.marks[mark.side != "first"]
    label = f"{side}: {mark.label}" if mark.label else side
    return min(xs) - around, min(ys) - around, max(xs) + around, max(ys) + around, label


def witness(found: Likeness) -> str:
    """What was compared, and where most of what is allowed was used."""
    compared = ", ".join(f"{number} {kind}" for kind, number in found.compared.items() if number)
    most = max(found.allowances, key=lambda each: each.used, default=None)
    words = [compared or "nothing in either answer"]
    if most is not None and most.used > 0:
        words.append(f"most used: {most.tolerance}, {_spent(most.measured, most.allowed, most.unit)}")
    if found.borderline:
        words.append(f"{count(len(found.borderline), 'prediction')} at the threshold on one side alone")
    return "; ".join(words)


def _spent(measured: float, allowed: float, unit: str) -> str:
    return f"{measured:.3g} of {allowed:.3g} {unit}".strip()
