"""What each window of a load was like, in few numbers: whether it has become steady is judged by them.

Latencies are counted in bins of at most 1/128 of their value, so that the windows of several workers can be added up.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from assay.load.columns import Failure
from assay.load.exchange import Exchange

BITS: Final = 7
"""A bin is as wide as 2**-BITS of its values."""


class Windows:
    """Gathers what has ended since it was last told."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._taken: list[int] = []
        self._failures = [0] * len(Failure)
        self._cold = 0

    def add(self, one: Exchange) -> None:
        """A request has ended."""
        self._failures[one.failure] += 1
        if one.failure is Failure.NONE:
            self._taken.append(one.last - one.intended)
            self._cold += one.cold

    def told(self) -> dict[str, Any]:
        """The window, and begin another. `bins` counts latencies from the time at which a request was to be sent."""
        taken, failures, cold = self._taken, self._failures, self._cold
        self._begin()
        return {
            "count": len(taken),
            "cold": cold,
            "failures": {Failure(kind).name.lower(): count for kind, count in enumerate(failures) if kind and count},
            "bins": sorted(Counter(map(bin_of, taken)).items()),
        }


def bin_of(latency: int) -> int:
    """The bin of a latency in ns; 0 for what is not positive."""
    if latency <= 0:
        return 0
    shift = max(latency.bit_length() - BITS - 1, 0)
    return (shift << (BITS + 1)) + (latency >> shift)


def middle_of(number: int) -> float:
    """The latency in ns in the middle of a bin."""
    shift, start = number >> (BITS + 1), number & ((1 << BITS + 1) - 1)
    return (start + 0.5) * (1 << shift) - 0.5
