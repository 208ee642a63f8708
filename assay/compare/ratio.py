"""How two groups of repetitions differ: a ratio with its interval, how sure it is, how many more would decide.

Figures of speed are compared by their logarithms: a difference of 3 % is the same at 5 ms and at 500.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from assay.compare.student import t_quantile, two_sided

CONFIDENCE = 0.95
POWER = 0.8
"""How likely the planned repetitions shall decide, if the difference is what it seems to be."""
FURTHEST = 700.0
MOST_REPETITIONS = 200
"""More than so many are not planned: the difference lies too close to the threshold."""


def exp(log: float) -> float:
    """The exponential, kept within what a float and JSON hold: two repetitions may bound nothing at all."""
    return math.exp(max(-FURTHEST, min(log, FURTHEST)))


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Group:
    """The logarithms of one figure, one for each repetition of a side: their number, mean and variance."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Group:
        """From positive values. Raises ValueError where one is not positive, or there is none."""
        logs = [math.log(value) for value in values]
        return cls(len(logs), fmean(logs), variance(logs) if len(logs) > 1 else math.nan)

    @property
    def interval(self) -> Interval | None:
        """The geometric mean with its interval; None of a single repetition."""
        if self.n < 2:
            return None
        reach = t_quantile((1 + CONFIDENCE) / 2, self.n - 1) * math.sqrt(self.variance / self.n)
        return Interval(*(exp(self.mean + part) for part in (0, -reach, reach)))


@dataclass(frozen=True, slots=True)
class Difference:
    """Welch's comparison of two groups of at least two repetitions each: `log` is new against base."""

    base: Group
    new: Group

    @property
    def log(self) -> float:
        """The difference of the means of the logarithms."""
        return self.new.mean - self.base.mean

    @property
    def error(self) -> float:
        """Its standard error."""
        return math.sqrt(self.base.variance / self.base.n + self.new.variance / self.new.n)

    @property
    def df(self) -> float:
        """Its degrees of freedom, after Welch and Satterthwaite."""
        return _freedom(self.base.variance, self.base.n, self.new.variance, self.new.n)

    @property
    def p(self) -> float:
        """How often a difference at least so large is seen where there is none."""
        if self.error == 0:
            return float(self.log == 0)
        return two_sided(self.log / self.error, self.df)

    def bounds(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """The two-sided interval of the difference of the logarithms."""
        reach = t_quantile((1 + confidence) / 2, self.df) * self.error
        return self.log - reach, self.log + reach

    @property
    def ratio(self) -> Interval:
        """The ratio of new to base with its 95 % interval."""
        return Interval(exp(self.log), *map(exp, self.bounds()))

    def within(self, reach: float) -> bool:
        """Whether two one-sided tests show that the logarithms differ by less than `reach`, either way."""
        low, high = self.bounds(2 * CONFIDENCE - 1)
        return -reach < low and high < reach

    def more(self, room: float, share: float) -> int | None:
        """How many more repetitions a side would tell a difference of `room` with a t of this one-sided share.

        None where it would take more than MOST_REPETITIONS.
        """
        have, enough = max(self.base.n, self.new.n), MOST_REPETITIONS
        if not self._tells(room, share, enough):
            return None
        few = have
        while enough - few > 1:
            middle = (few + enough) // 2
            few, enough = (few, middle) if self._tells(room, share, middle) else (middle, enough)
        return max(enough - have, 1)

    def _tells(self, room: float, share: float, n: int) -> bool:
        error = math.sqrt((self.base.variance + self.new.variance) / n)
        df = math.floor(_freedom(self.base.variance, n, self.new.variance, n))  # a plan needs no fractions of them
        return room > 0 and room >= (t_quantile(share, df) + t_quantile(POWER, df)) * error


def _freedom(one: float, n: int, other: float, m: int) -> float:
    a, b = one / n, other / m
    if a + b == 0:
        return n + m - 2
    return float((a + b) ** 2 / (a * a / (n - 1) + b * b / (m - 1)))


def holm(chances: Sequence[float]) -> list[float]:
    """Each p adjusted for all of them, after Holm: the chance of any false alarm among them is that of one."""
    order = sorted(range(len(chances)), key=lambda each: chances[each])
    adjusted, so_far = [0.0] * len(chances), 0.0
    for rank, each in enumerate(order):
        so_far = max(so_far, min(1.0, chances[each] * (len(chances) - rank)))
        adjusted[each] = so_far
    return adjusted
