"""The bars of a comparison: where they lie, where they are cut, how the axis is marked."""

from __future__ import annotations

import math

import pytest

from assay.compare.ratio import Interval
from assay.compare.saying import change, number
from assay.report.comparison.bars import WIDTH, Scale


def test_twice_and_half_lie_equally_far_from_no_change() -> None:
    scale = Scale.over([Interval(2.0, 1.9, 2.1)], 0.03)

    assert scale.x(1.0) == WIDTH / 2
    assert scale.x(2.0) - WIDTH / 2 == pytest.approx(WIDTH / 2 - scale.x(0.5))
    assert scale.band[0] < WIDTH / 2 < scale.band[1]


def test_all_intervals_and_the_threshold_fit() -> None:
    wide, narrow = Interval(1.2, 0.9, 1.6), Interval(1.01, 1.0, 1.02)
    scale = Scale.over([wide, narrow], 0.03)

    for each in (wide, narrow):
        bar = scale.bar(each)
        assert 0 < bar.low < bar.value < bar.high < WIDTH
        assert (bar.cut_low, bar.cut_high) == (False, False)
    assert Scale.over([narrow], 0.05).band[1] < WIDTH
    assert Scale.over([], 0.05).band[1] < WIDTH


def test_what_lies_beyond_is_cut_and_says_so() -> None:
    scale = Scale.over([Interval(20.0, 0.01, 4000.0)], 0.03)

    bar = scale.bar(Interval(20.0, 0.01, 4000.0))

    assert (bar.cut_low, bar.cut_high) == (True, True)
    assert 0 < bar.low < bar.high < WIDTH
    assert scale.bar(Interval(1.0, 0.0, math.inf)).cut_low


@pytest.mark.parametrize(
    ("high", "marks"),
    [
        (1.01, ["−4.8 %", "0 %", "+5 %"]),
        (1.3, ["−17 %", "0 %", "+20 %"]),
        (2.5, ["1/2x", "1x", "2x"]),
        (9.0, ["1/4x", "1x", "4x"]),
    ],
)
def test_the_axis_is_marked_with_round_numbers(high: float, marks: list[str]) -> None:
    ticks = Scale.over([Interval(1.0, 1.0, high)], 0.03).ticks

    assert [name for _, name in ticks] == marks
    assert [x for x, _ in ticks] == sorted(x for x, _ in ticks)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (Interval(1.084, 1.071, 1.098), "+8.4 % [+7.1, +9.8]"),
        (Interval(0.9999, 0.9996, 1.0002), "+0.0 % [+0.0, +0.0]"),
        (Interval(3.1, 2.9, 3.3), "3.10x [2.90, 3.30]"),
        (Interval(0.35, 0.3, 0.4), "0.350x [0.300, 0.400]"),
        (Interval(1.0, 1e-304, 1e304), "1.00x [1e-304, 1e+304]"),
    ],
)
def test_changes_in_words(ratio: Interval, said: str) -> None:
    assert change(ratio) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.000744, "0.000744"), (5.0, "5.00"), (299.6, "300"), (12345.6, "12,346"), (0.0, "0"), (1e12, "1e+12")],
)
def test_numbers_have_three_digits_that_count(value: float, said: str) -> None:
    assert number(value) == said
