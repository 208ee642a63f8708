"""Student's t and the binomial, as far as two groups of repetitions need them. Held against SciPy in the tests.

The whole of SciPy would be a hundred megabytes for these few lines, in every container that only checks answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

_TINY = 1e-300
_CLOSE = 1e-15
_NEAR = 1e-11
_STEPS = 10_000


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function I_x(a, b), for 0 <= x <= 1 and positive a and b."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast below this point only
        return 1 - incomplete_beta(b, a, 1 - x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or _TINY)
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / ((1 + term * d) or _TINY)
            c = (1 + term / c) or _TINY
            value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return value


def two_sided(t: float, df: float) -> float:
    """The probability of a t at least so far from 0, either way."""
    return incomplete_beta(df / 2, 0.5, df / (df + t * t)) if math.isfinite(t) else 0.0


@lru_cache(maxsize=1024)
def t_quantile(share: float, df: float) -> float:
    """The t below which this share lies, 0.5 <= share < 1."""
    return _solve(lambda t: 1 - two_sided(t, df) / 2, share, upper=2.0)


def binomial_bounds(hits: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's bounds of a share, each one-sided at this confidence: it lies above, or below."""
    low = _solve(lambda x: incomplete_beta(hits, n - hits + 1, x), 1 - confidence) if hits else 0.0
    high = _solve(lambda x: incomplete_beta(hits + 1, n - hits, x), confidence) if hits < n else 1.0
    return low, high


def _solve(rising: Callable[[float], float], wanted: float, upper: float = 1.0) -> float:
    """Where a rising function takes a value, at or above 0. Above 1 the bracket is widened until it holds it.

    By false position, after Illinois: an end that stays is drawn nearer.
    """
    low, high = 0.0, upper
    below, above = rising(low) - wanted, rising(high) - wanted
    while upper > 1 and above < 0:
        low, below, high = high, above, high * 4
        above = rising(high) - wanted
    stayed = 0
    for _ in range(_STEPS):
        if high - low <= _NEAR * max(high, 1e-3) or below == 0 or above == 0:
            break
        middle = high - above * (high - low) / (above - below)
        value = rising(middle) - wanted
        if abs(value) < _CLOSE:
            return middle
        if value < 0:
            low, below, above, stayed = middle, value, above / 2 if stayed < 0 else above, -1
        else:
            high, above, below, stayed = middle, value, below / 2 if stayed > 0 else below, 1
    return low if below == 0 else high if above == 0 else (low + high) / 2
