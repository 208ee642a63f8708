"""The course of a load in columns: how many points, and what a point holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from assay.bench.timeline import course_of
from assay.load.clock import SECOND
from assay.load.plan import Window


class Load:
    """A measurement with windows of 0.2 s that hold so many answers each, in turn."""

    def __init__(self, windows: int, *answers: int) -> None:
        step = SECOND // 5
        self.began = self.since = SECOND
        self.windows = [_window(number, SECOND + number * step, step, answers[number % len(answers)])
                        for number in range(windows)]  # fmt: skip


def _window(number: int, start: int, step: int, count: int) -> Window:
    return Window(number, start, start + step, count, {}, 0, 0, 1, Counter({100: count}), 0.1, 1_000_000, {})


def course(windows: int, *answers: int) -> dict[str, Any]:
    load: Any = Load(windows, *answers)
    return course_of(load)


def test_each_window_is_a_point_where_it_holds_enough() -> None:
    told = course(20, 40)

    assert len(told["rate"]) == 20
    assert told["rate"] == [200.0] * 20
    assert told["seconds"][-1] == pytest.approx(4.0)


def test_windows_of_few_answers_are_joined() -> None:
    """Two and three answers in turn are 12.5 a second all the time, and not 10 and 15."""
    told = course(80, 2, 3)

    assert len(told["rate"]) == 20
    assert set(told["rate"]) == {12.5}


@pytest.mark.parametrize(("windows", "answers", "points"), [(10, 0, 10), (40, 1, 8), (1000, 40, 200), (1, 1, 1)])
def test_there_are_points_enough_and_not_too_many(windows: int, answers: int, points: int) -> None:
    assert len(course(windows, answers)["rate"]) == points
