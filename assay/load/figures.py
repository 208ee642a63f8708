"""From rows to figures: how long, how many, and how surely. What failed is counted by its kind and in no latency.

Latencies are in ms. In an open loop a response counts from when its request was to be sent: a server that stalls is
charged for all who would have come meanwhile.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from assay.load.clock import SECOND
from assay.load.columns import Failure
from assay.load.intervals import mean_interval, ranks, share_interval
from assay.load.plan import MOST_HELD, Measurement
from assay.load.rows import Rows

SHARES: Final = (0.5, 0.9, 0.95, 0.99, 0.999)
FAR: Final = 0.999
BEYOND: Final = 10
"""Values that must lie beyond a far quantile before it is told."""
MOST_BATCHES, BATCH = 30, 1.0
"""Batches of at least so many seconds, of which the rate's interval is made."""
LONGEST_US, DIGITS = 24 * 3600 * 10**6, 3
MS: Final = 1e6
PART: Final = 1 << 18
"""Rows that are taken up at once."""
LEAST_MS, FINE = 1e-6, 1024
"""Where values are put into bins: the least of them, and bins between one power of two and the next."""
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
    """Requests a second that became due, as it was and not as it was asked for; None where clients wait for answers."""
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
    """The figures of what was due in the time that counts, whatever its length: rows are taken up part by part."""
    taken = _Taken(measurement)
    for rows in measurement.rows.parts(PART):
        taken.add(rows)
    return taken.figures(bound)


class _Taken:
    """What was taken up of the rows of a measurement."""

    def __init__(self, measurement: Measurement) -> None:
        self._measurement = measurement
        names = ("response", "service", "stated", "queueing", "connecting", "first_byte", "transfer", "own_delay")
        self._values = {name: Values() for name in names}
        self._kinds = np.zeros(len(Failure), np.int64)
        self._batches = np.zeros(max(batches_of(measurement.since, measurement.stopped), 1), np.int64)
        self._cold = self._bytes = 0

    def add(self, every: Rows) -> None:
        """Take up these rows."""
        since, until = self._measurement.since, self._measurement.stopped
        rows = every.due(since, until + 1)
        self._kinds += np.bincount(rows["failure"], minlength=len(Failure))
        self._batches += _in_batches(every["last"][every["failure"] == Failure.NONE], since, until, len(self._batches))
        good = rows.good
        self._cold += int(good["cold"].sum())
        self._bytes += int(good["size"].sum(dtype=np.int64))
        for name, values in _parts(good).items():
            self._values[name].add(values)

    def figures(self, bound: ErrorBound | None) -> Figures:
        """What it comes to."""
        count, good = int(self._kinds.sum()), int(self._kinds[Failure.NONE])
        measurement = self._measurement
        return Figures(
            count=count,
            good=good,
            errors={Failure(kind).name.lower(): int(n) for kind, n in enumerate(self._kinds) if kind and n},
            error_share=((count - good) / count if count else 0.0, *share_interval(count - good, count)),
            offered=None if measurement.plan.offered is None else count / measurement.seconds,
            rate=_rate(self._batches, max(measurement.stopped - measurement.since, 1)),
            cold=self._cold,
            bytes_answered=self._bytes / good if good else 0.0,
            histogram=self._values["response"].histogram(),
            bound=bound,
            **{name: values.distribution() for name, values in self._values.items()},
        )


def _parts(good: Rows) -> dict[str, Latencies]:
    """The parts of latencies in ms, of requests that were answered well."""
    new = good["connected"] > 0
    return {
        "response": _between(good, "intended", "last"),
        "service": _between(good, "sent", "last"),
        "stated": good["stated"][good["stated"] >= 0] / 1e3,
        "queueing": np.maximum(_between(good, "intended", "sent") - good["connected"] / 1e3, 0),
        "connecting": good["connected"][new] / 1e3,
        "first_byte": _between(good, "sent", "first"),
        "transfer": _between(good, "first", "last"),
        "own_delay": _between(good, "last", "read"),
    }


def _between(rows: Rows, start: str, end: str) -> Latencies:
    return np.asarray((rows[end] - rows[start]) / MS, np.float64)


class Values:
    """Values in ms: exactly as long as they are few, then within 0.05 %, so that any number of them stays small."""

    def __init__(self) -> None:
        self._exact: list[Latencies] = []
        self._bins: Counter[int] = Counter()
        self._sum = 0.0
        self._least, self._most = math.inf, -math.inf
        self.count = 0

    def add(self, values: Latencies) -> None:
        """Take up these."""
        if not len(values):
            return
        self.count += len(values)
        self._sum += float(values.sum())
        self._least, self._most = min(self._least, float(values.min())), max(self._most, float(values.max()))
        if self.count <= MOST_HELD and not self._bins:
            self._exact.append(np.asarray(values, np.float64))
            return
        for part in (*self._exact, values):
            bins, counts = np.unique(_bins_of(part), return_counts=True)
            self._bins.update(dict(zip(bins.tolist(), counts.tolist())))
        self._exact = []

    def _ordered(self) -> tuple[Latencies, NDArray[np.int64]]:
        """Values in order, and how many there are up to each."""
        if self._bins:
            bins = np.array(sorted(self._bins), np.int64)
            counts = np.array([self._bins[each] for each in bins.tolist()], np.int64)
            return np.clip(_of_bins(bins), self._least, self._most), np.cumsum(counts)
        values = np.sort(np.concatenate(self._exact))
        return values, np.arange(1, len(values) + 1)

    def distribution(self) -> Distribution | None:
        """What can be told of them; None of none."""
        if not self.count:
            return None
        ordered, up_to = self._ordered()
        shares = [share for share in SHARES if share < FAR or self.count * (1 - share) >= BEYOND]

        def at(rank: int) -> float:
            return float(ordered[np.searchsorted(up_to, min(max(rank, 1), self.count))])

        quantiles = tuple(_quantile(self.count, share, at) for share in shares)
        return Distribution(self.count, self._sum / self.count, self._least, self._most, quantiles)

    def histogram(self) -> bytes:
        """The same as HdrHistogram."""
        if not self.count:
            return histogram_of(np.zeros(0))
        ordered, up_to = self._ordered()
        return histogram_of(ordered, np.diff(up_to, prepend=0))


def _bins_of(milliseconds: Latencies) -> NDArray[np.int64]:
    """Numbers of bins, each of which is within 0.05 % of its values: exponent and the first bits of the mantissa."""
    mantissa, exponent = np.frexp(np.maximum(milliseconds, LEAST_MS))
    return exponent.astype(np.int64) * FINE + np.floor((mantissa - 0.5) * 2 * FINE).astype(np.int64)


def _of_bins(bins: NDArray[np.int64]) -> Latencies:
    exponent, part = np.divmod(bins, FINE)
    return np.asarray(np.ldexp(0.5 + (part + 0.5) / (2 * FINE), exponent), np.float64)


def distribution(values: Latencies) -> Distribution | None:
    """What can be told of values in ms; None of none."""
    taken = Values()
    taken.add(values)
    return taken.distribution()


def _quantile(count: int, share: float, at: Callable[[int], float]) -> Quantile:
    low, high = ranks(count, share)
    value = at(math.ceil(share * count))
    return Quantile(share, value, None if low is None else at(low), None if high is None else at(high))


def batches_of(since: int, until: int) -> int:
    """Batches of time, by which the interval of a rate is told; fewer than two tell none."""
    return min(int(max(until - since, 1) / SECOND / BATCH), MOST_BATCHES)


def rate_of(ends: NDArray[np.int64], since: int, until: int) -> Rate:
    """How many ended a second from one time to another, ns; the interval is that of the means of batches of time."""
    counts = _in_batches(ends, since, until, max(batches_of(since, until), 1))
    return _rate(counts, max(until - since, 1))


def _in_batches(ends: NDArray[np.int64], since: int, until: int, batches: int) -> NDArray[np.int64]:
    inside = ends[(ends >= since) & (ends < until)]
    return np.histogram(inside, bins=batches, range=(since, max(until, since + 1)))[0].astype(np.int64)


def _rate(counts: NDArray[np.int64], length: int) -> Rate:
    value, batches = int(counts.sum()) * SECOND / length, len(counts)
    low, high = mean_interval(counts.astype(np.float64) * (batches * SECOND / length))
    if low is None or high is None:
        return Rate(value, low, high, batches)
    edge = SECOND / length  # even the steadiest target has a request that ends just before or after the time
    return Rate(value, max(min(low, value - edge), 0.0), max(high, value + edge), batches)


def histogram_of(milliseconds: Latencies, counts: NDArray[np.int64] | None = None) -> bytes:
    """An HdrHistogram in µs, three digits, of which those of other tools and machines can be added up."""
    histogram = HdrHistogram(1, LONGEST_US, DIGITS)
    values = np.clip(np.rint(milliseconds * 1e3), 1, LONGEST_US).astype(np.int64)
    found: Counter[int] = Counter()
    for value, count in zip(values.tolist(), [1] * len(values) if counts is None else counts.tolist(), strict=True):
        found[value] += count
    for value, count in found.items():
        histogram.record_value(value, count)
    return bytes(histogram.encode())


def merged(histograms: list[bytes]) -> bytes:
    """One histogram of several, exactly: percentiles of several runs are never averaged."""
    whole = HdrHistogram(1, LONGEST_US, DIGITS)
    for one in histograms:
        whole.decode_and_add(one)
    return bytes(whole.encode())


def quantiles_of_histogram(histogram: bytes, shares: Sequence[float]) -> list[float]:
    """Quantiles in ms, within 0.1 %, in one pass over the histogram; none of an empty one."""
    read = HdrHistogram.decode(histogram)
    if not read.get_total_count():
        return []
    found = read.get_percentile_to_value_dict([100 * share for share in shares])
    return [found[100 * share] / 1e3 for share in shares]
