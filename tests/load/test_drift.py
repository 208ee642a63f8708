"""Drift: what grows is told from what only varies, and too short a soak decides nothing."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from assay.load.drift import Course, Drift, of_latencies, of_memory
from assay.load.listening import ProcessReading
from assay.load.plan import Window
from assay.load.windows import bin_of

from .helpers import measured
from .test_figures import MS, made

SECOND = 10**9
MINUTES = 120


def held(growth: float, noise: float = 0.0, seconds: int = 7200) -> Drift | None:
    """The drift of a server that holds 1 GB, more by so many MB an hour, read every ten seconds."""
    drawn = np.random.default_rng(3).normal(0, noise, seconds // 10)
    readings = [
        ProcessReading(at * SECOND, 0.0, round(1e9 + growth * 1e6 * at / 3600 + noise))
        for at, noise in zip(range(0, seconds, 10), drawn, strict=True)
    ]
    return of_memory(readings, 0, seconds * SECOND)


@pytest.mark.parametrize(
    ("growth", "noise", "course"),
    [
        (0.0, 1e6, Course.STEADY),
        (5.0, 1e6, Course.STEADY),
        (60.0, 1e6, Course.GROWS),
        (-60.0, 1e6, Course.FALLS),
        (40.0, 6e8, Course.UNDECIDED),
    ],
)
def test_what_a_servers_memory_does_is_told(growth: float, noise: float, course: Course) -> None:
    found = held(growth, noise)

    assert found is not None
    assert found.course is course
    assert found.hours == pytest.approx(2, rel=0.02)
    assert found.low <= found.an_hour <= found.high


def test_a_leak_is_stated_with_its_size() -> None:
    found = held(60.0, 1e6)

    assert found is not None
    assert found.an_hour == pytest.approx(0.06 / 1.06, rel=0.05)
    assert found.sentence.startswith("the server's memory, 1060 MB on average, grows: +11")
    assert "in 1.99 h" in found.sentence or "in 2 h" in found.sentence


def test_too_few_readings_tell_nothing() -> None:
    assert of_memory([ProcessReading(at * SECOND, 0.0, 10**9) for at in range(5)], 0, 5 * SECOND) is None
    assert of_memory([], 0, SECOND) is None


def latencies(slower: float, wave: float = 0.0) -> Drift | None:
    """Of two hours in windows of ten seconds, slower by such a share an hour, with waves of some minutes."""
    windows = []
    for number in range(MINUTES * 6):
        ms = 20 * (1 + slower * number / 360 + wave * np.sin(number / 20))
        start = number * 10 * SECOND
        bins = Counter({bin_of(round(ms * MS)): 100})
        windows.append(Window(number, start, start + 10 * SECOND, 100, {}, 0, 0, 0, bins, 0.1, 0, {}))
    return of_latencies(measured(made(sent=np.arange(1)), windows=windows, stopped=windows[-1].end))


@pytest.mark.parametrize(
    ("slower", "wave", "course"),
    [(0.0, 0.0, Course.STEADY), (0.0, 0.03, Course.STEADY), (0.08, 0.03, Course.GROWS), (0.0, 0.6, Course.UNDECIDED)],
)
def test_waves_of_minutes_are_no_drift(slower: float, wave: float, course: Course) -> None:
    found = latencies(slower, wave)

    assert found is not None
    assert found.course is course, found.sentence
