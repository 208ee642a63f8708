"""From rows to figures: how long, how many, and how surely. What failed is counted by its kind and in no latency.

Latencies are in ms. In an open loop a response counts from when its request was to be sent: a server that stalls is
charged for all who would have come meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from assay.load.clock import SECOND
from assay.load.columns import Failure
from assay.load.intervals import mean_interval, ranks, share_interval
from assay.load.plan import Measurement
from assay.load.rows import Rows

SHARES: Final = (0.5, 0.9, 0.95, 0.99, 0.999)
FAR: Final = 0.999
BEYOND: Final = 10
"""Values that must lie beyond a far quantile before it is told."""
MOST_BATCHES, BATCH = 30, 1.0
"""Batches of at least so many seconds, of which the rate's interval is made."""
LONGEST_US, DIGITS = 24 * 3600 * 10**6, 3
MS: Final = 1e6
Latencies = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile in ms, and between which values it lies with 95 % confidence; None where too few values tell."""

    share: float
    value: float
    low: float | None
    high: float | None

    @property
    def half_width(self) -> float:
        """Half of the interval as a share of the value; infinity where a side is open."""
        if self.low is None or self.high is None or self.value <= 0:
            return math.inf
        return (self.high - self.low) / 2 / self.value


@dataclass(frozen=True, slots=True)
class Distribution:
    """Of so many values in ms; `None` stands for one of which there are none."""

    count: int
    mean: float
    least: float
    most: float
    quantiles: tuple[Quantile, ...]

    def at(self, share: float) -> Quantile | None:
        """One of the quantiles; None for one that so few values do not tell."""
        return next((each for each in self.quantiles if each.share == share), None)


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second that were answered well, surely from `low` to `high`, by `batches` of time."""

    value: float
    low: float | None
    high: float | None
    batches: int


@dataclass(frozen=True, slots=True)
class ErrorBound:
    """By how much this client may be wrong about a latency, in ms, as it was calibrated on this machine."""

    p50: float
    p99: float
    kernel_stamps: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one measurement."""

    count: int
    """Requests that were due."""
    good: int
    errors: Mapping[str, int]
    """How many failed, by kind (`columns.Failure`, in lower case)."""
    error_share: tuple[float, float, float]
    """The share that failed, and between which values it lies."""
    offered: float | None
    rate: Rate
    response: Distribution | None
    """From the time at which a request was to be sent until the last byte of its answer."""
    service: Distribution | None
    """From when it was sent, its connection open, until the last byte."""
    stated: Distribution | None
    """What the server says it took, where it says so."""
    queueing: Distribution | None
    """From when it was to be sent until it was, connecting apart."""
    connecting: Distribution | None
    """Of new connections, TLS included."""
    first_byte: Distribution | None
    """From when it was sent until the first byte of the answer."""
    transfer: Distribution | None
    """From the first byte of the answer to the last."""
    own_delay: Distribution | None
    """How long an answer lay with us until we read it; it is in none of the others where the kernel stamps."""
    cold: int
    bytes_answered: float
    """Of a body, on average."""
    histogram: bytes
    """Of `response` in µs, as HdrHistogram's V2 in base64."""
    bound: ErrorBound | None = None


def figures_of(measurement: Measurement, bound: ErrorBound | None = None) -> Figures:
    """The figures of what was due in the time that counts."""
    rows = measurement.measured
    good = rows.good
    count, failed = len(rows), len(rows) - len(good)
    kinds = np.bincount(rows["failure"], minlength=len(Failure))
    lasts = measurement.rows.good["last"]
    response = _between(good, "intended", "last")
    new = good["connected"] > 0
    waited = np.maximum(_between(good, "intended", "sent") - good["connected"] / 1e3, 0)
    return Figures(
        count=count,
        good=len(good),
        errors={Failure(kind).name.lower(): int(n) for kind, n in enumerate(kinds) if kind and n},
        error_share=(failed / count if count else 0.0, *share_interval(failed, count)),
        offered=measurement.plan.offered,
        rate=rate_of(lasts, measurement.since, measurement.stopped),
        response=distribution(response),
        service=distribution(_between(good, "sent", "last")),
        stated=distribution(good["stated"][good["stated"] >= 0] / 1e3),
        queueing=distribution(waited),
        connecting=distribution(good["connected"][new] / 1e3),
        first_byte=distribution(_between(good, "sent", "first")),
        transfer=distribution(_between(good, "first", "last")),
        own_delay=distribution(_between(good, "last", "read")),
        cold=int(good["cold"].sum()),
        bytes_answered=float(good["size"].mean()) if len(good) else 0.0,
        histogram=histogram_of(response),
        bound=bound,
    )


def _between(rows: Rows, start: str, end: str) -> Latencies:
    return np.asarray((rows[end] - rows[start]) / MS, np.float64)


def distribution(values: Latencies) -> Distribution | None:
    """What can be told of values in ms; None of none."""
    count = len(values)
    if not count:
        return None
    ordered = np.sort(values)
    shares = [share for share in SHARES if share < FAR or count * (1 - share) >= BEYOND]
    quantiles = tuple(_quantile(ordered, share) for share in shares)
    return Distribution(count, float(ordered.mean()), float(ordered[0]), float(ordered[-1]), quantiles)


def _quantile(ordered: Latencies, share: float) -> Quantile:
    count, (low, high) = len(ordered), ranks(len(ordered), share)

    def at(rank: int) -> float:
        return float(ordered[min(max(rank, 1), count) - 1])

    value = at(math.ceil(share * count))
    return Quantile(share, value, None if low is None else at(low), None if high is None else at(high))


def rate_of(ends: NDArray[np.int64], since: int, until: int) -> Rate:
    """How many ended a second from one time to another, ns; the interval is that of the means of batches of time."""
    length = max(until - since, 1)
    batches = min(int(length / SECOND / BATCH), MOST_BATCHES)
    inside = ends[(ends >= since) & (ends < until)]
    value = len(inside) * SECOND / length
    if batches < 2:
        return Rate(value, None, None, max(batches, 1))
    counts, _ = np.histogram(inside, bins=batches, range=(since, until))
    low, high = mean_interval(counts * (batches * SECOND / length))
    return Rate(value, None if low is None else max(low, 0.0), high, batches)


def histogram_of(milliseconds: Latencies) -> bytes:
    """An HdrHistogram in µs, three digits, of which those of other tools and machines can be added up."""
    histogram = HdrHistogram(1, LONGEST_US, DIGITS)
    values, counts = np.unique(np.clip(np.rint(milliseconds * 1e3), 1, LONGEST_US).astype(np.int64), return_counts=True)
    for value, count in zip(values.tolist(), counts.tolist()):
        histogram.record_value(value, count)
    return bytes(histogram.encode())


def merged(histograms: list[bytes]) -> bytes:
    """One histogram of several, exactly: percentiles of several runs are never averaged."""
    whole = HdrHistogram(1, LONGEST_US, DIGITS)
    for one in histograms:
        whole.decode_and_add(one)
    return bytes(whole.encode())


def quantile_of_histogram(histogram: bytes, share: float) -> float | None:
    """A quantile in ms, within 0.1 %; None of an empty one."""
    read = HdrHistogram.decode(histogram)
    return read.get_value_at_percentile(share * 100) / 1e3 if read.get_total_count() else None
