"""When a load counts: from when the target is steady, until enough is known.

It watches the windows as they come (see `running.measure`), and what it says depends on nothing else: the same windows
are judged the same, live or from a record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from assay.load.clock import SECOND
from assay.load.intervals import ranks, student
from assay.load.plan import Window, quantile_of
from assay.load.windows import BITS

AGREEING: Final = 3
"""Windows that have to agree."""
WITHIN: Final = 0.05
"""How far, as a share, from their mean."""
FEWEST: Final = 20
"""Answers in a window; one of fewer is joined with the next."""
TREND: Final = 6
"""Windows by whose backlog it is told that a target cannot keep up."""
BIN: Final = 2.0 ** -(BITS + 1)
"""Half of a bin as a share of what is in it."""
NARROWED: Final = (0.5, 0.99)
"""The quantiles whose intervals are to become narrow."""
Further = Callable[[Window, bool], bool]
"""Shown a window and whether it counts; says whether to go on."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How much is enough, once the target is steady: so many seconds and so many answers, and intervals so narrow.

    `narrow` is half of the interval of p50 and of p99 as a share of them; None to stop at the minimum. Whatever comes,
    it is over after `warm_up` + `longest` seconds.
    """

    seconds: float = 10.0
    count: int = 100
    narrow: float | None = 0.05
    warm_up: float = 60.0
    """Seconds that the target gets to become steady; 0 to count from the start."""
    longest: float = 60.0

    @property
    def bound(self) -> float:
        """Seconds after which it is over."""
        return self.warm_up + max(self.longest, self.seconds)


class Course:
    """Watches a load. `since` is when the target had become steady, ns; None until then."""

    def __init__(self, wish: Wish, further: Further | None = None) -> None:
        self._wish, self._further = wish, further
        self._groups: list[Window] = []
        self._bins: Counter[int] = Counter()
        self._begun: int | None = None
        self.since: int | None = None
        self.gave_up = False
        """Whether the target did not become steady in time, so that it counts from then on though it is not."""
        self.time_is_up = False
        """Whether it was over because it had taken as long as it may."""

    def __call__(self, window: Window) -> bool:
        """Whether to go on after this window."""
        if self._begun is None:
            self._begun = self.since_start(window)
        going_on = self._further(window, self.since is not None) if self._further is not None else True
        if self.since is None:
            self._warm(window)
            return going_on
        self._bins.update(window.bins)
        return going_on and not self._enough(window)

    def unsteady(self, lasted: float) -> str:
        """That the target did not become steady in a load of so many seconds; empty where it did, or need not."""
        if self._wish.warm_up <= 0 or not (self.gave_up or self.since is None):
            return ""
        return f"the target did not become steady within {min(self._wish.warm_up, lasted):.3g} s"

    def since_start(self, window: Window) -> int:
        """When the load began; without a warm-up it counts from then."""
        if self._wish.warm_up <= 0:
            self.since = window.start
        return window.start

    def _warm(self, window: Window) -> None:
        _add(self._groups, window)
        if steady(self._groups):
            self.since = window.end
        elif self._begun is not None and window.end - self._begun >= self._wish.warm_up * SECOND:
            self.since, self.gave_up = window.end, True

    def _enough(self, window: Window) -> bool:
        assert self.since is not None
        wish, seconds, count = self._wish, (window.end - self.since) / SECOND, self._bins.total()
        if seconds >= max(wish.longest, wish.seconds):
            self.time_is_up = True
            return True
        if seconds < wish.seconds or count < wish.count:
            return False
        return wish.narrow is None or all(width(self._bins, share) <= wish.narrow for share in NARROWED)


def _add(groups: list[Window], window: Window) -> None:
    """Add a window to those before, or to the last of them as long as that is too small to tell anything."""
    if groups and groups[-1].count < FEWEST:
        groups[-1] = _joined(groups[-1], window)
    else:
        groups.append(window)


def _joined(one: Window, other: Window) -> Window:
    return Window(
        other.number, one.start, other.end, one.count + other.count, Counter(one.failures) + Counter(other.failures),
        one.cold + other.cold, other.waiting, other.open, one.bins + other.bins, max(one.cpu, other.cpu),
        max(one.lag, other.lag), Counter(one.preempted) + Counter(other.preempted),
    )  # fmt: skip


def steady(windows: list[Window]) -> bool:
    """Whether the last windows agree in rate and p50, as far as so few answers can, and no model was loaded in them."""
    last = windows[-AGREEING:]
    if len(last) < AGREEING or any(each.cold or each.count < FEWEST for each in last):
        return False
    rates = np.array([each.rate for each in last])
    by_chance = 2 / float(np.sqrt(min(each.count for each in last)))
    if np.abs(rates / rates.mean() - 1).max() > max(WITHIN, by_chance):
        return False
    medians = np.array([each.quantile(0.5) or 0.0 for each in last])
    return bool(np.abs(medians / medians.mean() - 1).max() <= WITHIN) or _overlap(last)


def _overlap(windows: list[Window]) -> bool:
    """Whether there is a value that is in the interval of each window's median."""
    spans = [_span(each.bins, 0.5) for each in windows]
    return max(low for low, _ in spans) <= min(high for _, high in spans)


def _span(bins: Counter[int], share: float) -> tuple[float, float]:
    """The interval of a quantile; an open side lies nowhere."""
    count = bins.total()
    low, high = ranks(count, share)
    at = [None if rank is None else quantile_of(bins, rank / count) for rank in (low, high)]
    return (at[0] if at[0] is not None else -np.inf), (at[1] if at[1] is not None else np.inf)


def width(bins: Counter[int], share: float) -> float:
    """Half of a quantile's interval as a share of it, as far as bins tell; infinity where a side is open."""
    value, (low, high) = quantile_of(bins, share), _span(bins, share)
    return (high - low) / 2 / value + BIN if value else float("inf")


def falls_behind(windows: list[Window]) -> bool:
    """Whether the backlog of an open load grows, beyond what chance would: then no rate will be reached by waiting."""
    last = windows[-TREND:]
    if len(last) < TREND:
        return False
    slope, low, _ = trend([float(each.open) for each in last])
    return low > 0 and slope * TREND > 0.05 * max(sum(each.count for each in last), 20)


def trend(values: list[float]) -> tuple[float, float, float]:
    """The slope of a straight line through values a step apart, and between which slopes it lies with 95 % confidence.

    Raises ValueError for fewer than three.
    """
    if len(values) < 3:
        raise ValueError("a trend takes three values")
    steps, y = np.arange(len(values)) - (len(values) - 1) / 2, np.array(values)
    spread = float((steps**2).sum())
    slope = float((steps * y).sum()) / spread
    left = y - y.mean() - slope * steps
    error = float(np.sqrt((left**2).sum() / (len(values) - 2) / spread))
    half = student(len(values) - 2) * error
    return slope, slope - half, slope + half
