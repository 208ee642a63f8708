"""What each window of a load was like, in few numbers: whether it has become steady is judged by them."""

from __future__ import annotations

from assay.load.columns import Failure
from assay.load.connection import Exchange


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

    def told(self) -> dict[str, object]:
        """The window, and begin another. Latencies in ns, from the time at which a request was to be sent."""
        taken, failures, cold = sorted(self._taken), self._failures, self._cold
        self._begin()
        return {
            "count": len(taken),
            "cold": cold,
            "failures": {Failure(kind).name.lower(): count for kind, count in enumerate(failures) if kind and count},
            "p50": _at(taken, 0.5),
            "p99": _at(taken, 0.99),
        }


def _at(ordered: list[int], share: float) -> int | None:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None
