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


class Watch:
    """From its making until `ended`. `own` and `known` are processes; those who have ended before it are left out."""

    def __init__(self, own: Iterable[int], known: Iterable[int] = ()) -> None:
        self._processes = [list(_processes(own)), list(_processes(known))]
        self._before = [_spent(each) for each in self._processes]
        self._at, self._times, self._pressure = now(), psutil.cpu_times(), _pressure()

    def ended(self) -> Use:
        """What was used since."""
        times, seconds = psutil.cpu_times(), (now() - self._at) / SECOND
        busy = _busy(times) - _busy(self._times)
        own, known = (
            max(_spent(each) - before, 0.0) for each, before in zip(self._processes, self._before, strict=True)
        )
        stolen = getattr(times, "steal", 0.0) - getattr(self._times, "steal", 0.0)
        return Use(seconds, busy, own, known, stolen, (_pressure() - self._pressure) / 1e6)


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
