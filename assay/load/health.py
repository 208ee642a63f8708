"""How this process itself was during a load: what it computed, how often it was kept from it, how late it was."""

from __future__ import annotations

import gc
import resource
import sys
from array import array
from typing import Any

from assay.load.clock import SECOND, now
from assay.load.reactor import Reactor

TICK = 0.02
"""Seconds between two looks at whether the reactor comes round in time."""


class Health:
    """From `start` on. `window` tells of the time since it was last asked, `told` of all of it."""

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._lag: array[int] = array("q")
        self._since = 0
        self._began = self._wall = now()
        self._usage = self._first = resource.getrusage(resource.RUSAGE_SELF)
        self._collections = _collections()

    def start(self) -> None:
        """Begin to watch."""
        self._began = self._wall = now()
        self._usage = self._first = resource.getrusage(resource.RUSAGE_SELF)
        self._collections = _collections()
        self._tick(now())

    def _tick(self, due: int) -> None:
        at = now()
        self._lag.append(max(at - due, 0))
        following = at + round(TICK * SECOND)
        self._reactor.at(following, lambda: self._tick(following))

    def window(self) -> dict[str, Any]:
        """CPU as a share of one core, the worst lag of the reactor in ns, how often another process was let run.

        `spent` is all the CPU so far, in seconds.
        """
        usage, wall = resource.getrusage(resource.RUSAGE_SELF), now()
        told = {
            "cpu": _cpu(self._usage, usage) * SECOND / max(wall - self._wall, 1),
            "lag": max(self._lag[self._since :], default=0),
            "preempted": usage.ru_nivcsw - self._usage.ru_nivcsw,
            "spent": _cpu(self._first, usage),
        }
        self._usage, self._wall, self._since = usage, wall, len(self._lag)
        return told

    def told(self) -> dict[str, Any]:
        """All of it: seconds of CPU and of the clock, lag of the reactor in ns (p99, worst), memory in bytes."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        lag = sorted(self._lag)
        return {
            "cpu_seconds": _cpu(self._first, usage),
            "seconds": (now() - self._began) / SECOND,
            "lag_p99": lag[int(0.99 * (len(lag) - 1))] if lag else 0,
            "lag_max": lag[-1] if lag else 0,
            "preempted": usage.ru_nivcsw - self._first.ru_nivcsw,
            "collections": _collections() - self._collections,
            "memory": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        }


def _cpu(before: resource.struct_rusage, after: resource.struct_rusage) -> float:
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _collections() -> int:
    """How often the garbage collector has run."""
    return sum(generation["collections"] for generation in gc.get_stats())
