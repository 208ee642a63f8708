"""What a load was like from one moment to the next, in columns of bounded length, for the record and its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

from assay.load.clock import SECOND
from assay.load.figures import MS
from assay.load.gpu import GpuReading, gpus_of
from assay.load.listening import ProcessReading
from assay.load.plan import Measurement, Window, quantile_of
from assay.load.telemetry import Telemetry

MOST_POINTS: Final = 200
LEAST_POINTS: Final = 8
FEWEST: Final = 10
"""Answers of a point: of fewer, whether one more has ended in it would decide its rate."""
LEAST_SECONDS: Final = 0.25
"""Of a point about processes, whose computing is told in hundredths of a second."""
GPU: Final = ("utilisation", "memory", "watts", "clock", "celsius")
Columns = dict[str, list[float | None]]


def course_of(measurement: Measurement) -> dict[str, Any]:
    """The load by windows: `seconds` are their ends from the beginning, `steady` is from when on it counts.

    Rates in 1/s, latencies in ms, `cpu` of the busiest worker's core, `lag` of its event loop in ms at worst.
    """
    windows = measurement.windows
    fewest = -(-FEWEST * len(windows) // max(sum(window.count for window in windows), 1))
    folded = [_folded(some) for some in _parts(windows, fewest)]
    columns: dict[str, Any] = {name: [one[name] for one in folded] for name in (folded[0] if folded else ())}
    began = measurement.began
    columns["seconds"] = [_short((end - began) / SECOND) for end in columns.get("seconds", ())]
    columns["steady"] = _short((measurement.since - began) / SECOND)
    return columns


def _folded(windows: Sequence[Window]) -> dict[str, Any]:
    length = max(windows[-1].end - windows[0].start, 1) / SECOND
    bins = sum((window.bins for window in windows), Counter[int]())
    p50, p99 = (quantile_of(bins, share) for share in (0.5, 0.99))
    return {
        "seconds": windows[-1].end,
        "rate": _short(sum(window.count for window in windows) / length),
        "p50": None if p50 is None else _short(p50 / MS),
        "p99": None if p99 is None else _short(p99 / MS),
        "failed": sum(window.failed for window in windows),
        "open": max(window.open for window in windows),
        "cpu": _short(sum(window.cpu for window in windows) / len(windows)),
        "lag": _short(max(window.lag for window in windows) / MS),
    }


def readings_of(telemetry: Telemetry, measurement: Measurement) -> dict[str, Any]:
    """What was read of the server's machine beside the load: of each GPU, and of its processes."""

    def within(at: int) -> bool:
        return measurement.began <= at <= measurement.stopped

    gpus = gpus_of(reading for reading in telemetry.gpu_readings if within(reading.at))
    own = [reading for reading in telemetry.process_readings if within(reading.at)]
    told: dict[str, Any] = {}
    if gpus:
        told["gpus"] = {name: _of_gpu(readings, measurement.began) for name, readings in gpus.items()}
    if len(own) > 1:
        told["server"] = _of_server(own, measurement.began)
    return told


def _of_gpu(readings: Sequence[GpuReading], began: int) -> Columns:
    parts = _parts(readings)
    columns: Columns = {"seconds": [_short((part[-1].at - began) / SECOND) for part in parts]}
    for name in GPU:
        values = [_mean([getattr(reading, name) for reading in part]) for part in parts]
        if any(value is not None for value in values):
            columns[name] = values
    return columns


def _of_server(readings: Sequence[ProcessReading], began: int) -> Columns:
    apart = (readings[-1].at - readings[0].at) / (len(readings) - 1) / SECOND
    parts = _parts(list(pairwise(readings)), round(LEAST_SECONDS / max(apart, 0.001)))
    return {
        "seconds": [_short((part[-1][1].at - began) / SECOND) for part in parts],
        "cores": [
            _short((part[-1][1].cpu_seconds - part[0][0].cpu_seconds) * SECOND / max(part[-1][1].at - part[0][0].at, 1))
            for part in parts
        ],
        "memory": [float(max(after.memory for _, after in part)) for part in parts],
    }


def _parts(values: Sequence[Any], wanted: int = 1) -> list[Sequence[Any]]:
    """So many of them side by side as are wanted, but for a few points at least and MOST_POINTS at most."""
    step = max(min(wanted, len(values) // LEAST_POINTS), -(-len(values) // MOST_POINTS), 1)
    return [values[start : start + step] for start in range(0, len(values), step)]


def _mean(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return _short(sum(told) / len(told)) if told else None


def _short(value: float) -> float:
    return float(f"{value:.5g}")
