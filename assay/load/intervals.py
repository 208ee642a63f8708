"""How sure a figure is: intervals of confidence that suppose nothing about the shape of a distribution.

They suppose that requests are independent. Within a run they are not quite, so that these are the narrowest that can be
honest; whether one run differs from another is never judged by them, only by several runs (see `compare`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

CONFIDENCE: Final = 0.95
_T: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
)  # fmt: skip
"""Student's t at 97.5 %, for 1 to 20 degrees of freedom."""


def ranks(count: int, share: float, confidence: float = CONFIDENCE) -> tuple[int | None, int | None]:
    """Which of `count` values in order, from 1, lie below and above a quantile so surely; None where none does.

    That many values lie below the quantile is binomial, whatever their distribution.
    """
    if count < 1:
        return None, None
    tail = (1 - confidence) / 2
    first, cumulated = _cumulated(count, share)
    low = first + int(np.searchsorted(cumulated, tail, side="right"))  # P(B < low) <= tail
    high = first + int(np.searchsorted(cumulated, 1 - tail, side="left")) + 1  # P(B >= high) <= tail
    return (low if low >= 1 else None), (high if high <= count else None)


def _cumulated(count: int, share: float) -> tuple[int, NDArray[np.float64]]:
    """P(B <= k) of the binomial B(count, share), from the first k that matters on."""
    middle, spread = count * share, math.sqrt(count * share * (1 - share))
    first, last = max(math.floor(middle - 12 * spread - 12), 0), min(math.ceil(middle + 12 * spread + 12), count)
    k = np.arange(first, last)
    steps = np.log((count - k) / (k + 1)) + math.log(share / (1 - share))
    start = math.lgamma(count + 1) - math.lgamma(first + 1) - math.lgamma(count - first + 1)
    start += first * math.log(share) + (count - first) * math.log1p(-share)
    return first, np.cumsum(np.exp(start + np.concatenate([[0.0], np.cumsum(steps)])))


def mean_interval(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Between which values a mean lies, by those of several batches; None where there is but one."""
    if len(values) < 2:
        return None, None
    half = student(len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    mean = float(values.mean())
    return mean - half, mean + half


def student(degrees: int) -> float:
    """Student's t at 97.5 %."""
    if degrees <= len(_T):
        return _T[degrees - 1]
    z = NormalDist().inv_cdf(0.975)
    return float(z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2))


def share_interval(hits: int, count: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Where a share lies of which `hits` in `count` were seen, by Clopper and Pearson: never too narrow."""
    tail = (1 - confidence) / 2
    if count == 0:
        return 0.0, 1.0
    low = 0.0 if hits == 0 else _solved(lambda share: 1 - at_most(hits - 1, count, share), tail)
    high = 1.0 if hits == count else 1 - _solved(lambda share: at_most(hits, count, 1 - share), tail)
    return low, high


def at_most(hits: int, count: int, share: float) -> float:
    """P(B <= hits) of the binomial B(count, share)."""
    if share <= 0 or share >= 1:
        return float(share <= 0)
    first, cumulated = _cumulated(count, share)
    if hits < first:
        return 0.0
    return float(cumulated[min(hits - first, len(cumulated) - 1)])


def _solved(growing: Callable[[float], float], wanted: float) -> float:
    """Where a growing function of a share reaches a value."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if growing(middle) > wanted else (middle, high)
    return (low + high) / 2
