"""How much of what was allowed two deployments, or one and its golden answers, have used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.record import Run
from assay.report.agreement import between
from assay.report.text import one_line


@dataclass(frozen=True, slots=True)
class Use:
    """One tolerance, where most of it was used: `share` of what is allowed, and more than 1 where it was broken."""

    name: str
    share: float
    spent: str
    asked: int
    question: str

    @property
    def told(self) -> str:
        """The share in words."""
        return f"{100 * self.share:.0f} %" if math.isfinite(self.share) else "more than all"


def used(run: Run) -> list[Use]:
    """Every tolerance that was asked, the most used first."""
    found: dict[str, Use] = {}
    for comparison in between(run):
        for each in comparison["likeness"]["allowances"]:
            now = _use(each, str(comparison["question"]))
            before = found.get(now.name)
            asked = now.asked + (before.asked if before else 0)
            most = before if before is not None and before.share >= now.share else now
            found[now.name] = Use(most.name, most.share, most.spent, asked, most.question)
    return sorted(found.values(), key=lambda use: (-use.share, use.name))


def _use(allowance: Mapping[str, Any], question: str) -> Use:
    share, measured, allowed = (allowance[name] for name in ("used", "measured", "allowed"))
    unit = one_line(str(allowance.get("unit", "")), 40)
    spent = f"{_number(measured)} where {_number(allowed)} {unit}".strip() + " is allowed"
    asked = allowance.get("count", 1)
    return Use(
        one_line(str(allowance["tolerance"]), 80),
        math.inf if share is None else float(share),
        spent,
        asked if isinstance(asked, int) else 1,
        one_line(question, 200),
    )


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else "no number"
