"""Changes with their intervals as bars. All bars of a table share one scale; twice and half are equally far."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from assay.compare.ratio import Interval

WIDTH, HEIGHT = 240.0, 24.0
MARGIN = 8.0
MOST = math.log(8)
"""Changes beyond eight times are cut, and an arrow says so."""
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 7.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """Ratios on a line of WIDTH: no change lies in its middle. `reach` is the logarithm at its ends."""

    reach: float
    threshold: float

    @classmethod
    def over(cls, intervals: Iterable[Interval], threshold: float) -> Scale:
        """A scale that holds all of these, and shows the threshold in any case."""
        found = [abs(math.log(bound)) for each in intervals for bound in (each.low, each.high) if bound > 0]
        return cls(min(max([1.8 * math.log1p(threshold), *(1.1 * each for each in found)]), MOST), threshold)

    def x(self, ratio: float) -> float:
        """Where a ratio lies, in the SVG's units; beyond the ends, at them."""
        log = math.log(ratio) if ratio > 0 else -math.inf
        return WIDTH / 2 + (WIDTH / 2 - MARGIN) * max(-1.0, min(1.0, log / self.reach))

    @property
    def band(self) -> tuple[float, float]:
        """From where to where a change counts as none."""
        return self.x(1 / (1 + self.threshold)), self.x(1 + self.threshold)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Where the axis is marked, and how: no change, and as far as a round number fits on either side."""
        step = max((step for step in _STEPS if math.log1p(step) <= self.reach * 0.97), default=self.threshold)
        middle = "0 %" if step < 1 else "1x"
        return [(self.x(1 / (1 + step)), _less(step)), (self.x(1), middle), (self.x(1 + step), _more(step))]

    def bar(self, interval: Interval) -> Bar:
        """The bar of a change."""
        low, high = self.x(interval.low), self.x(interval.high)
        cut_low = interval.low <= 0 or math.log(interval.low) < -self.reach
        return Bar(low, self.x(interval.value), high, cut_low, math.log(interval.high) > self.reach)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from `low` to `high` with its value between; `cut_low` and `cut_high` say where it goes on beyond."""

    low: float
    value: float
    high: float
    cut_low: bool
    cut_high: bool


def _more(step: float) -> str:
    return f"+{100 * step:g} %" if step < 1 else f"{1 + step:g}x"


def _less(step: float) -> str:
    return f"−{100 * (1 - 1 / (1 + step)):.2g} %" if step < 1 else f"1/{1 + step:g}x"
