"""What the client itself did during a load, in numbers: by these a measurement is found valid, and these are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from assay.load.clock import SECOND
from assay.load.figures import MS
from assay.load.plan import Measurement, Window
from assay.load.rows import Rows
from assay.load.schedule import Closed


@dataclass(frozen=True, slots=True)
class Own:
    """Over the time that counts. Times in ms, CPU in cores; None for what does not apply or is not known."""

    workers: int
    cpu: float
    """Of its core, the worker that used most of it."""
    late_p99: float | None
    """From when a request was due until it was sent; None in a closed loop, where none is due."""
    delay_p99: float | None
    """From when the kernel had an answer until this client read it; None without the kernel's stamps."""
    lag_p99: float
    lag_most: float
    preempted: float
    """Times a second that a worker was put aside for others, at worst."""
    collections: int
    memory: int
    """Bytes, all workers together, at most."""
    foreign: float | None
    """Used by others of this machine: neither Assay nor the server; None where the server cannot be told from them."""
    stolen: float
    drift: float
    """By which this machine's clock was set, at worst."""


def own_of(measurement: Measurement) -> Own:
    """What the client did during a measurement."""
    told = [worker.told for worker in measurement.workers if worker.told]
    use = measurement.use
    return Own(
        workers=len(measurement.workers),
        cpu=cpu(measurement),
        late_p99=late(measurement),
        delay_p99=delay(measurement),
        lag_p99=max((one.get("lag_p99", 0) for one in told), default=0) / MS,
        lag_most=max((one.get("lag_max", 0) for one in told), default=0) / MS,
        preempted=preempted(measurement),
        collections=sum(one.get("collections", 0) for one in told),
        memory=sum(one.get("memory", 0) for one in told),
        foreign=use.foreign if not measurement.local or use.known else None,
        stolen=use.stolen / max(use.seconds, 1e-9),
        drift=drift(measurement),
    )


def counted(measurement: Measurement) -> list[Window]:
    """The windows of the time that counts."""
    return [w for w in measurement.windows if w.start >= measurement.since and w.end <= measurement.stopped + SECOND]


def cpu(measurement: Measurement) -> float:
    """The share of its core that the busiest worker used on average."""
    used = [window.cpu for window in counted(measurement)]
    return float(np.mean(used)) if used else 0.0


def late(measurement: Measurement) -> float | None:
    """p99 of the time from when a request was due until it was sent, without connecting."""
    rows = measurement.sampled
    rows = rows.where(rows["sent"] > 0)
    if isinstance(measurement.plan.load, Closed) or not len(rows):
        return None
    return float(np.quantile((rows["sent"] - rows["intended"]) / MS - rows["connected"] / 1e3, 0.99))


def delay(measurement: Measurement) -> float | None:
    """p99 of the time that answers lay in the kernel until they were read."""
    return _p99(measurement.sampled.good, "last", "read") if measurement.kernel_stamps else None


def preempted(measurement: Measurement) -> float:
    """How many times a second the unluckiest worker was put aside for others.

    That is over the windows that count, or over the whole load where it was too short for any.
    """
    if windows := counted(measurement):
        times = Counter[int]()
        for each in windows:
            times.update(each.preempted)
        return max(times.values(), default=0) * SECOND / max(sum(each.end - each.start for each in windows), 1)
    ended = [one.told for one in measurement.workers if one.told]
    return max((one["preempted"] / max(one["seconds"], 1e-9) for one in ended), default=0.0)


def drift(measurement: Measurement) -> float:
    """How far the machine's clock moved against ours, in ms, at worst."""
    return max((int(one.told.get("drift", 0)) for one in measurement.workers), default=0) / MS


def _p99(rows: Rows, start: str, end: str) -> float:
    return float(np.quantile((rows[end] - rows[start]) / MS, 0.99)) if len(rows) else 0.0
