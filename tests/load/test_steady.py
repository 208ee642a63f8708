"""Steadiness and objectives: what windows and counts are judged to mean."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from assay.errors import UsageProblem
from assay.load.clock import SECOND
from assay.load.columns import Failure
from assay.load.objective import Objective, Verdict, enough_for, judge_share
from assay.load.plan import Window
from assay.load.steady import Course, Wish, falls_behind, steady, trend
from assay.load.windows import bin_of

from .test_figures import MS, made


def window(number: int, count: int = 100, ms: float = 20.0, cold: int = 0, waiting: int = 0) -> Window:
    bins = Counter({bin_of(round((ms + step * ms / 40) * MS)): count // 5 for step in range(5)})
    start = number * SECOND
    return Window(number, start, start + SECOND, bins.total(), {}, cold, 0, waiting, bins, 0.1, 0, {})


def test_windows_that_agree_are_steady() -> None:
    assert steady([window(1), window(2), window(3)])
    assert not steady([window(1), window(2)])


@pytest.mark.parametrize(
    "last", [window(3, ms=30), window(3, count=200), window(3, cold=1), window(3, count=5)],
    ids=["slower", "more", "cold", "too few"],
)  # fmt: skip
def test_windows_that_differ_are_not(last: Window) -> None:
    assert not steady([window(1), window(2), last])


def test_a_course_counts_from_when_it_is_steady_until_enough_is_known() -> None:
    course = Course(Wish(seconds=2, count=100, narrow=None, warm_up=10, longest=60))

    went_on = [course(window(number, ms=100 / number if number < 4 else 20)) for number in range(1, 10)]

    assert course.since is not None
    assert course.since // SECOND == 7, "windows 4, 5 and 6 agree"
    assert not course.gave_up
    assert went_on == [True] * 7 + [False, False]


def test_a_target_that_never_is_steady_counts_after_its_time_and_is_named() -> None:
    course = Course(Wish(seconds=2, warm_up=5, longest=3))

    went_on = [course(window(number, ms=20 * 1.5**number)) for number in range(10)]

    assert course.gave_up
    assert not went_on[-1]


def test_without_warming_up_it_counts_from_the_start() -> None:
    course = Course(Wish(warm_up=0))

    course(window(4))

    assert course.since == 4 * SECOND


def test_small_windows_are_joined() -> None:
    course = Course(Wish(warm_up=100))

    for number in range(20):
        course(window(number, count=5))

    assert course.since is not None


def test_narrow_intervals_end_it_early() -> None:
    narrow, wide = (Course(Wish(seconds=1, count=10, narrow=share, warm_up=0, longest=50)) for share in (0.05, 0.0001))

    ended = [sum(course(window(number, count=2000)) for number in range(50)) for course in (narrow, wide)]

    assert ended[0] < 3
    assert ended[1] >= 49


def test_a_growing_backlog_is_falling_behind() -> None:
    assert falls_behind([window(number, waiting=50 * number) for number in range(8)])
    assert not falls_behind([window(number, waiting=5 + number % 3) for number in range(8)])
    assert not falls_behind([window(number, waiting=50 * number) for number in range(3)])


def test_a_trend_knows_how_sure_it_is() -> None:
    assert trend([1.0, 2.0, 3.0, 4.0]) == pytest.approx((1.0, 1.0, 1.0))
    _, low, high = trend([1.0, 3.0, 2.0, 2.0, 1.0])
    assert low < 0 < high
    with pytest.raises(ValueError, match="three"):
        trend([1.0, 2.0])


def test_an_objective_is_read() -> None:
    found = Objective.parse("p99 <= 100 ms, p(50) < 0.05 s, errors < 0.1 %")

    assert found.latencies == ((0.99, 100.0), (0.5, 50.0))
    assert found.errors == 0.001


@pytest.mark.parametrize("said", ["", "p99", "errors < 1 %", "p99 <= 100", "p0 <= 1 ms", "p100 < 1 s", "fast"])
def test_what_is_no_objective_is_refused(said: str) -> None:
    with pytest.raises(UsageProblem, match="objective"):
        Objective.parse(said)


@pytest.mark.parametrize(("missed", "count"), [(0, 459), (1, 662), (2, 838)])
def test_it_takes_as_many_answers_as_mlperf_says(missed: int, count: int) -> None:
    assert enough_for(0.99, missed) == count
    assert judge_share(count, missed, 0.01) is Verdict.MET
    assert judge_share(count - 1, missed, 0.01) is Verdict.UNDECIDED


def test_what_failed_missed_every_latency() -> None:
    objective = Objective.parse("p90 <= 100 ms")
    rows = made(failure=np.where(np.arange(200) < 60, int(Failure.RESET), 0))

    assert objective.judge(rows) is Verdict.MISSED
    assert not objective.seems_met(rows)
    assert objective.judge(made(failure=np.zeros(200))) is Verdict.MET
    assert objective.judge(made(failure=np.zeros(20))) is Verdict.UNDECIDED
    assert objective.seems_met(made(failure=np.zeros(20)))
