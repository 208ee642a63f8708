"""What a check came to, in words: on the screen, and in findings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from assay.contract.sentences import count
from assay.golden.rules import ORPHAN
from assay.likeness.report import Difference, Likeness, Mark
from assay.record import Finding, Run
from assay.report import terminal, view
from assay.report.text import one_line

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
    used = max(found.allowances, key=lambda each: each.used, default=None)
    words = [compared or "nothing in either answer"]
    if used is not None and used.used > 0:
        words.append(f"most used: {used.tolerance}, {_spent(used.measured, used.allowed, used.unit)}")
    if found.borderline:
        words.append(f"{count(len(found.borderline), 'prediction')} at the threshold on one side alone")
    return "; ".join(words)


def _spent(measured: float, allowed: float, unit: str) -> str:
    return f"{measured:.3g} of {allowed:.3g} {unit}".strip()


def tightest(run: Run) -> dict[str, Mapping[str, Any]]:
    """Of all comparisons of a run the place where most of each tolerance was used, by tolerance; most used first."""
    found: dict[str, Mapping[str, Any]] = {}
    for comparison in run.comparisons.values():
        for each in comparison["likeness"]["allowances"]:
            before = found.get(each["tolerance"])
            if before is None or _used(each) > _used(before):
                found[each["tolerance"]] = each
    return dict(sorted(found.items(), key=lambda item: -_used(item[1])))


def _used(allowance: Mapping[str, Any]) -> float:
    used = allowance["used"]
    return math.inf if used is None else float(used)


def lines(run: Run, quiet: bool = False, colour: bool = False) -> Iterator[str]:
    """The report in lines, the verdict last."""
    if quiet:
        yield from terminal.closing(run)
        return
    orphans = [outcome["case"] for outcome in run.outcomes if outcome["rule"] == ORPHAN.id]
    if orphans:
        yield f"{count(len(orphans), 'golden answer')} of no question: {one_line(', '.join(orphans), 300)}"
    used = [(name, each) for name, each in tightest(run).items() if _used(each) > 0]
    for name, each in used[:TIGHTEST]:
        share = _used(each)
        told = f"{100 * share:.0f} %" if math.isfinite(share) else "more than all"
        spent = _spent(each["measured"] or 0, each["allowed"] or 0, each["unit"])
        yield f"  {name}: {told} of what is allowed was used ({spent})"
    for name in ("golden.says-the-same", "golden.is-there"):
        cases = [rule for rule in view.rules(run) if rule.id == name]
        for rule in cases:
            yield f"  {name}: {', '.join(f'{number} {kind}' for kind, number in rule.counts.items())}"
    yield from terminal.closing(run, colour=colour)
