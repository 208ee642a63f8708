"""What headers tell of a load: a number of seconds, that is the sum of the details; and nothing when there was none."""

from __future__ import annotations

import dataclasses

import pytest

from assay.judge import verify_service
from assay.judge.verdicts import RuleBroken
from assay.record.model import Exchange

from .making import exchange

TIME, DETAILS = verify_service.LOAD_TIME, verify_service.LOAD_DETAILS


def telling(**headers: str) -> Exchange:
    made = exchange({})
    assert made.response is not None
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return dataclasses.replace(made, response=made.response.replace(headers=(*made.response.headers, *more)))


@pytest.mark.parametrize(
    "headers",
    [
        {"x_model_load_time": "0.5", "x_model_load_details": '[{"m": "a/1", "t": 0.5}]'},
        {"x_model_load_time": "0.9", "x_model_load_details": '[{"m": "a/1", "t": 0.5}, {"m": "b/2", "t": 0.4}]'},
        {"x_model_load_time": "0.9014", "x_model_load_details": '[{"m": "a", "t": 0.5}, {"m": "b", "t": 0.4}]'},
    ],
)
def test_load_times_that_add_up(headers: dict[str, str]) -> None:
    verify_service.load_time_told(telling(**headers))


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x_model_load_details": '[{"m": "a/1", "t": 0.5}]'}, "no number of seconds"),
        ({"x_model_load_time": "soon"}, "no number of seconds"),
        ({"x_model_load_time": "nan"}, "no number of seconds"),
        ({"x_model_load_time": "-1"}, "no number of seconds"),
        ({"x_model_load_time": "0.579", "x_model_load_details": '[{"m": "a", "t": 0.779}]'}, "is not the sum"),
        ({"x_model_load_time": "0.5"}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": "a: 0.5"}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": "[]"}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": '{"m": "a", "t": 0.5}'}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": '[{"m": "a"}]'}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": '[{"m": "a", "t": "long"}]'}, "no JSON list"),
    ],
)
def test_load_times_that_do_not(headers: dict[str, str], said: str) -> None:
    with pytest.raises(RuleBroken, match=said):
        verify_service.load_time_told(telling(**headers))


def test_of_no_load_nothing_is_told() -> None:
    verify_service.no_load_told(telling(x_model_cold_start="false", x_model_cold_start_count="0"))
    for name in (TIME, DETAILS):
        with pytest.raises(RuleBroken, match=f"has {name}"):
            verify_service.no_load_told(telling(**{name.replace("-", "_"): "0"}))
