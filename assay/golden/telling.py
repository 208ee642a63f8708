"""What a check came to, in words: on the screen, and in findings."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from assay.contract.sentences import count
from assay.golden.rules import ORPHAN
from assay.likeness.report import Difference, Likeness, Mark
from assay.record import Finding, Run
from assay.report import terminal, view
from assay.report.text import one_line
from assay.report.tolerances import used

SIDES: Final = {"first": "golden", "second": "now"}
POINT: Final = 3
"""px around a point that is marked."""
TIGHTEST: Final = 3


def finding(difference: Difference, exchange: str) -> Finding:
    """A difference as a finding about the answer that came now."""
    pointer = difference.second if difference.second is not None and difference.second[:1] in ("", "/") else None
    return Finding(
        difference.message.replace("the second answer", "the answer now").replace(
            "the first answer", "the golden answer"
        ),
        pointer,
        expected=_amount(difference.allowed, difference.unit),
        actual=_amount(difference.measured, difference.unit),
        exchange=exchange,
        marks=tuple(mark for each in difference.marks if (mark := _box(each)) is not None),
    )


def _amount(value: float | None, unit: str) -> str | None:
    return None if value is None or not math.isfinite(value) else f"{value:.4g} {unit}".strip()


def _box(mark: Mark) -> tuple[float, float, float, float, str] | None:
    """The box around what is marked, px; None where there is nothing."""
    xs, ys = mark.numbers[::2], mark.numbers[1::2]
    if not xs or not ys or not all(map(math.isfinite, mark.numbers)):
        return None
    around = POINT if mark.form == "point" else 0
    label = f"{SIDES[mark.side]}: {mark.label}" if mark.label else SIDES[mark.side]
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


def lines(run: Run, quiet: bool = False, colour: bool = False) -> Iterator[str]:
    """The report in lines, the verdict last."""
    if quiet:
        yield from terminal.closing(run)
        return
    orphans = [outcome["case"] for outcome in run.outcomes if outcome["rule"] == ORPHAN.id]
    if orphans:
        yield f"{count(len(orphans), 'golden answer')} of no question: {one_line(', '.join(orphans), 300)}"
    for use in [each for each in used(run) if each.share > 0][:TIGHTEST]:
        yield f"  {use.name}: {use.told} of it was used, {use.spent}"
    for name in ("golden.says-the-same", "golden.is-there"):
        cases = [rule for rule in view.rules(run) if rule.id == name]
        for rule in cases:
            yield f"  {name}: {', '.join(f'{number} {kind}' for kind, number in rule.counts.items())}"
    yield from terminal.closing(run, colour=colour)
