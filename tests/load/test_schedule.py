"""Schedules: what they promise about numbers, order and seeds."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import UsageProblem
from assay.load.schedule import SECOND, Constant, Poisson, Trace, order_of


@given(st.floats(0.5, 5000), st.floats(0.1, 5), st.integers(0, 2**31))
def test_a_poisson_schedule_lies_in_its_time_and_in_order(rate: float, seconds: float, seed: int) -> None:
    times = Poisson(rate).times(seconds, seed)

    assert np.all(np.diff(times) >= 0)
    assert np.all((times >= 0) & (times < seconds * SECOND))
    assert abs(len(times) - rate * seconds) < 6 * (rate * seconds) ** 0.5 + 10


def test_gaps_of_a_poisson_schedule_are_exponential() -> None:
    gaps = np.diff(Poisson(1000).times(100, 1)) / SECOND

    assert gaps.mean() == pytest.approx(1e-3, rel=0.02)
    assert gaps.std() == pytest.approx(1e-3, rel=0.02)
    assert (gaps > 1e-3).mean() == pytest.approx(np.exp(-1), abs=0.01)


def test_a_seed_is_the_schedule() -> None:
    assert np.array_equal(Poisson(100).times(2, 5), Poisson(100).times(2, 5))
    assert not np.array_equal(Poisson(100).times(2, 5)[:50], Poisson(100).times(2, 6)[:50])


def test_the_rates_of_a_sweep_do_not_share_one_error() -> None:
    seconds, rates = 10, range(20, 120)

    errors = np.array([(len(Poisson(rate).times(seconds, 1)) - rate * seconds) / rate**0.5 for rate in rates])

    assert 0.3 < (errors < 0).mean() < 0.7
    assert abs(errors.mean()) < 3 * (seconds / len(rates)) ** 0.5


def test_a_constant_schedule_is_even() -> None:
    assert Constant(4).times(1, 0).tolist() == [0, 250_000_000, 500_000_000, 750_000_000]


def test_a_trace_is_sent_as_it_was() -> None:
    assert Trace((0.5, 0.0, 2.0)).times(1, 0).tolist() == [0, 500_000_000]
    with pytest.raises(UsageProblem, match="negative"):
        Trace((-1.0,)).times(1, 0)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1e9])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(UsageProblem, match="cannot be offered"):
        Poisson(rate).times(1, 0)


@pytest.mark.parametrize("load", [Poisson(1000), Constant(1000)])
def test_drawing_the_times_of_hours_takes_little_more_than_the_times_themselves(load: Poisson | Constant) -> None:
    tracemalloc.start()
    try:
        times = load.times(3600, 0)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 1.5 * times.nbytes


@given(st.integers(1, 50), st.integers(0, 500), st.integers(0, 2**31))
def test_no_request_is_sent_twice_before_all_were_sent_once(requests: int, count: int, seed: int) -> None:
    order = order_of(requests, count, seed)

    for start in range(0, len(order), requests):
        part = order[start : start + requests]
        assert len(set(part.tolist())) == len(part)
    assert np.array_equal(order, order_of(requests, count, seed))
