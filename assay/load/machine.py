"""What else this machine did meanwhile: whoever computes beside the load makes its figures their own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from assay.load.clock import SECOND, now


@dataclass(frozen=True, slots=True)
class Use:
    """Over a time in seconds: CPU in seconds of all cores, by whom it was used."""

    seconds: float
    busy: float
    """By anybody."""
    own: float
    """By Assay: the workers and the process that leads them."""
    known: float
    """By the processes that are the server's, where they are known."""
    stolen: float
    """By other guests of the same host, while one of our processes wanted to run."""
    stalled: float
    """Seconds in which some process of the machine waited for a core, as far as the system tells."""

    @property
    def foreign(self) -> float:
        """Cores that others used on average: neither Assay nor the server."""
        return max(self.busy - self.own - self.known, 0.0) / max(self.seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class Reading:
    """What had been used at a time, ns of our clock; each in seconds, from whatever moment on."""

    at: int
    busy: float
    own: float
    known: float
    stolen: float
    stalled: float

    def until(self, later: Reading) -> Use:
        """What was used from here to a later one."""
        return Use(
            (later.at - self.at) / SECOND, later.busy - self.busy, max(later.own - self.own, 0.0),
            max(later.known - self.known, 0.0), later.stolen - self.stolen, later.stalled - self.stalled,
        )  # fmt: skip


class Watch:
    """Reads the machine when it is made and whenever it is told to: with each window, so that any time can be judged.

    `own` and `known` are processes; those who have ended before it are left out. Workers tell their own use.
    """

    def __init__(self, own: Iterable[int], known: Iterable[int] = ()) -> None:
        self._own, self._known = list(_processes(own)), list(_processes(known))
        self._readings: list[Reading] = []
        self.read(0.0)

    def read(self, workers: float) -> None:
        """Read once more. `workers` is what workers said that they had computed until now, in seconds."""
        times = psutil.cpu_times()
        stolen, stalled = float(getattr(times, "steal", 0.0)), _pressure() / 1e6
        own, known = _spent(self._own) + workers, _spent(self._known)
        self._readings.append(Reading(now(), _busy(times), own, known, stolen, stalled))

    def between(self, since: int, until: int) -> Use:
        """What was used from one time to another, ns of our clock, by what was read nearest to them.

        Where little of that time lies between these, for nobody read meanwhile, it is what was used around all of it.
        """
        readings = self._readings
        first = min(readings[:-1] or readings, key=lambda each: abs(each.at - since))
        later = [each for each in readings if each.at > first.at]
        last = min(later, key=lambda each: abs(each.at - until), default=first)
        if last.at - first.at < (until - since) / 2:
            first = max((each for each in readings if each.at <= since), key=lambda each: each.at, default=readings[0])
            last = min((each for each in readings if each.at >= until), key=lambda each: each.at, default=readings[-1])
        return first.until(last)


def _processes(pids: Iterable[int]) -> Iterable[psutil.Process]:
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            yield psutil.Process(pid)


def _spent(processes: Iterable[psutil.Process]) -> float:
    """Seconds of CPU of processes that live, and of their children that have ended."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _busy(times: object) -> float:
    return float(sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq")))


def facts() -> dict[str, object]:
    """The machine, as far as it can explain a difference between two measurements."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": processor(),
        "cores": psutil.cpu_count() or 0,
        "python": platform.python_version(),
    }


def processor() -> str:
    """What the processor of this machine calls itself; empty where the system does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def place() -> str:
    """What processes share that see the same loopback interface and the same clock: a machine, or a container of it."""
    told = [platform.node()]
    with contextlib.suppress(OSError):
        told = [Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()]
        told.append(os.readlink("/proc/self/ns/net"))
    return hashlib.sha256(" ".join(told).encode()).hexdigest()[:16]


def _pressure() -> float:
    """µs in which somebody waited for a core (Linux's PSI); 0 elsewhere."""
    try:
        line = Path("/proc/pressure/cpu").read_text("ascii").splitlines()[0]
        return float(line.rpartition("total=")[2])
    except (OSError, ValueError, IndexError):
        return 0.0
