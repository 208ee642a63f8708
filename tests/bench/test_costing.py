"""What inferences cost: by an hourly price, and by the hosted service's rule of billing."""

from __future__ import annotations

import numpy as np
import pytest

from assay.bench.costing import billed, by_credits, by_the_hour
from assay.target import Policy

from ..load.test_figures import made


def test_a_price_an_hour_is_shared_by_what_was_answered_in_it() -> None:
    cost = by_the_hour(0.72, 200.0, 500)

    assert cost is not None
    assert cost.value == pytest.approx(0.001)
    assert cost.unit == "USD"
    assert by_the_hour(0.72, 0.0, 0) is None


def test_credits_are_counted_from_a_tenth_of_a_second_on() -> None:
    rows = made(sent=np.arange(2), stated=np.array([20_000, 300_000]))

    credits = by_credits(rows, 1)

    assert credits is not None
    assert credits.value == pytest.approx(1000 * (100 + 300) / 2 / 500_000)
    assert credits.unit == "credits"


def test_where_an_answer_states_no_time_no_credits_are_told() -> None:
    assert by_credits(made(sent=np.arange(2), stated=np.array([20_000, -1])), 1) is None
    assert by_credits(made(sent=np.arange(0)), 1) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://serverless.roboflow.com", True),
        ("https://my-box.roboflow.cloud", False),
        ("https://serverless.example.com", False),
        ("http://127.0.0.1:9001", False),
    ],
)
def test_only_the_serverless_service_bills_by_time(url: str, told: bool) -> None:
    assert billed(Policy(url=url)) is told
