"""When requests are to be sent, and which: drawn from a seed before anything is timed.

Times are ns from the start, int64, in order. The same seed gives the same schedule for any number of workers, which
deal it among themselves: every n-th request is one worker's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assay.errors import UsageProblem

SECOND: Final = 1_000_000_000
MILLION: Final = 1_000_000
LONGEST_ORDER: Final = 1 << 20
"""Requests after which the order of a closed loop begins anew."""
PART: Final = 1 << 18
"""Times that are computed at once."""
Times = NDArray[np.int64]
Order = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Poisson:
    """Open loop: so many requests a second on average, each independent of the others, as from many users.

    How many become due in a time is chance, too. Each rate has a draw of its own, or all of a sweep would share one
    error.
    """

    rate: float

    def times(self, seconds: float, seed: int) -> Times:
        """The times at which requests are due within so many seconds."""
        _check_rate(self.rate)
        drawn = np.random.default_rng([seed, 1, round(self.rate * MILLION)])
        count = round(self.rate * seconds + 6 * (self.rate * seconds) ** 0.5) + 10
        return _within(_summed(lambda number: drawn.exponential(SECOND / self.rate, number), count), seconds)


@dataclass(frozen=True, slots=True)
class Constant:
    """Open loop: so many requests a second, evenly spaced, as from a camera."""

    rate: float

    def times(self, seconds: float, seed: int) -> Times:
        """The times at which requests are due within so many seconds; the seed changes nothing."""
        _check_rate(self.rate)
        times, step = np.arange(int(self.rate * seconds), dtype=np.int64), SECOND / self.rate
        for part in _parts(times):
            part[:] = np.rint(part * step)
        return _within(times, seconds)


@dataclass(frozen=True, slots=True)
class Trace:
    """Open loop: at these seconds from the start, as they were observed somewhere."""

    seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Requests a second on average."""
        return len(self.seconds) / max(self.length, 1e-9)

    @property
    def length(self) -> float:
        """Seconds until the last."""
        return max(self.seconds, default=0.0)

    def times(self, seconds: float, seed: int) -> Times:
        """Those of the times that lie within so many seconds. Raises UsageProblem for a negative one."""
        times = np.sort(np.rint(np.asarray(self.seconds, np.float64) * SECOND).astype(np.int64))
        if len(times) and times[0] < 0:
            raise UsageProblem("a trace holds seconds from its start; one of them is negative")
        return _within(times, seconds)


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed loop: so many clients, each of which sends its next request when it has the answer to the one before."""

    clients: int


Load = Poisson | Constant | Trace | Closed


def order_of(requests: int, count: int, seed: int) -> Order:
    """Which request is sent when: shuffled rounds, so that none is sent twice before all were sent once."""
    if requests == 1:
        return np.zeros(1, np.uint32)
    drawn = np.random.default_rng([seed, 2])
    count = min(count, max(LONGEST_ORDER // requests, 1) * requests)
    rounds = np.tile(np.arange(requests, dtype=np.uint32), (-(-count // requests), 1))
    return np.asarray(drawn.permuted(rounds, axis=1).ravel()[:count])  # in one call: a round at a time takes a second


def _summed(gaps: Callable[[int], NDArray[np.float64]], count: int) -> Times:
    """The times between which there are these gaps."""
    times, last = np.empty(count, np.int64), 0.0
    for part in _parts(times):
        drawn = gaps(len(part))
        drawn[0] += last
        part[:] = np.cumsum(drawn, out=drawn)
        last = drawn[-1]
    return times


def _parts(times: Times) -> Iterator[Times]:
    """One after the other: what is computed of a part at a time takes no memory for all of them."""
    return (times[start : start + PART] for start in range(0, len(times), PART))


def _within(times: Times, seconds: float) -> Times:
    return times[: np.searchsorted(times, math.ceil(seconds * SECOND))]  # by a float it would copy them all


def _check_rate(rate: float) -> None:
    if not 0 < rate < 1e7:
        raise UsageProblem(f"a rate of {rate:g} requests a second cannot be offered; give one above 0")
