"""Numbers as readers want them: three digits that count, with their interval."""

from __future__ import annotations

from assay.compare.judging import Center, Judged
from assay.compare.ratio import Interval


def number(value: float) -> str:
    """Three digits that count, and no exponent where a reader needs none."""
    if not 1e-6 < abs(value) < 1e9:
        return f"{value:.3g}" if value else "0"
    return f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:#.3g}".rstrip(".")


def told(center: Center) -> str:
    """A figure with its interval: `49.9 [49.1, 50.7]`."""
    if center.low is None or center.high is None:
        return number(center.value)
    return f"{number(center.value)} [{number(center.low)}, {number(center.high)}]"


def change(ratio: Interval) -> str:
    """A ratio as a change: `+8.4 % [+7.1, +9.8]`; a great one as a factor: `3.10x [2.90, 3.30]`."""
    if not 0.5 < ratio.value < 2 or ratio.high > 100:
        return f"{number(ratio.value)}x [{number(ratio.low)}, {number(ratio.high)}]"
    value, low, high = (round(100 * (each - 1), 1) + 0.0 for each in (ratio.value, ratio.low, ratio.high))
    return f"{value:+.1f} % [{low:+.1f}, {high:+.1f}]"


def from_to(judged: Judged) -> str:
    """`21.3 → 23.1 ms`."""
    return f"{number(judged.base.value)} → {number(judged.new.value)} {judged.unit}"
