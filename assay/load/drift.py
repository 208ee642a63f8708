"""Whether something drifts over hours: latencies, or what a server holds in memory. How surely, and a verdict.

It is judged by some twenty parts of the time, and never by single values: those that lie side by side share whatever
happened in their minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, TypeVar

from assay.load.clock import SECOND
from assay.load.figures import MS
from assay.load.listening import ProcessReading
from assay.load.plan import Measurement, quantile_of
from assay.load.steady import trend

HOUR: Final = 3600.0
PARTS, FEWEST_PARTS = 20, 6
TOLERATED: Final = 0.05
"""As a share, by how much something may change over the whole time and still be called steady."""
MB: Final = 1e6
T = TypeVar("T")


class Course(StrEnum):
    """What a drift comes to."""

    STEADY = "steady"
    GROWS = "grows"
    FALLS = "falls"
    UNDECIDED = "undecided"


SAID: Final = {
    Course.STEADY: "is steady",
    Course.GROWS: "grows",
    Course.FALLS: "falls",
    Course.UNDECIDED: "may drift",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """How something changes in an hour, as a share of its `mean`, and between which values that lies at 95 %."""

    what: str
    unit: str
    mean: float
    hours: float
    an_hour: float
    low: float
    high: float

    @property
    def course(self) -> Course:
        """It grows or falls where no change is ruled out and it comes to something; steady where that is ruled out."""
        low, change, high = (share * self.hours for share in (self.low, self.an_hour, self.high))
        if low > 0 and change > TOLERATED:
            return Course.GROWS
        if high < 0 and change < -TOLERATED:
            return Course.FALLS
        return Course.STEADY if low > -TOLERATED and high < TOLERATED else Course.UNDECIDED

    @property
    def sentence(self) -> str:
        """The verdict with what it rests on."""
        low, change, high = (f"{share * self.hours:+.1%}" for share in (self.low, self.an_hour, self.high))
        length = f"{self.hours:.3g} h" if self.hours >= 1 else f"{self.hours * HOUR:.3g} s"
        beyond = "; a longer soak would tell" if self.course is Course.UNDECIDED else ""
        return (
            f"{self.what}, {self.mean:.4g} {self.unit} on average, {SAID[self.course]}: {change} in {length} "
            f"(95 %: {low} to {high}){beyond}"
        )


def of_latencies(measurement: Measurement) -> Drift | None:
    """How p50 drifts over the time that counts; None where too few windows tell."""
    counted = [window for window in measurement.windows if window.start >= measurement.since and window.count]
    medians = []
    for part in _parts(counted):
        bins = sum((window.bins for window in part), Counter[int]())
        middle = (part[0].start + part[-1].end) / 2
        medians.append((middle, (quantile_of(bins, 0.5) or 0.0) / MS))
    return _drift("p50", "ms", medians)


def of_memory(readings: Sequence[ProcessReading], since: int, until: int) -> Drift | None:
    """How what the server's processes hold drifts from one time to another, ns; None where too few readings tell."""
    counted = [reading for reading in readings if since <= reading.at <= until]
    held = []
    for part in _parts(counted):
        middle = (part[0].at + part[-1].at) / 2
        held.append((middle, sum(reading.memory for reading in part) / len(part) / MB))
    return _drift("the server's memory", "MB", held)


def _parts(values: Sequence[T]) -> list[Sequence[T]]:
    """So many parts of the same length, one after the other; none where there are too few values."""
    count = min(PARTS, len(values))
    if count < FEWEST_PARTS:
        return []
    bounds = [len(values) * number // count for number in range(count + 1)]
    return [values[start:end] for start, end in pairwise(bounds)]


def _drift(what: str, unit: str, points: Sequence[tuple[float, float]]) -> Drift | None:
    mean = sum(value for _, value in points) / len(points) if points else 0.0
    if mean <= 0:
        return None
    step = (points[-1][0] - points[0][0]) / (len(points) - 1) / SECOND
    slope, low, high = (value * HOUR / step / mean for value in trend([value for _, value in points]))
    return Drift(what, unit, mean, step * len(points) / HOUR, slope, low, high)
