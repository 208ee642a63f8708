"""The benchmark of the verdicts measures at all: a pair of one server comes to a verdict, and to a ratio near one."""

from __future__ import annotations

import pytest

from . import repeatability
from .repeatability import Setting, judged, lines, serving

pytestmark = pytest.mark.thorough


def test_a_pair_is_measured_and_judged() -> None:
    setting = Setting(0, 1, ("--seconds", "0.2"))
    with serving(setting.percent) as url:
        pair = judged(url, setting)

    assert pair.verdict in {"better", "worse", "mixed", "same", "undecided"}
    assert 0.5 < pair.ratio < 2
    (row,) = lines(setting, [pair])
    assert row.startswith("| 0 % | --seconds 0.2 | 1 | ")


def test_its_server_is_slower_by_as_much_as_it_says() -> None:
    with serving(900) as url:
        pair = judged(url, Setting(900, 1, ("--seconds", "0.2")))

    assert pair.ratio > 2
    assert pair.verdict not in {*repeatability.DIFFERENT[:1], "same"}


def test_a_pair_of_which_nothing_is_valid_is_told_as_such() -> None:
    disturbed = repeatability.Pair("nothing valid", float("nan"), 6, 9.0)
    whole = repeatability.Pair("same", 1.01, 0, 8.0)

    (row,) = lines(Setting(0, 2), [disturbed, whole])

    assert "1 nothing valid, 1 same" in row
    assert "| 1.010 to 1.010 | 9 s | 6 |" in row
    (row,) = lines(Setting(0, 1), [disturbed])
    assert "nan to nan" in row
