"""Lines over time and over throughput, as SVG paths: where they stand, and how their axes are marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any, Final

WIDTH: Final = 420.0
LEFT, RIGHT = 46.0, 12.0
STRIP, BETWEEN, ABOVE, BELOW = 44.0, 20.0, 16.0, 22.0
"""px of the box: the height of a strip, what is between two of them, above the first and below the last."""
MOST_LINES: Final = 8
ENDS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis may end, and by what it may be marked, in powers of ten."""
STEPS: Final = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5)
MOST_STEPS: Final = 5
Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One series as a path; `kind` is its style."""

    name: str
    path: str
    kind: str = "first"
    dots: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """One quantity over time: the lines that share its axis, from 0 at `bottom` to `most` at `top`."""

    title: str
    top: float
    bottom: float
    most: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Strips above one another, over the same seconds. `steady` is where the time that counts begins."""

    name: str
    height: float
    strips: tuple[Strip, ...]
    ticks: tuple[tuple[float, str], ...]
    steady: float | None


def round_up(value: float) -> float:
    """The next number that reads well as the end of an axis; 1 for nothing."""
    if not isfinite(value) or value <= 0:
        return 1.0
    whole = 10.0 ** floor(log10(value))
    return next(share * whole for share in ENDS if share * whole >= value * 0.999999)


def ticks(most: float) -> list[float]:
    """Round numbers from 0 up to `most`, at most six of them."""
    whole = 10.0 ** floor(log10(most))
    step = next(share * whole for share in STEPS if most / (share * whole) < MOST_STEPS + 0.001)
    return [number * step for number in range(floor(most / step + 1e-6) + 1)]


def across(value: float, most: float) -> float:
    """Where a value stands from left to right."""
    return LEFT + (WIDTH - LEFT - RIGHT) * min(max(value / most, 0.0), 1.0)


def path(points: Iterable[Point], most: tuple[float, float], place: tuple[float, float]) -> str:
    """A path through points; where there is none, the line is broken. `place` is bottom and top."""
    bottom, top = place
    words, drawn = [], False
    for x, y in points:
        if y is None:
            drawn = False
            continue
        height = bottom - (bottom - top) * min(max(y / most[1], 0.0), 1.0)
        words.append(f"{'L' if drawn else 'M'}{across(x, most[0]):.1f} {height:.1f}")
        drawn = True
    return "".join(words)


def timeline(name: str, load: Mapping[str, Any], machine: Mapping[str, Any]) -> Timeline | None:
    """What a record tells of one load and of the server's machine beside it; None where it tells nothing."""
    seconds = _numbers(load.get("seconds"))
    if len(seconds) < 2:
        return None
    most = max(seconds)
    strips: list[Strip] = []
    for title, series in _quantities(load, machine):
        bottom = ABOVE + STRIP + len(strips) * (STRIP + BETWEEN)
        highest = round_up(max((y for _, points in series for _, y in points if y is not None), default=0.0))
        lines = tuple(
            Line(label, path(points, (most, highest), (bottom, bottom - STRIP)), kind)
            for (label, points), kind in zip(series, ("first", "second", *["first"] * MOST_LINES), strict=False)
        )
        strips.append(Strip(title, bottom - STRIP, bottom, f"{highest:g}", lines))
    steady = load.get("steady")
    marks = tuple((across(each, most), f"{each:g} s") for each in ticks(most))
    at = across(float(steady), most) if isinstance(steady, int | float) and steady > 0 else None
    return Timeline(name, strips[-1].bottom + BELOW, tuple(strips), marks, at)


def _quantities(load: Mapping[str, Any], machine: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, list[Point]]]]]:
    """What is drawn, from the top: title and lines; without what is not told."""
    gpus: Mapping[str, Any] = machine.get("gpus") or {}
    server: Mapping[str, Any] = machine.get("server") or {}
    told = [
        ("requests/s answered", [("", _points(load, "rate"))]),
        ("p50 and p99, ms", [("p50", _points(load, "p50")), ("p99", _points(load, "p99"))]),
        ("failed", [("", _points(load, "failed"))] if any(_numbers(load.get("failed"))) else []),
        ("GPU used, %", [(name, _points(gpu, "utilisation")) for name, gpu in gpus.items()]),
        ("GPU power, W", [(name, _points(gpu, "watts")) for name, gpu in gpus.items()]),
        ("GPU clock, MHz", [(name, _points(gpu, "clock")) for name, gpu in gpus.items()]),
        ("GPU, °C", [(name, _points(gpu, "celsius")) for name, gpu in gpus.items()]),
        ("server, cores", [("", _points(server, "cores"))]),
        ("server’s memory, GB", [("", _points(server, "memory", 1e-9))]),
    ]
    drawn = [(title, [(name, points) for name, points in series[:MOST_LINES] if points]) for title, series in told]
    return [(title, series) for title, series in drawn if series]


def _points(columns: Mapping[str, Any], name: str, unit: float = 1.0) -> list[Point]:
    values = columns.get(name)
    if not isinstance(values, Sequence):
        return []
    return [
        (float(at), float(value) * unit if isinstance(value, int | float) else None)
        for at, value in zip(_numbers(columns.get("seconds")), values, strict=False)
    ]


def _numbers(values: Any) -> list[float]:
    return [float(each) for each in values if isinstance(each, int | float)] if isinstance(values, list) else []
